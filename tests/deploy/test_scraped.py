"""Whatever must run for a call is scraped under a name by which TargetDown misses it, with Compose and on Kubernetes."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings

from agent.settings import AgentSettings, OutboundSettings
from cli.probe.settings import ProbeSettings
from tests.conftest import CHECKOUT
from tests.deploy.interpolation import interpolated
from tests.deploy.processes import MODULES
from tests.deploy.test_alerts import alerts
from tests.deploy.test_compose import COMPOSE, NAMES, made_secrets
from tests.deploy.test_kubernetes import FOLDER, manifests, named
from web.settings import WebSettings

pytestmark = pytest.mark.unit

TOLD_OF_BY_OTHERS = {"tasks"}
"""It has no numbers: who asks it tells of it, by ToolsUnavailable and CallsFailing."""
SCRAPED = {*MODULES, "probe", "livekit", "sip"} - TOLD_OF_BY_OTHERS
MONITORING = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}


def listens(livekit: dict[str, Any], bridge: dict[str, Any]) -> dict[str, int]:
    """Where each tells its numbers, by its settings' defaults or the configuration that it is given."""
    of_ours: dict[str, type[BaseSettings]] = {
        "web": WebSettings,
        "worker": AgentSettings,
        "reminders": OutboundSettings,
        "probe": ProbeSettings,
    }
    ours = {name: int(settings.model_fields["port"].default) for name, settings in of_ours.items()}
    return ours | {"livekit": livekit["prometheus_port"], "sip": bridge["prometheus_port"]}


def missed(job: str) -> bool:
    """Whether TargetDown fires for a target of this job that does not answer."""
    (pattern,) = re.findall(r'up\{job=~"([^"]+)"\} == 0', alerts()["TargetDown"]["expr"])
    return re.fullmatch(pattern, job) is not None


def test_compose_scrapes_each_where_it_listens() -> None:
    services = interpolated(COMPOSE, made_secrets() | NAMES)["services"]
    ports = listens(
        yaml.safe_load(services["livekit"]["environment"]["LIVEKIT_CONFIG"]),
        yaml.safe_load(services["sip"]["environment"]["SIP_CONFIG_BODY"]),
    )
    config = yaml.safe_load((CHECKOUT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    found = {}
    for job in config["scrape_configs"]:
        ((name,), port) = ((one := job["dns_sd_configs"][0])["names"], one["port"])
        assert job["job_name"] == f"voicetasks-{name}"
        assert missed(job["job_name"])
        assert "inside" in services[name]["networks"]  # Prometheus' own
        found[name] = port
    assert found == ports
    assert found.keys() == SCRAPED


def test_a_pod_is_scraped_where_it_listens_under_a_name_that_is_missed() -> None:
    base = manifests()
    text = (CHECKOUT / "docs/deploy.md").read_text(encoding="utf-8")
    rules = yaml.safe_load(re.findall(r"```yaml\n(relabel_configs:.+?)```", text, re.DOTALL)[0])
    ours = next(rule for rule in rules["relabel_configs"] if rule.get("replacement") == "voicetasks-$1")
    (bridge,) = named(base, "Deployment", "sip")["spec"]["template"]["spec"]["containers"]
    body = next(one["value"] for one in bridge["env"] if one["name"] == "SIP_CONFIG_BODY")
    ports = listens(
        yaml.safe_load((FOLDER / "base/config/livekit.yaml").read_text(encoding="utf-8")),
        yaml.safe_load(body),
    )
    for name in SCRAPED:
        template = named(base, "Deployment", name)["spec"]["template"]
        told = template["metadata"]["annotations"]
        assert told["prometheus.io/scrape"] == "true", name
        assert told["prometheus.io/port"] == str(ports[name]), name
        (container,) = template["spec"]["containers"]
        assert ports[name] in {port["containerPort"] for port in container["ports"]}, name
        assert re.fullmatch(ours["regex"], name)
        assert missed(f"voicetasks-{name}")
        if not template["spec"].get("hostNetwork"):  # there no policy reaches
            let_in = named(base, "NetworkPolicy", name)["spec"]["ingress"]
            assert any(
                MONITORING in rule["from"] and {"protocol": "TCP", "port": ports[name]} in rule["ports"]
                for rule in let_in
            ), name


def test_reminders_that_are_stuck_are_noticed_by_both() -> None:
    asked = f"127.0.0.1:{OutboundSettings.model_fields['port'].default}/healthz"
    services = interpolated(COMPOSE, made_secrets() | NAMES)["services"]
    assert asked in services["reminders"]["healthcheck"]["test"][-1]
    (container,) = named(manifests(), "Deployment", "reminders")["spec"]["template"]["spec"]["containers"]
    (port,) = container["ports"]
    assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": port["name"]}
