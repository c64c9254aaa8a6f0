"""Dashboards are what their makers say, as Grafana knows it, and each of their queries shows something.

The queries run on a real Prometheus, over what a demo told it while calls were made and things went wrong
(tests/deploy/record.py, which makes it anew).
"""

from __future__ import annotations

import gzip
import json
import math
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from grafana_foundation_sdk.models.dashboard import Dashboard

from cli.ports import FreePorts
from deploy.grafana.make.__main__ import BOARDS, FOLDER, text
from tests.conftest import CHECKOUT
from tests.deploy.test_alerts import alerts

RECORDED = Path(__file__).with_name("recorded.om.gz")
VARIABLES = {"$__rate_interval": "1m", "$__range": "10m", "$channel": ".*"}
METRIC = re.compile(r"\bvoicetasks_\w+")
SUFFIX = re.compile(r"_(bucket|sum|count)$")
SEEDS_TABLE = {
    "Response, 95th percentile": 0.8,
    "First audio, 95th percentile": 0.5,
    "Tasks made and left as they are": 0.95,
    "Satisfaction": 4.0,
    "A minute of economy, µ$": 70_000,
    "A minute of premium, µ$": 120_000,
    "Uptime": 0.995,
    "Interruptions that silence us within 0.5 s": 0.9,
}
"""The success metrics of SPEC.md and their targets."""
ZERO_IS_WELL = {
    "Usage that nobody was charged for": "it takes a disk that cannot be written while Redis is away",
}
"""Panels that show nothing but zeros of what was recorded, and why nothing else can be recorded."""


def panels() -> list[dict[str, Any]]:
    boards = [json.loads((FOLDER / f"{board.uid}.json").read_text()) for board in BOARDS]
    return [panel for board in boards for panel in board["panels"] if panel["type"] != "row"]


def queries() -> list[tuple[str, str]]:
    return [(panel["title"], target["expr"]) for panel in panels() for target in panel["targets"]]


@pytest.mark.unit
@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_a_file_is_what_its_maker_makes_and_what_grafana_reads(board: Any) -> None:
    written = (FOLDER / f"{board.uid}.json").read_text()
    assert written == text(board), "python -m deploy.grafana.make writes it anew"
    plain = json.loads(written)
    # Grafana's model drops what it does not know: nothing may be lost on the way through it.
    again = json.loads(json.dumps(Dashboard.from_json(plain), default=lambda part: part.to_json()))
    assert again == plain
    ids = [panel["id"] for panel in plain["panels"]]
    assert len(set(ids)) == len(ids)


@pytest.mark.unit
def test_no_file_is_left_that_nobody_makes() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == {board.uid for board in BOARDS}


@pytest.mark.unit
def test_every_success_metric_has_its_target_as_a_line() -> None:
    lines = {
        panel["title"]: panel["fieldConfig"]["defaults"]["thresholds"]["steps"][-1]["value"]
        for panel in panels()
        if panel["fieldConfig"]["defaults"].get("custom", {}).get("thresholdsStyle", {}).get("mode") == "line"
    }
    assert SEEDS_TABLE.items() <= lines.items()


@pytest.mark.unit
def test_dashboards_and_rules_ask_for_metrics_that_the_product_has_and_show_all_of_the_interface() -> None:
    from agent import breaker_gauge, slots_gauge, swap_counter
    from agent.metrics import names, standing
    from agent.outbound_health import OutboundHealth
    from cli.probe.numbers import ProbeNumbers
    from web.metrics import WebMetrics

    known: set[str] = set()
    for module in (names, standing, breaker_gauge, slots_gauge, swap_counter):
        for thing in vars(module).values():
            if (describe := getattr(thing, "describe", None)) is not None and not isinstance(thing, type):
                known |= {name for family in describe() for name in (family.name, f"{family.name}_total")}
    (reminders := OutboundHealth("127.0.0.1", 0)).begins()
    for registry in (WebMetrics().registry, ProbeNumbers().registry, reminders.registry):
        known |= {name for family in registry.collect() for name in (family.name, f"{family.name}_total")}
    asked = {
        SUFFIX.sub("", name)
        for query in [*(query for _, query in queries()), *(rule["expr"] for rule in alerts().values())]
        for name in METRIC.findall(query)
    }
    assert asked <= known
    shown = {SUFFIX.sub("", name) for _, query in queries() for name in METRIC.findall(query)}
    assert {
        *("voicetasks_response_seconds", "voicetasks_first_audio_seconds", "voicetasks_interruption_seconds"),
        *("voicetasks_interruptions_total", "voicetasks_swaps_total", "voicetasks_calls_total"),
        *("voicetasks_calls_unanswered_total", "voicetasks_cost_microdollars_total"),
        *("voicetasks_cost_per_minute_microdollars", "voicetasks_tasks_total", "voicetasks_satisfaction"),
        *("voicetasks_breaker_state", "voicetasks_leases", "voicetasks_blind_seconds_total"),
        *("voicetasks_policy_age_seconds", "voicetasks_journal_queue", "voicetasks_probe_success"),
    } <= shown


