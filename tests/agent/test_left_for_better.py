"""What fails while something better waits for its time, or is being made ready, is left for it at once; and what is
decided against meanwhile serves nobody.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from agent.plans import Plan
from agent.serving import Serving
from routing.decision import Cause
from tests.agent.served_call import Served, Session, Told, decision
from tiers.catalogue import STACKS, Stack
from tiers.faults import Fault
from tiers.watch import Failure

pytestmark = pytest.mark.unit


def fails(served: Served, fault: Fault = Fault.VENDOR_DOWN) -> None:
    """The ear of what serves fails."""
    session: Any = served.sessions[0]
    served.serving.failed(session, Failure("deepgram-stt", fault, "no_words"))


@pytest.fixture
async def told() -> Told:
    return Told()


async def test_what_fails_while_something_better_is_made_ready_is_left_for_it_at_once(told: Told) -> None:
    served = Served(tells=told)
    await served.begin()
    hangs = await served.moves(Cause.HEALTH)
    fails(served)
    again = await served.asked(2)
    assert hangs.broken_off
    assert again.stack.name == "premium"
    await served.is_served_by(again)
    assert told.failures == [("deepgram-stt", Fault.VENDOR_DOWN)]
    await served.serving.aclose()
    assert hangs.closed


async def test_what_fails_while_a_better_vendor_has_not_answered_yet_is_left_for_it_at_once(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asyncio.Event()

    async def never(_: Session) -> bool:
        asked.set()
        return await asyncio.Event().wait()

    monkeypatch.setattr(Session, "is_reached", never)
    served = Served(tells=told)
    await served.begin()
    better = await served.moves(Cause.HEALTH)
    better.begins.set()
    await asyncio.wait_for(asked.wait(), 5)
    fails(served)
    await served.is_served_by(await served.asked(2))
    await served.serving.aclose()


async def test_a_session_that_closes_while_something_better_waits_for_its_time_is_left_for_it(
    told: Told,
) -> None:
    served = Served(tells=told, better_after=3600.0)
    await served.begin()
    served.serving.follow(decision("premium"), Cause.HEALTH)
    session: Any = served.sessions[0]
    served.serving.session_closed(session)
    await served.is_served_by(await served.asked(1))
    assert [service for service, _ in told.failures] == [STACKS["economy"].services[0]]
    assert not served.serving.given_up.done()
    await served.serving.aclose()


async def test_a_session_that_closes_while_something_better_is_made_ready_is_left_for_it(told: Told) -> None:
    served = Served(tells=told)
    await served.begin()
    await served.moves(Cause.HEALTH)
    session: Any = served.sessions[0]
    served.serving.session_closed(session)
    await served.is_served_by(await served.asked(2))
    assert not served.serving.given_up.done()
    await served.serving.aclose()


async def test_a_session_that_expires_while_something_better_waits_for_its_time_is_renewed_at_once(
    told: Told,
) -> None:
    served = Served(tells=told, better_after=3600.0)
    await served.begin()
    served.serving.follow(decision("premium"), Cause.HEALTH)
    fails(served, Fault.EXPIRED)
    renewed = await served.asked(1)
    assert renewed.stack.name == "economy"
    await served.is_served_by(renewed)
    assert told.failures == []
    await served.serving.aclose()


async def test_a_session_that_closed_is_replaced_whole_though_only_some_of_its_parts_have_failed(
    told: Told,
) -> None:
    served = Served(tells=told)
    await served.begin()
    session: Any = served.sessions[0]
    served.serving.session_closed(session)
    served.serving.follow(decision("budget"), Cause.VENDOR)  # a cascade as well
    await served.is_served_by(await served.asked(1))
    assert not served.serving.given_up.done()
    await served.serving.aclose()


# -- decided against -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cause", [Cause.POLICY, Cause.MONEY])
async def test_something_better_that_is_decided_against_while_it_is_made_ready_never_has_the_call(
    cause: Cause,
) -> None:
    served = Served()
    await served.begin()
    better = await served.moves(Cause.HEALTH)
    served.serving.follow(decision("economy"), cause)
    better.begins.set()
    assert served.serving._moving is not None
    await asyncio.wait_for(asyncio.shield(served.serving._moving), 5)
    assert served.serving.session is served.sessions[0]  # type: ignore[comparison-overlap]
    assert served.serving.swaps == 0
    await served.serving.aclose()
    assert better.closed


async def test_something_better_that_is_decided_against_once_its_vendor_has_answered_never_has_the_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served = Served()
    await served.begin()

    async def answers(session: Session) -> bool:
        if session.stack.name == "premium":
            served.serving.follow(decision("budget"), Cause.MONEY)
        return True

    monkeypatch.setattr(Session, "is_reached", answers)
    changed: list[str] = []

    async def changes(_: Serving, _plan: Plan, stack: Stack) -> None:
        changed.append(stack.name)

    monkeypatch.setattr(Serving, "_change", changes)
    better = await served.moves(Cause.HEALTH)
    better.begins.set()
    assert served.serving._moving is not None
    await asyncio.wait_for(asyncio.shield(served.serving._moving), 5)
    assert (changed, served.serving.swaps) == (["budget"], 0)
    await served.serving.aclose()
    assert better.closed


async def test_what_is_better_still_than_what_is_made_ready_does_not_wait_as_after_a_failure() -> None:
    served = Served()
    await served.begin()
    served.serving._better_after = 3600.0
    served.serving._last_swap -= 3600.0
    await served.moves(Cause.HEALTH, "gemini")
    await served.is_served_by(await served.moves(Cause.HEALTH, "premium"))
    await served.serving.aclose()


async def test_something_better_that_is_decided_for_again_while_it_is_made_ready_is_taken() -> None:
    served = Served()
    await served.begin()
    better = await served.moves(Cause.HEALTH)
    served.serving.follow(decision("premium"), Cause.POLICY)
    await served.is_served_by(better)
    assert not better.broken_off
    await served.serving.aclose()
