"""A call that is open at the caller's midnight knows the new day."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from agent.new_day import new_days, seconds_left
from agent.tier_session import TierSession
from routing.decision import Cause
from tests.agent.served_call import Served, decision
from tests.agent.virtual_time import VirtualLoop
from tiers.catalogue import STACKS
from tiers.settings import VendorSettings

pytestmark = pytest.mark.unit

BERLIN = ZoneInfo("Europe/Berlin")
TUESDAY, WEDNESDAY = "It is Tuesday.", "It is Wednesday."


class Calendar:
    """Instructions that tell the day."""

    def __init__(self) -> None:
        self.text = TUESDAY

    def __call__(self) -> str:
        return self.text


async def over_midnight() -> tuple[Served, Calendar]:
    served, calendar = Served(), Calendar()
    await served.begin(calendar)
    assert served.sessions[0].instructions == TUESDAY
    calendar.text = WEDNESDAY
    return served, calendar


async def test_the_session_that_serves_is_told_in_a_pause() -> None:
    served, _ = await over_midnight()
    session = served.sessions[0]
    session.is_quiet = False
    telling = asyncio.create_task(served.serving.instruct_anew())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(session.is_told.wait(), 1)
    session.is_quiet = True
    await asyncio.wait_for(telling, 5)
    assert session.instructions == WEDNESDAY
    assert len(served.sessions) == 1
    await served.serving.aclose()


async def test_a_session_that_cannot_be_told_is_renewed() -> None:
    served, _ = await over_midnight()
    served.sessions[0].takes_instructions = False
    await asyncio.wait_for(served.serving.instruct_anew(), 5)
    renewed = await served.asked(1)
    await served.is_served_by(renewed)
    assert renewed.instructions == WEDNESDAY
    await served.serving.aclose()


@pytest.mark.parametrize("cause", [Cause.VENDOR, Cause.HEALTH])
async def test_a_successor_begins_with_the_day_that_it_is(cause: Cause) -> None:
    served, _ = await over_midnight()
    successor = await served.moves(cause)
    assert successor.instructions == WEDNESDAY
    await served.is_served_by(successor)
    await served.serving.aclose()


async def test_a_call_that_is_taken_up_again_begins_with_the_day_that_it_is() -> None:
    served, _ = await over_midnight()
    await served.serving.park()
    await asyncio.wait_for(served.serving.instruct_anew(), 5)
    taking_up = asyncio.create_task(served.serving.take_up(decision("economy")))
    back = await served.asked(1)
    back.begins.set()
    assert await asyncio.wait_for(taking_up, 5)
    assert back.instructions == WEDNESDAY
    assert not served.sessions[0].is_told.is_set()
    await served.serving.aclose()


@pytest.mark.parametrize(("stack", "takes"), [("economy", True), ("premium", True), ("gemini", False)])
async def test_gemini_alone_cannot_be_told_while_it_runs(
    monkeypatch: pytest.MonkeyPatch, stack: str, *, takes: bool
) -> None:
    for vendor in ("DEEPGRAM", "OPENAI", "CARTESIA", "GOOGLE"):
        monkeypatch.setenv(f"{vendor}_API_KEY", "k")
    session = TierSession(
        STACKS[stack], VendorSettings(), call_id="c1", today=date(2026, 11, 25), on_usage=lambda _: None
    )
    told: list[str] = []

    async def update_instructions(text: str) -> None:
        told.append(text)

    agent = SimpleNamespace(instructions=TUESDAY, update_instructions=update_instructions)
    session._agent = cast("Any", agent)
    assert await session.instruct(WEDNESDAY) is takes
    assert [text.startswith(WEDNESDAY) for text in told] == [True] * takes
    await session.aclose()


def test_a_day_is_told_when_it_begins_where_the_caller_is() -> None:
    loop = VirtualLoop()
    start = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)  # half past eleven at night in Berlin
    clock: Callable[[], datetime] = lambda: start + timedelta(seconds=loop.time())  # noqa: E731
    told: list[datetime] = []

    async def listen() -> None:
        async for _ in new_days(BERLIN, clock):
            told.append(clock().astimezone(BERLIN))

    listening = loop.create_task(listen())
    loop.pass_seconds(29 * 60)
    assert told == []
    loop.pass_seconds(25 * 3600)
    assert [moment.date() for moment in told] == [date(2026, 11, 25), date(2026, 11, 26)]
    assert all(moment.hour == moment.minute == 0 for moment in told)
    listening.cancel()
    loop.pass_seconds(1)
    loop.close()


def test_a_day_on_which_the_clocks_change_is_as_long_as_it_is() -> None:
    assert seconds_left(datetime(2026, 10, 25, 0, 0, tzinfo=BERLIN)) == 25 * 3600
    assert seconds_left(datetime(2026, 3, 29, 0, 0, tzinfo=BERLIN)) == 23 * 3600
