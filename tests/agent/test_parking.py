"""A call is parked and taken up again in order, however fast its caller comes and goes."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from agent.parking import Parking
from routing.decision import Decision

pytestmark = pytest.mark.unit


class Both:
    """Serving and money, noting what is asked of them; closing takes as long as a test says."""

    def __init__(self, *, can_serve: bool = True) -> None:
        self.done: list[str] = []
        self.closed = asyncio.Event()
        self.can_serve = can_serve
        self.awaited = 0
        self.serving, self.money = _Serving(self), _Money(self)


class _Serving:
    def __init__(self, both: Both) -> None:
        self._both = both

    async def park(self) -> None:
        self._both.done.append("closing")
        await self._both.closed.wait()
        self._both.done.append("closed")

    def awaited(self) -> None:
        self._both.awaited += 1

    async def take_up(self, _decision: Decision) -> bool:
        self._both.done.append("serves")
        return self._both.can_serve


class _Money:
    def __init__(self, both: Both) -> None:
        self._both = both

    async def park(self) -> None:
        self._both.done.append("given back")

    async def take_up(self) -> Decision:
        self._both.done.append("reserved")
        return Decision.model_construct(stack="economy", without=())


def parking(both: Both) -> Parking:
    return Parking(cast("Any", both.serving), cast("Any", both.money), call_id="c1")


async def test_money_is_given_back_after_the_last_of_it_was_booked_and_reserved_before_it_is_spent() -> None:
    both = Both()
    call = parking(both)
    away = asyncio.create_task(call.park())
    await asyncio.sleep(0)
    back = asyncio.create_task(call.take_up())
    await asyncio.sleep(0)
    assert both.done == ["closing"]
    assert both.awaited == 1, "they hear at once that somebody is there"
    both.closed.set()
    await asyncio.wait_for(away, 5)
    assert await asyncio.wait_for(back, 5)
    assert both.done == ["closing", "closed", "given back", "reserved", "serves"]
    assert not call.parked


async def test_what_comes_in_waits_until_the_call_is_served_again() -> None:
    both = Both()
    both.closed.set()
    call = parking(both)
    await asyncio.wait_for(call.served(), 5)
    await call.park()
    message = asyncio.create_task(call.served())
    await asyncio.sleep(0)
    assert not message.done()
    await call.take_up()
    await asyncio.wait_for(message, 5)


async def test_parking_twice_and_coming_back_to_a_call_that_is_served_change_nothing() -> None:
    both = Both()
    both.closed.set()
    call = parking(both)
    assert await call.take_up()
    assert both.awaited == 0
    await call.park()
    await call.park()
    assert both.done == ["closing", "closed", "given back"]


async def test_where_nothing_can_serve_any_more_the_call_stays_parked() -> None:
    both = Both(can_serve=False)
    both.closed.set()
    call = parking(both)
    await call.park()
    assert not await call.take_up()
    assert call.parked
