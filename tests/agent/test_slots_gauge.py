"""How full a worker is can be read where workers are added and taken away by it."""

from __future__ import annotations

import pytest
from prometheus_client import REGISTRY

from agent.slots import Slots

pytestmark = pytest.mark.unit


def told() -> tuple[float | None, float | None]:
    return (
        REGISTRY.get_sample_value("voicetasks_slots", {"state": "used"}),
        REGISTRY.get_sample_value("voicetasks_slots", {"state": "free"}),
    )


async def test_used_and_free_slots_are_told_with_each_heartbeat_also_without_redis() -> None:
    calls = 0
    slots = Slots("redis://127.0.0.1:1/0", worker_id="w", slots=4, spare=2, active=lambda: calls)
    await slots.tell()
    assert told() == (0, 4)
    calls = 3
    await slots.tell()
    assert told() == (3, 1)
    calls = 6  # two more are told that all lines are busy: no place is less than none
    await slots.tell()
    assert told() == (4, 0)
    await slots.stop()
    assert told() == (0, 0)
