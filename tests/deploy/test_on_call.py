"""An alert that fires reaches whoever is on call: a real Prometheus, a real Alertmanager, what deploy/ gives them."""

from __future__ import annotations

import json
import queue
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from cli.ports import FreePorts
from tests.conftest import CHECKOUT, wait_until
from tests.deploy.interpolation import interpolated
from tests.deploy.test_compose import NAMES, made_secrets
from tests.posted import taking_posts

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

DEPLOY = CHECKOUT / "deploy"
FIRES_SOON = {
    "groups": [
        {
            "name": "drill",
            "rules": [
                {
                    "alert": "Drill",
                    "expr": "vector(1)",
                    "for": "10s",  # a Prometheus looks for Alertmanagers every 5 s, and tells an alert once a minute
                    "labels": {"severity": "page"},
                    "annotations": {"runbook": "docs/runbooks/probe-failing.md"},
                }
            ],
        }
    ]
}


@pytest.fixture
def pager() -> Iterator[tuple[str, queue.Queue[dict[str, Any]]]]:
    """The address of somebody's paging service, and what it is told."""
    told: queue.Queue[dict[str, Any]] = queue.Queue()
    with taking_posts(lambda body: told.put(json.loads(body))) as url:
        yield f"{url}/alerts", told


@pytest.fixture
def running() -> Iterator[Callable[..., None]]:
    started: list[subprocess.Popen[bytes]] = []

    def run(*command: object) -> None:
        # What they say is shown where the test fails.
        started.append(subprocess.Popen([str(word) for word in command]))

    yield run
    for process in started:
        process.terminate()
    for process in started:
        process.wait(30)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False


def test_an_alert_is_posted_to_whoever_is_on_call_with_its_run_book(
    program: Callable[[str], str],
    pager: tuple[str, queue.Queue[dict[str, Any]]],
    running: Callable[..., None],
    tmp_path: Path,
) -> None:
    url, told = pager
    document = interpolated(DEPLOY / "compose.yaml", made_secrets() | NAMES | {"ALERT_WEBHOOK_URL": url})
    (tmp_path / "alertmanager.yaml").write_text(document["configs"]["alertmanager"]["content"])
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    ports = FreePorts()
    to, web = f"127.0.0.1:{ports.take()}", f"127.0.0.1:{ports.take()}"
    [alertmanagers] = config["alerting"]["alertmanagers"]
    [service] = alertmanagers["static_configs"]
    name, _, port = service["targets"].pop().partition(":")
    assert name in document["services"]
    assert port == "9093"  # Alertmanager's own; compose says no other
    service["targets"].append(to)
    config |= {
        "global": {"evaluation_interval": "1s"},
        "rule_files": [str(tmp_path / "drill.yaml")],
        "scrape_configs": [],
    }
    (tmp_path / "drill.yaml").write_text(yaml.safe_dump(FIRES_SOON))
    (tmp_path / "prometheus.yaml").write_text(yaml.safe_dump(config))
    running(
        program("prometheus-alertmanager"),
        f"--config.file={tmp_path / 'alertmanager.yaml'}",
        f"--storage.path={tmp_path / 'alertmanager'}",
        "--cluster.listen-address=",
        f"--web.listen-address={to}",
    )
    wait_until(
        lambda: answers(f"http://{to}/-/ready"), 30, "Alertmanager is there"
    )  # what comes before is told again a minute later
    running(
        program("prometheus"),
        f"--config.file={tmp_path / 'prometheus.yaml'}",
        f"--storage.tsdb.path={tmp_path / 'data'}",
        f"--web.listen-address={web}",
    )
    page = told.get(timeout=60)
    [alert] = page["alerts"]
    assert (page["status"], alert["labels"]["alertname"], alert["labels"]["severity"]) == (
        "firing",
        "Drill",
        "page",
    )
    assert (CHECKOUT / alert["annotations"]["runbook"]).is_file()
