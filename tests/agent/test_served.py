"""A call has one owner; one whose owner is silent is found by one worker, and no call is found for nothing."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest
from redis.asyncio import Redis

from agent import served as module
from agent.served import AllServed, Begun, Lost, Served, connect
from cli.ports import FreePorts
from privacy.live_calls import CALLS, LiveCalls

pytestmark = pytest.mark.system

DEAD = 2.0


def owner(redis: Redis, call_id: str = "c1") -> Served:
    return Served(redis, call_id=call_id, room=f"call-{call_id}", metadata='{"a":1}', dead_after_seconds=DEAD)


class Call:
    """A call that notes what it is told."""

    def __init__(self, turn: int = 4) -> None:
        self.turn = turn
        self.told: asyncio.Queue[str] = asyncio.Queue()

    def end(self, reason: str) -> None:
        self.told.put_nowait(reason)

    def leave(self) -> None:
        self.told.put_nowait("leave")

    def signed_out(self) -> None:
        self.told.put_nowait("signed_out")

    async def hears(self) -> str:
        return await asyncio.wait_for(self.told.get(), 10)


async def beats(owner: Served, times: int) -> None:
    """Wait until an owner has told of its call so often more. What the last but one was answered has been done by then."""
    beat, answered = owner._beat, asyncio.Event()
    left = times

    async def counted(**arguments: Any) -> Any:
        nonlocal left
        answer = await beat(**arguments)
        left -= 1
        if left == 0:
            answered.set()
        return answer

    owner._beat = counted  # type: ignore[assignment]
    await asyncio.wait_for(answered.wait(), 10)
    owner._beat = beat


async def found(calls: AllServed) -> list[Lost]:
    async with asyncio.timeout(10):
        while not (lost := await calls.lost()):
            await asyncio.sleep(0.02)
    return lost


async def test_who_comes_second_is_told_so_until_the_first_is_done(redis: Redis) -> None:
    first, second, calls = owner(redis), owner(redis), AllServed(redis, dead_after_seconds=DEAD)
    assert not await calls.is_served("c1")
    assert await first.begin() == Begun(0, 0)
    assert await calls.is_served("c1")
    assert await second.begin() is None
    await first.end()
    assert not await calls.is_served("c1")
    assert await redis.keys("voicetasks:served*") == []


async def test_who_ends_a_call_is_told_whether_another_has_it(redis: Redis) -> None:
    first, second, calls = owner(redis), owner(redis), AllServed(redis, dead_after_seconds=0.0)
    assert await first.begin()
    await found(calls)
    assert await second.begin()
    assert not await first.end()
    assert await second.end()
    lost = owner(redis)
    assert await lost.begin()
    await redis.flushall()  # it has started again without what it knew
    assert await lost.end()


async def test_whoever_tells_of_a_call_ends_though_its_redis_client_lost_the_cancellation(
    redis: Redis,
) -> None:
    first, asked = owner(redis), asyncio.Event()
    assert await first.begin()

    async def loses_it(**_: object) -> bytes:
        asked.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return b"go"

    first._beat = loses_it  # type: ignore[assignment]
    await asyncio.wait_for(asked.wait(), 10)
    assert first._beating is not None
    first._beating.cancel()
    done, _ = await asyncio.wait({first._beating}, timeout=5)
    assert done
    await first.end()


async def test_a_call_whose_callers_password_was_changed_is_told_once_whoever_serves_it(redis: Redis) -> None:
    dispatch = '{"subject":"usr_ann"}'
    first, other = [
        Served(redis, call_id="c1", room="call-c1", metadata=dispatch, dead_after_seconds=DEAD)
        for _ in range(2)
    ]
    assert await LiveCalls(redis).sign_out("usr_ann") == 0
    assert await first.begin() == Begun(0, 0), "a call that comes later is another one"
    call, again = Call(), Call()
    first.as_served(call)
    assert await LiveCalls(redis).sign_out("usr_bob") == 0
    assert await LiveCalls(redis).sign_out("usr_ann") == 1
    assert await call.hears() == "signed_out"
    await beats(first, 3)
    assert call.told.empty()
    await first.let_go()
    assert await other.begin() == Begun(1, 4)
    other.as_served(again)
    assert await again.hears() == "signed_out", "its worker died before the call had ended"
    await other.end()


async def test_a_call_whose_owner_falls_silent_is_found_once_and_its_turn_is_known(redis: Redis) -> None:
    dead, calls = owner(redis), AllServed(redis, dead_after_seconds=DEAD)
    await dead.begin()
    dead.as_served(Call())
    await beats(dead, 1)
    assert await calls.lost() == [], "it lives"
    await dead.stop()
    assert await found(calls) == [Lost("c1", "call-c1", '{"a":1}')]
    assert await calls.lost() == [], "somebody is on it"
    other = owner(redis)
    assert await other.begin() == Begun(1, 4)
    await other.end()


async def test_one_that_goes_on_with_a_call_does_not_tell_that_it_has_not_begun(redis: Redis) -> None:
    gone, mine = owner(redis), owner(redis)
    await gone.begin()
    gone.as_served(Call())
    await beats(gone, 1)
    await gone.let_go()
    assert await mine.begin() == Begun(1, 4)
    mine.as_served(Call(turn=0))
    await beats(mine, 1)
    await mine.let_go()
    assert await owner(redis).begin() == Begun(2, 4)


async def test_of_all_workers_that_look_one_finds_a_lost_call(redis: Redis) -> None:
    gone = owner(redis)
    await gone.begin()
    await gone.let_go()
    calls = [AllServed(redis, dead_after_seconds=DEAD) for _ in range(10)]
    seen = await asyncio.gather(*(each.lost() for each in calls))
    assert sum(map(len, seen)) == 1


async def test_a_dispatch_that_led_to_nobody_is_found_out(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CLAIM_MS", 300)
    gone, calls = owner(redis), AllServed(redis, dead_after_seconds=DEAD)
    await gone.begin()
    await gone.let_go()
    assert await calls.lost()
    assert await calls.lost() == []
    assert await found(calls)


async def test_one_that_was_taken_for_dead_leaves_the_call_to_its_successor(redis: Redis) -> None:
    slow, call = owner(redis), Call()
    await slow.begin()
    slow.as_served(call)
    await redis.hset(module.PREFIX + "c1", "owner", "")
    other = owner(redis)
    assert await other.begin() == Begun(1, 0)
    assert await call.hears() == "taken_over"
    await slow.end()
    await slow.let_go()
    assert await AllServed(redis, dead_after_seconds=DEAD).is_served("c1"), "only its owner ends a call"
    await other.end()


async def test_a_call_is_asked_to_leave_once(redis: Redis) -> None:
    mine, call, calls = owner(redis), Call(), AllServed(redis, dead_after_seconds=DEAD)
    await mine.begin()
    mine.as_served(call)
    await calls.ask_to_leave("c1")
    await calls.ask_to_leave("another")
    assert await call.hears() == "leave"
    await beats(mine, 3)
    assert call.told.empty()
    await mine.let_go()
    assert [each.call_id for each in await calls.lost()] == ["c1"]
    other = owner(redis)
    await other.begin()
    again = Call()
    other.as_served(again)
    await beats(other, 3)
    assert again.told.empty(), "the wish was for the one before"
    await other.end()


async def test_what_redis_has_lost_is_told_anew(redis: Redis) -> None:
    mine, calls = owner(redis), AllServed(redis, dead_after_seconds=DEAD)
    await mine.begin()
    await redis.flushall()
    async with asyncio.timeout(10):
        while not await calls.is_served("c1"):
            await asyncio.sleep(0.02)
    await mine.end()
    assert await redis.zcard(CALLS) == 0


async def test_without_redis_a_call_is_served() -> None:
    nowhere = connect(f"redis://127.0.0.1:{FreePorts().take()}/0")
    mine: Any = owner(nowhere)
    assert await mine.begin() == Begun(0, 0)
    await mine.end()
    await nowhere.aclose()


async def test_a_lost_call_for_which_nobody_could_be_had_is_found_again_soon(redis: Redis) -> None:
    gone, calls = owner(redis), AllServed(redis, dead_after_seconds=DEAD)
    await gone.begin()
    await gone.let_go()
    assert await calls.lost()
    await calls.find_again("c1")
    assert await calls.lost() == [], "not at once"
    async with asyncio.timeout(module.CLAIM_MS / 1000 / 2):
        assert await found(calls)
    await calls.find_again("of no call")
    assert await redis.zcard(CALLS) == 1
