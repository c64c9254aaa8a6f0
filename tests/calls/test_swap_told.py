"""A swap in a real call is told: to who called, and to who looks after the worker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.calls.conftest import Person
from tests.conftest import FREE_PORTS, RunningDemo

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

PREMIUM = "premium@example.com"


def metrics(demo: RunningDemo) -> dict[tuple[str, ...], float]:
    """What the worker tells: values by name and labels."""
    answer = httpx.get(f"http://127.0.0.1:{demo.ports['worker']}/metrics", timeout=10)
    return {
        (sample.name, *(f"{name}={sample.labels[name]}" for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(answer.raise_for_status().text)
        for sample in family.samples
    }


@pytest.mark.dear
async def test_premium_is_turned_off_in_mid_call(
    start_demo: Callable[..., RunningDemo], person: Callable[..., Person]
) -> None:
    demo = await asyncio.to_thread(
        start_demo(
            *FREE_PORTS,
            VOICETASKS_SANDBOX_PROFILE="instant",
            VOICETASKS_SANDBOX_EAR="told",
            VOICETASKS_SANDBOX_VOICE="tone",
            VOICETASKS_AGENT_WATCH_PATIENCE="3",
        ).wait_ready
    )
    assert metrics(demo)["voicetasks_breaker_state", "vendor=openai-realtime"] == 0
    ann = person(demo, PREMIUM)
    await ann.start_with()
    steps = ("--say", "Add a task to buy oat milk", "--pause", "12", "--say", "What is on my list?")
    calling = asyncio.create_task(asyncio.to_thread(ann.call, *steps, "--voice", "told"))
    async with asyncio.timeout(60):
        while not await ann.tasks():
            assert not calling.done()
            await asyncio.sleep(0.2)
    said = await asyncio.to_thread(demo.voicetasks, "admin", "policy", "set", "--tier-off", "premium")
    assert said.returncode == 0, said.stderr
    result: dict[str, Any] = await calling

    (swap,) = result["swaps"]
    assert (swap["from"], swap["to"], swap["reason"]) == ("premium", "economy", "policy")
    assert swap["why"]
    assert swap["gap_ms"] is None or 0 <= swap["gap_ms"] < 3000
    assert "oat milk" in result["turns"][1]["heard"]
    counted = metrics(demo)
    assert counted["voicetasks_swaps_total", "from=premium", "reason=policy", "to=economy"] == 1
    assert counted["voicetasks_breaker_state", "vendor=openai-realtime"] == 0