@pytest.fixture(scope="module")
def prometheus(
    program: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[httpx.Client, float, float]]:
    """A real one over what was recorded; and from when to when that was, Unix time."""
    folder, recorded = tmp_path_factory.mktemp("prometheus"), gzip.decompress(RECORDED.read_bytes()).decode()
    times = [float(line.rsplit(" ", 1)[1]) for line in recorded.splitlines() if not line.startswith("#")]
    (folder / "recorded.om").write_text(recorded)
    (folder / "prometheus.yaml").write_text("{}\n")
    subprocess.run(
        [
            program("promtool"),
            "tsdb",
            "create-blocks-from",
            "openmetrics",
            folder / "recorded.om",
            folder / "data",
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )
    port = FreePorts().take()
    server = subprocess.Popen(
        [
            program("prometheus"),
            f"--config.file={folder / 'prometheus.yaml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            "--storage.tsdb.retention.time=100y",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            deadline = time.monotonic() + 30
            while True:
                try:
                    if client.get("/-/ready").status_code == 200:
                        break
                except httpx.TransportError:
                    pass
                assert time.monotonic() < deadline, "Prometheus does not start"
                time.sleep(0.1)
            yield client, min(times), max(times)
    finally:
        server.terminate()
        server.wait(30)


@pytest.mark.system
@pytest.mark.parametrize(("title", "query"), queries())
def test_a_panels_query_shows_something_that_happened(
    prometheus: tuple[httpx.Client, float, float], title: str, query: str
) -> None:
    client, since, until = prometheus
    for name, value in VARIABLES.items():
        query = query.replace(name, value)
    asked = client.get(
        "/api/v1/query_range", params={"query": query, "start": since, "end": until, "step": "5s"}
    )
    answer = asked.json()
    assert answer["status"] == "success", answer
    values = [float(value) for series in answer["data"]["result"] for _, value in series["values"]]
    shown = [value for value in values if math.isfinite(value)]
    assert shown, f"{title} is empty"
    assert any(shown) != (title in ZERO_IS_WELL), (
        f"{title} shows {'more than' if any(shown) else 'only'} zeros"
    )


@pytest.mark.unit
def test_whatever_of_ours_an_alert_asks_for_is_in_what_was_recorded() -> None:
    recorded = gzip.decompress(RECORDED.read_bytes()).decode()
    there = {line.partition("{")[0] for line in recorded.splitlines()}
    asked = {name for rule in alerts().values() for name in METRIC.findall(rule["expr"])}
    assert asked <= there
    assert 'voicetasks_probe_success{channel="phone"' in recorded


@pytest.mark.unit
@pytest.mark.parametrize(
    ("title", "line"),
    [
        ("Everybody's day, part of its cap", 0.8),
        ("Age of the last backup", 26 * 3600),
        ("Since the reminders' last look", 600),
        ("Usage that nobody was charged for", 1),
    ],
)
def test_a_page_that_somebody_is_woken_for_has_a_panel_with_the_alerts_line(title: str, line: float) -> None:
    (panel,) = [each for each in panels() if each["title"] == title]
    assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][-1]["value"] == line


@pytest.mark.system
@pytest.mark.parametrize("name", sorted(alerts()))
def test_an_alerts_rule_can_be_asked_of_what_was_recorded(
    prometheus: tuple[httpx.Client, float, float], name: str
) -> None:
    client, _, until = prometheus
    answer = client.get("/api/v1/query", params={"query": alerts()[name]["expr"], "time": until}).json()
    assert answer["status"] == "success", answer


@pytest.mark.unit
def test_grafana_is_told_where_its_source_and_its_dashboards_are() -> None:
    provisioning = CHECKOUT / "deploy" / "grafana" / "provisioning"
    [source] = yaml.safe_load((provisioning / "datasources" / "prometheus.yaml").read_text())["datasources"]
    assert (source["type"], source["url"], source["isDefault"]) == (
        "prometheus",
        "http://prometheus:9090",
        True,
    )
    [provider] = yaml.safe_load((provisioning / "dashboards" / "voicetasks.yaml").read_text())["providers"]
    assert provider["type"] == "file"
