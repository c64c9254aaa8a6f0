"""Each alert fires where it should, alone, and all are silent while all is well. Asked of Prometheus' own promtool."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import CHECKOUT
from tiers.catalogue import STACKS

pytestmark = pytest.mark.system

DEPLOY = CHECKOUT / "deploy"
RULES = DEPLOY / "prometheus" / "rules"
DATA: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("alerts.yaml").read_text())
AT = ("90m", "120m", "150m", "170m", "180m")
FIRING = 'count by (alertname) (ALERTS{alertstate="firing"})'


def alerts() -> dict[str, dict[str, Any]]:
    groups = [
        group for file in sorted(RULES.glob("*.yaml")) for group in yaml.safe_load(file.read_text())["groups"]
    ]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def judged(name: str, series: dict[str, str], at: tuple[str, ...], *names: str) -> dict[str, Any]:
    """One test for promtool: with these series, exactly these alerts fire at these times."""
    expected = [{"labels": f'{{alertname="{each}"}}', "value": 1} for each in sorted(names)]
    return {
        "name": name,
        "interval": "1m",
        "input_series": [{"series": each, "values": values} for each, values in series.items()],
        "promql_expr_test": [{"expr": FIRING, "eval_time": time, "exp_samples": expected} for time in at],
    }


def cases() -> list[dict[str, Any]]:
    health, along = DATA["health"], DATA["along_with"]
    found = [judged("health", health, AT)]
    for name, change in DATA["firing"].items():
        found.append(judged(name, health | change, ("180m",), name, *along.get(name, [])))
    for name, case in DATA["also"].items():
        found.append(judged(name, health | case["series"], ("180m",), case["alert"]))
    for name, change in DATA["quiet"].items():
        found.append(judged(name, health | change, ("176m",)))
    for name, gone in DATA["vanished"].items():
        assert set(gone) <= health.keys()
        left = {series: values for series, values in health.items() if series not in gone}
        found.append(judged(f"{name}, vanished", left, ("180m",), name))
    return found


def test_each_alert_fires_alone_in_its_case_and_all_are_quiet_in_health(
    program: Callable[[str], str], tmp_path: Path
) -> None:
    file = tmp_path / "alerts_test.yaml"
    file.write_text(
        yaml.safe_dump(
            {
                "rule_files": [str(path) for path in sorted(RULES.glob("*.yaml"))],
                "evaluation_interval": "5m",
                "tests": cases(),
            },
            sort_keys=False,
        )
    )
    asked = subprocess.run(
        [program("promtool"), "test", "rules", str(file)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert asked.returncode == 0, asked.stdout + asked.stderr


def test_every_alert_has_a_case_in_which_it_fires() -> None:
    assert DATA["firing"].keys() == alerts().keys()


def test_what_is_counted_over_days_is_kept_for_as_long_and_a_deployer_is_told() -> None:
    furthest = max(
        int(days) for rule in alerts().values() for days in re.findall(r"\[(\d+)d\]", rule["expr"])
    )
    kept = f"--storage.tsdb.retention.time={furthest}d"
    assert kept in yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["prometheus"]["command"]
    assert kept in (CHECKOUT / "docs/deploy.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("stack", STACKS)
def test_a_dear_minute_of_every_stack_is_told_by_one_alert(stack: str) -> None:
    watched = {
        name: set(re.findall(r'stack=~"([^"]+)"', alerts()[name]["expr"]))
        for name in ("EconomyMinuteDear", "PremiumMinuteDear")
    }
    # Prometheus holds the whole value against the pattern.
    telling = [name for name, (pattern,) in watched.items() if re.fullmatch(pattern, stack)]
    assert len(telling) == 1, telling


def test_prometheus_takes_the_configuration_and_the_rules(program: Callable[[str], str]) -> None:
    promtool = program("promtool")
    for arguments in (
        ["check", "config", "--lint-fatal", str(RULES.parent / "prometheus.yml")],
        ["check", "rules", "--lint-fatal", *map(str, sorted(RULES.glob("*.yaml")))],
    ):
        asked = subprocess.run(
            [promtool, *arguments], capture_output=True, text=True, timeout=60, check=False
        )
        assert asked.returncode == 0, asked.stdout + asked.stderr


@pytest.mark.parametrize("name", sorted(alerts()))
def test_every_alert_has_a_page_that_says_what_to_do_at_three_in_the_morning(name: str) -> None:
    rule = alerts()[name]
    assert rule["labels"]["severity"] in ("page", "ticket")
    kebab = re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()
    assert rule["annotations"]["runbook"] == f"docs/runbooks/{kebab}.md"
    text = (CHECKOUT / rule["annotations"]["runbook"]).read_text()
    assert text.startswith(f"# {name}\n")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == ["What you see", "What it means", "What to do", "How to check"]
    for section in text.split("\n## ")[1:]:
        assert len(section.split()) > 12, f"{section.splitlines()[0]} says nothing"


def test_no_page_is_about_an_alert_that_there_is_not() -> None:
    pages = {path.stem for path in (CHECKOUT / "docs" / "runbooks").glob("*.md")} - {"README"}
    known = {Path(rule["annotations"]["runbook"]).stem for rule in alerts().values()}
    assert pages == known
