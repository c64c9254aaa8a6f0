"""docs/deploy.md says with which settings restarts were measured and which are delivered: as the bench and they have them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from agent.settings import AgentSettings
from cli.bench.restarts.run import Order
from tests.conftest import CHECKOUT
from tests.deploy.interpolation import interpolated
from tests.deploy.test_compose import COMPOSE, NAMES, made_secrets
from tests.deploy.test_kubernetes import environment, manifests, named

pytestmark = pytest.mark.unit

CALLS = 8
ROW = re.compile(r"^\| `(VOICETASKS_AGENT_\w+)` \| (\d+) \| (\d+) \| (\d+) \|$", re.MULTILINE)


def delivered(given: Mapping[str, str], name: str) -> float:
    """What a worker has: the setting, or its default."""
    field = name.removeprefix("VOICETASKS_AGENT_").lower()
    return float(given.get(name) or AgentSettings.model_fields[field].default)


def test_the_page_says_with_which_settings_restarts_were_measured_and_which_are_delivered() -> None:
    text = (CHECKOUT / "docs/deploy.md").read_text(encoding="utf-8")
    bench = Order(CALLS, (), Path()).settings
    compose = interpolated(COMPOSE, made_secrets() | NAMES)["services"]["worker"]["environment"]
    base = manifests()
    config = next(one["data"] for one in base if one["metadata"]["name"] == "voicetasks-settings")
    (container,) = named(base, "Deployment", "worker")["spec"]["template"]["spec"]["containers"]
    kubernetes = environment(container, config)
    rows = ROW.findall(text)
    assert {name.removeprefix("VOICETASKS_AGENT_") for name, *_ in rows} == {
        *("SLOTS", "WARM_PROCESSES", "WATCH_PATIENCE", "DRAIN_SECONDS")
    }
    for name, *told in rows:
        there = [float(bench[name]), delivered(compose, name), delivered(kubernetes, name)]
        assert [float(each) for each in told] == there, name
    scaled = named(base, "ScaledObject", "worker")["spec"]
    least, most = scaled["minReplicaCount"], scaled["maxReplicaCount"]
    assert f"| workers | 2 | 1 | {least} to {most} |" in text
