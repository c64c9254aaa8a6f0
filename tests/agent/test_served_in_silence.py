"""How long a call that begins waits for a Redis that gives no answer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from agent import served as module
from agent.served import BEGIN_TRIES, REDIS_TIMEOUT_SECONDS, Begun, Served, connect

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("lasts", "tries"),
    [
        (REDIS_TIMEOUT_SECONDS + 0.01, 2),
        (REDIS_TIMEOUT_SECONDS + 0.3, BEGIN_TRIES),
        (0.001, BEGIN_TRIES),
    ],
    ids=["it is silent", "we were too busy to hear it", "it refuses"],
)
async def test_a_redis_that_is_silent_is_asked_twice_and_where_that_is_in_doubt_once_more(
    monkeypatch: pytest.MonkeyPatch, lasts: float, tries: int
) -> None:
    now, asked = [0.0], []

    async def nothing(_self: Served, _script: Any, *_: Any) -> None:
        asked.append(now[0])
        now[0] += lasts

    monkeypatch.setattr(Served, "_ask", nothing)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]), raising=False)
    redis = connect("redis://127.0.0.1:9/0")
    served = Served(redis, call_id="c1", room="call-c1", metadata="{}", dead_after_seconds=2.0)
    monkeypatch.setattr(served._wire, "start", lambda: None)
    begun = await served.begin()
    tried = len(asked)
    await served.stop()
    await redis.aclose()
    assert (begun, tried) == (Begun(0, 0), tries)
