"""Whoever dies is known to be dead at once by the end of its wire; whoever only falls silent is not."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from typing import Any

import pytest
from redis.asyncio import Redis

from agent import served as module
from agent.served import PREFIX, AllServed, Begun, Lost, Served
from agent.takeover import keep_taking_over
from agent.wire import PREFIX as WIRE_PREFIX
from agent.wire import Wire
from privacy.live_calls import CALLS

DEAD = 30.0
"""Seconds of silence; longer than a test waits."""
SERVES = """
import asyncio, sys
from agent.served import Served, connect

async def main():
    served = Served(connect(sys.argv[1]), call_id="c1", room="call-c1", metadata="{}", dead_after_seconds=30)
    await served.begin()
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def until(what: Any) -> None:
    async with asyncio.timeout(20):
        while not await what():
            await asyncio.sleep(0.02)


async def wired(redis: Redis) -> None:
    """Wait until the call's owner has said that it holds a wire."""

    async def is_told() -> bool:
        return bool(await redis.hget(PREFIX + "c1", "wired") == b"1")

    await until(is_told)


async def silent_for(redis: Redis, seconds: float) -> None:
    """Have the call's owner said its last word so long ago."""
    now, micros = await redis.time()
    await redis.zadd(CALLS, {"c1": now * 1000 + micros // 1000 - 1000 * seconds})


async def mute(redis: Redis) -> Served:
    """An owner that holds its wire and says nothing any more."""
    mine = Served(redis, call_id="c1", room="call-c1", metadata="{}", dead_after_seconds=DEAD)
    await mine.begin()
    await wired(redis)
    assert mine._beating is not None
    mine._beating.cancel()
    await asyncio.wait({mine._beating})
    return mine


@pytest.mark.system
async def test_a_call_whose_process_is_killed_is_found_long_before_silence_would_tell(
    redis: Redis, valkey: str
) -> None:
    calls = AllServed(redis, dead_after_seconds=DEAD)
    owner = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVES, valkey)
    try:
        await wired(redis)
        assert await calls.lost() == [], "it lives"
    finally:
        os.kill(owner.pid, signal.SIGKILL)
        await owner.wait()
    found: list[Lost] = []

    async def is_found() -> bool:
        found.extend(await calls.lost())
        return bool(found)

    began = time.monotonic()
    await until(is_found)
    assert time.monotonic() - began < DEAD / 2
    assert found == [Lost("c1", "call-c1", "{}")]
    assert await calls.lost() == [], "somebody is on it"
    other = Served(redis, call_id="c1", room="call-c1", metadata="{}", dead_after_seconds=DEAD)
    assert await other.begin() == Begun(1, 0)
    await other.end()


@pytest.mark.system
async def test_an_owner_that_only_falls_silent_keeps_its_call_until_silence_has_lasted(redis: Redis) -> None:
    mine, calls = await mute(redis), AllServed(redis, dead_after_seconds=DEAD)
    await silent_for(redis, DEAD - 10)
    assert await calls.lost() == [], "its wire is up"
    await silent_for(redis, DEAD)
    assert [each.call_id for each in await calls.lost()] == ["c1"]
    await mine.stop()


@pytest.mark.system
async def test_an_owner_whose_wire_broke_keeps_its_call_while_it_speaks(redis: Redis) -> None:
    mine, calls = await mute(redis), AllServed(redis, dead_after_seconds=DEAD)
    await mine._wire.stop()
    await silent_for(redis, module.UNWIRED_MS / 1000 / 2)
    assert await calls.lost() == [], "it has spoken a moment ago"
    await silent_for(redis, module.UNWIRED_MS / 1000)
    assert await calls.lost(by_wire=False) == [], "wires are not believed"
    assert [each.call_id for each in await calls.lost()] == ["c1"]


@pytest.mark.system
async def test_an_owner_that_never_had_a_wire_is_judged_by_its_silence(redis: Redis) -> None:
    mine, calls = await mute(redis), AllServed(redis, dead_after_seconds=DEAD)
    await redis.hset(PREFIX + "c1", "wired", "0")
    await mine._wire.stop()
    await silent_for(redis, DEAD - 10)
    assert await calls.lost() == []


@pytest.mark.system
async def test_calls_that_are_only_silent_do_not_hide_a_lost_one(redis: Redis) -> None:
    mine = await mute(redis)
    await silent_for(redis, DEAD - 10)
    gone = Served(redis, call_id="c2", room="call-c2", metadata="{}", dead_after_seconds=DEAD)
    await gone.begin()
    await gone.let_go()
    calls = AllServed(redis, dead_after_seconds=DEAD)
    assert [each.call_id for each in await calls.lost(at_most=1)] == ["c2"]
    await mine.stop()


@pytest.mark.system
async def test_a_wire_that_was_broken_is_mended_and_counts_anew(redis: Redis) -> None:
    wire = Wire(redis, "me")
    wire.start()

    async def is_up() -> bool:
        return wire.is_up

    await until(is_up)
    began = wire._since
    assert await redis.pubsub_numsub(WIRE_PREFIX + "me") == [(b"voicetasks:wire:me", 1)]
    await redis.client_kill_filter(_type="pubsub")

    async def is_mended() -> bool:
        return wire.is_up and wire._since != began

    await until(is_mended)
    await wire.stop()
    assert not wire.is_up
    assert wire.seconds_up == 0


@pytest.mark.system
async def test_a_wire_ends_at_once_wherever_it_was_in_coming_up(redis: Redis) -> None:
    for steps in range(12):
        wire = Wire(redis, f"me-{steps}")
        wire.start()
        for _ in range(steps):
            await asyncio.sleep(0)
        async with asyncio.timeout(5):
            await wire.stop()


class Asked(Exception):  # noqa: N818 - it ends a look that would go on for ever
    """Nothing more is wanted."""


class Calls:
    """All calls, as far as a look tells whether it believes in wires."""

    dead_after_seconds = 6.0

    def __init__(self) -> None:
        self.believed: bool | None = None

    async def lost(self, *, by_wire: bool) -> list[Lost]:
        self.believed = by_wire
        raise Asked


class Up:
    """A worker's own wire."""

    def __init__(self, seconds: float) -> None:
        self.seconds_up = seconds


@pytest.mark.unit
@pytest.mark.parametrize(("seconds", "believed"), [(0.0, False), (5.9, False), (6.0, True)])
async def test_others_wires_are_believed_only_where_our_own_has_not_been_broken_lately(
    seconds: float, believed: bool
) -> None:
    calls: Any = Calls()
    wire: Any = Up(seconds)
    with pytest.raises(Asked):
        await keep_taking_over(calls, wire, url="ws://127.0.0.1:1", key="k", secret="s" * 32, agent_name="a")
    assert calls.believed is believed
