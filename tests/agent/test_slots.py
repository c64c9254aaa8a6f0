"""A worker's slots: whoever can be served or told is offered to it."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from agent.slots import Slots

pytestmark = pytest.mark.unit

TARGET_LOAD = 0.7
"""Where a LiveKit server stops offering calls, unless its configuration says otherwise."""


def worker(active: list[None], *, slots: int = 4, spare: int = 2) -> Slots:
    return Slots("redis://127.0.0.1:1/0", worker_id="w", slots=slots, spare=spare, active=lambda: len(active))


@pytest.mark.parametrize("slots", [1, 4, 500])
@pytest.mark.parametrize("spare", [0, 2, 50])
def test_a_call_is_offered_as_long_as_it_could_be_served_or_told_that_lines_are_busy(
    slots: int, spare: int
) -> None:
    active: list[None] = []
    one = worker(active, slots=slots, spare=spare)
    loads = []
    while len(active) < slots + spare:
        loads.append(one.load)
        active.append(None)
    assert max(loads) < TARGET_LOAD
    assert loads == sorted(set(loads)), "the emptier worker has the lower load"


def test_nothing_is_offered_to_a_worker_that_could_not_even_say_so() -> None:
    assert worker([None] * 6).load == worker([None] * 9).load == 1.0


class Told:
    """Redis, as far as workers are in it. What is told arrives when it may."""

    def __init__(self) -> None:
        self.workers: set[str] = set()
        self.arrives = asyncio.Event()
        self.arrives.set()
        self.asked = asyncio.Event()

    async def tell(self, worker: str, *, slots: int, used: int) -> None:
        self.asked.set()
        await self.arrives.wait()
        self.workers.add(worker)

    async def alive(self) -> list[Any]:
        self.asked.set()
        await asyncio.sleep(0)
        await self.arrives.wait()
        return []

    async def leave(self, worker: str) -> None:
        self.workers.discard(worker)


def into(told: Any, active: list[None] | None = None, *, slots: int = 4) -> Slots:
    one = worker([] if active is None else active, slots=slots)
    one._workers = cast("Any", told)
    return one


async def test_a_worker_that_stops_has_no_room_whatever_comes_in_behind_it() -> None:
    told = Told()
    one = into(told)
    await one.tell()
    assert told.workers
    await one.stop()
    await one.tell()  # of a call that was offered before
    assert not told.workers
    assert await one.admit() == "refuse"


async def test_a_word_that_is_on_its_way_when_a_worker_stops_does_not_stand_behind_it() -> None:
    told = Told()
    told.arrives.clear()
    one = into(told)
    telling = asyncio.create_task(one.tell())
    await told.asked.wait()
    stopping = asyncio.create_task(one.stop())
    await asyncio.sleep(0)
    told.arrives.set()
    await asyncio.gather(telling, stopping)
    assert not told.workers


async def test_of_many_who_come_at_once_no_more_are_told_that_lines_are_busy_than_there_are_spare() -> None:
    one = into(Told(), [None], slots=1)
    admitted = await asyncio.gather(*(one.admit() for _ in range(5)))
    assert sorted(admitted) == ["busy", "busy", "refuse", "refuse", "refuse"]
    assert one.used == 3


async def test_one_for_whom_a_slot_is_given_back_while_others_are_asked_is_served() -> None:
    told = Told()
    active: list[None] = [None]
    told.arrives.clear()
    one = into(told, active, slots=1)
    both = asyncio.gather(one.admit(), one.admit())
    await told.asked.wait()
    active.clear()
    told.arrives.set()
    assert sorted(await both) == ["busy", "take"]


async def test_a_request_that_is_called_off_while_others_are_asked_holds_no_spare_slot() -> None:
    told = Told()
    told.arrives.clear()
    one = into(told, [None], slots=1)
    asking = asyncio.create_task(one.admit())
    await told.asked.wait()
    asking.cancel()
    await asyncio.wait({asking})
    told.arrives.set()
    assert await asyncio.gather(one.admit(), one.admit()) == ["busy", "busy"]
