"""What alerts look for is there before it happens: to Prometheus a series that begins with 1 has not grown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

import pytest
from prometheus_client import REGISTRY

from agent.ending import OUTCOMES
from agent.metrics.names import (
    CALLS,
    CHANNELS,
    FAILING_OUTCOMES,
    SATISFACTION,
    TASK_TOOLS,
    TASKS,
    TIERS,
    begin_at_zero,
)
from agent.swap_counter import SWAPS
from mcp_tasks.tools import TaskTools
from tests.conftest import CHECKOUT
from tiers.catalogue import STACKS

pytestmark = pytest.mark.unit

RULES = CHECKOUT / "deploy" / "prometheus" / "rules"


def test_the_first_failure_of_a_worker_is_one_that_grew() -> None:
    begin_at_zero()
    for name, labels in (
        ("voicetasks_calls_total", {"channel": "phone", "tier": "none", "outcome": "tasks_unavailable"}),
        ("voicetasks_calls_total", {"channel": "browser", "tier": "premium", "outcome": "vendor_failed"}),
        ("voicetasks_tasks_total", {"tool": "list_tasks", "outcome": "unavailable"}),
        ("voicetasks_usage_lost_total", {"part": "tts"}),
        ("voicetasks_vendor_failures_total", {"vendor": "cartesia", "fault": "vendor_down"}),
        ("voicetasks_vendor_failures_total", {"vendor": "openai-realtime", "fault": "no_credit"}),
    ):
        assert REGISTRY.get_sample_value(name, labels) is not None, (name, labels)


OF_A_CALL = {"voicetasks_cost_microdollars_total", "voicetasks_served_seconds_total"}
"""These grow little by little from a call's first seconds on; their stacks are known with the call."""


def asked() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Each series that an alert takes the growth of: its name, and a label with the values that the alert names."""
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(RULES.glob("*.yaml")))
    for name, selectors in re.findall(r"increase\((voicetasks_\w+)\{([^}]*)\}\[", text):
        for label, values in re.findall(r'(\w+)=~?"([^"]*)"', selectors if name not in OF_A_CALL else ""):
            yield name, label, tuple(values.split("|"))


def test_whatever_value_an_alert_asks_for_by_name_is_there_as_0() -> None:
    for metric in (CALLS, TASKS, SWAPS, SATISFACTION):
        metric.clear()
    begin_at_zero()
    there = {
        (sample.name, label, value)
        for family in REGISTRY.collect()
        for sample in family.samples
        for label, value in sample.labels.items()
    }
    found = set(asked())
    assert {"voicetasks_swaps_total", "voicetasks_calls_total", "voicetasks_tasks_total"} <= {
        name for name, _, _ in found
    }
    assert {(name, label, value) for name, label, values in found for value in values} <= there


def test_what_an_alert_divides_by_is_there_as_0_with_all_its_parts() -> None:
    for metric in (CALLS, TASKS, SWAPS, SATISFACTION):
        metric.clear()
    begin_at_zero()
    for channel, tier, outcome in product(CHANNELS, TIERS, OUTCOMES):
        told = {"channel": channel, "tier": tier, "outcome": outcome}
        assert REGISTRY.get_sample_value("voicetasks_calls_total", told) == 0, told
    for tool in TASK_TOOLS:
        told = {"tool": tool, "outcome": "ok"}
        assert REGISTRY.get_sample_value("voicetasks_tasks_total", told) == 0, told
    for channel in CHANNELS:
        assert REGISTRY.get_sample_value("voicetasks_satisfaction_count", {"channel": channel}) == 0


@pytest.mark.parametrize("reason", ["vendor", "money", "policy", "health"])
def test_the_first_outage_of_a_workers_life_counts_from_the_first_swap(reason: str) -> None:
    SWAPS.clear()
    begin_at_zero()
    for before, after in product(STACKS, STACKS):
        told = {"from": before, "to": after, "reason": reason}
        assert REGISTRY.get_sample_value("voicetasks_swaps_total", told) == (None if before == after else 0)


def test_the_ends_that_are_shown_are_those_that_the_alert_adds_up() -> None:
    text = (RULES / "availability.yaml").read_text(encoding="utf-8")
    (listed,) = set(re.findall(r'voicetasks_calls_total\{outcome=~"([^"]+)"', text))
    assert sorted(listed.split("|")) == sorted(FAILING_OUTCOMES)


def test_the_tools_that_are_shown_are_the_task_servers() -> None:
    assert all(callable(getattr(TaskTools, name, None)) for name in TASK_TOOLS)
