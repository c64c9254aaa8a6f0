"""What alerts look for is there before it happens: to Prometheus a series that begins with 1 has not grown."""

from __future__ import annotations

import re

import pytest
from prometheus_client import REGISTRY

from agent.metrics.names import FAILING_OUTCOMES, TASK_TOOLS, begin_at_zero
from mcp_tasks.tools import TaskTools
from tests.conftest import CHECKOUT

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


def test_the_ends_that_are_shown_are_those_that_the_alert_adds_up() -> None:
    text = (RULES / "availability.yaml").read_text(encoding="utf-8")
    (listed,) = set(re.findall(r'voicetasks_calls_total\{outcome=~"([^"]+)"', text))
    assert sorted(listed.split("|")) == sorted(FAILING_OUTCOMES)


def test_the_tools_that_are_shown_are_the_task_servers() -> None:
    assert all(callable(getattr(TaskTools, name, None)) for name in TASK_TOOLS)
