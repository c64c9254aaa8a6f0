"""A move that is broken off leaves nothing open, and what is owed is not given to a session that was parked."""

from __future__ import annotations

import asyncio
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit.agents import llm

from agent.owed import Leftover
from agent.parking import Parking
from agent.tier_session import TierSession
from routing.decision import Cause, Decision, RouteInputs
from tests.agent.served_call import Served, Told, decision
from tiers.catalogue import STACKS
from tiers.faults import Fault
from tiers.settings import VendorSettings
from tiers.watch import Failure

pytestmark = pytest.mark.unit


NOTHING = Decision.model_construct(
    stack=None, without=(), reasons=(), inputs=RouteInputs.model_construct(stacks=())
)
"""What a router decides that has no stack left."""


@pytest.fixture
async def served() -> Served:
    served = Served()
    await served.begin()
    return served


async def test_a_better_session_that_is_not_ready_yet_is_closed_with_the_call(served: Served) -> None:
    better = await served.moves(Cause.HEALTH)
    await served.serving.aclose()
    assert better.broken_off
    assert better.closed


async def test_what_is_decided_before_a_call_begins_is_followed_when_it_has() -> None:
    served = Served()
    served.serving.follow(decision("premium"), Cause.VENDOR)
    await asyncio.sleep(0)
    assert not served.serving.given_up.done()
    assert len(served.sessions) == 1
    await served.begin()
    async with asyncio.timeout(5):
        while len(served.sessions) == 1:
            await asyncio.sleep(0.01)
        await served.sessions[1].asked.wait()
    assert served.sessions[1].stack.name == "premium"
    served.sessions[1].begins.set()
    served.conversation.tool_ends.set()
    await served.serving.aclose()
    assert not served.serving.given_up.done()


async def test_a_successor_is_closed_where_its_swap_is_broken_off(served: Served) -> None:
    leaves = asyncio.Event()

    async def leave() -> Leftover:
        leaves.set()
        await asyncio.Event().wait()
        raise AssertionError

    old = served.sessions[0]
    quick, old.leave = old.leave, leave  # type: ignore[method-assign]
    served.serving.follow(decision("premium"), Cause.VENDOR)
    await asyncio.wait_for(leaves.wait(), 5)
    old.leave = quick  # type: ignore[method-assign]
    await served.serving.aclose()
    assert served.sessions[1].closed


async def test_an_answer_is_owed_until_it_is_given_however_many_sessions_come_to_give_it(
    served: Served,
) -> None:
    async def no_tool() -> list[llm.ChatItem]:
        return []

    served.conversation.unfinished = no_tool  # type: ignore[method-assign]
    served.sessions[0].owes_answer = True
    dead = await served.moves(Cause.VENDOR)  # before it has begun, with the conversation in its hands
    last = await served.moves(Cause.VENDOR, "economy")
    last.begins.set()
    await asyncio.wait_for(last.replied.wait(), 5)
    assert not dead.replied.is_set()
    dead.begins.set()
    await served.serving.aclose()


async def test_a_vendor_whose_sessions_expire_as_they_begin_is_left_and_one_that_expires_once_is_not() -> (
    None
):
    told = Told()
    served = Served(tells=told)
    await served.begin()
    expired = Failure("openai-realtime", Fault.EXPIRED, "expired")
    served.serving.failed(served.serving.session, expired)
    await served.is_served_by(await served.asked(1))
    assert told.failures == []
    served.serving.failed(served.serving.session, expired)
    assert told.failures == [("openai-realtime", Fault.VENDOR_DOWN)]
    assert len(served.sessions) == 2
    await served.serving.aclose()


async def test_a_better_session_that_fails_while_it_is_made_ready_is_told_of() -> None:
    told = Told()
    served = Served(tells=told)
    await served.begin()
    better: Any = await served.moves(Cause.HEALTH)
    refused = Failure("openai-realtime", Fault.VENDOR_DOWN, "refused")
    served.serving.failed(better, refused)
    assert told.failures == [("openai-realtime", Fault.VENDOR_DOWN)]
    await served.serving.aclose()
    served.serving.failed(better, refused)
    assert len(told.failures) == 1, "it is made ready no more"


async def test_what_only_helps_it_or_serves_the_session_that_goes_on_well_moves_nothing() -> None:
    told: Any = Told()
    beside: list[str] = []
    told.beside_failed = lambda service, _fault: beside.append(service)
    served = Served(tells=told)
    await served.begin()
    better: Any = await served.moves(Cause.HEALTH)
    served.serving.failed(better, Failure("deepgram-stt", Fault.VENDOR_DOWN, "refused"))
    served.serving.failed(better, Failure("openai-realtime", Fault.VENDOR_DOWN, "busy", again=True))
    assert (told.failures, beside) == ([], ["deepgram-stt"])
    await served.serving.aclose()


async def test_what_can_serve_after_all_while_our_voice_falls_silent_does(served: Served) -> None:
    async def leave() -> Leftover:
        if len(served.sessions) == 1:
            served.serving.follow(decision("premium"), Cause.VENDOR)
        return Leftover(served.sessions[0].history)

    served.sessions[0].leave = leave  # type: ignore[method-assign]
    served.serving.follow(NOTHING, Cause.VENDOR)
    await served.is_served_by(await served.asked(1))
    assert not served.serving.given_up.done()
    await served.serving.aclose()


async def test_where_nothing_is_left_our_voice_is_silent_before_that_is_told(served: Served) -> None:
    left: list[bool] = []

    async def leave() -> Leftover:
        left.append(served.serving.given_up.done())
        return Leftover(served.sessions[0].history)

    served.sessions[0].leave = leave  # type: ignore[method-assign]
    served.serving.follow(NOTHING, Cause.VENDOR)
    given_up = await asyncio.wait_for(served.serving.given_up, 5)
    assert not given_up.is_served
    assert left == [False]
    await served.serving.aclose()


async def test_a_call_that_is_over_follows_nobody(served: Served) -> None:
    await served.serving.aclose()
    served.serving.follow(decision("premium"), Cause.VENDOR)
    assert served.serving._moving is None
    assert len(served.sessions) == 1


async def test_what_a_tool_gives_after_a_swap_and_while_the_call_is_parked_is_told_when_the_caller_is_back(
    served: Served,
) -> None:
    successor = await served.waits_for_its_tool()
    await served.serving.park()
    served.conversation.tool_ends.set()
    await asyncio.gather(*served.serving._background)
    taking_up = asyncio.create_task(served.serving.take_up(decision("economy")))
    assert await asyncio.wait_for(taking_up, 5)
    last = served.sessions[-1]
    last.begins.set()
    await asyncio.wait_for(last.replied.wait(), 5)
    assert [item.call_id for item in last.history.items if isinstance(item, llm.FunctionCallOutput)] == ["1"]
    assert not successor.replied.is_set()
    await served.serving.aclose()


async def test_what_was_made_ready_in_vain_while_the_call_is_parked_is_followed_by_nobody() -> None:
    served = Served(tells=Told())
    await served.begin()
    better = await served.moves(Cause.HEALTH)
    served.serving._better_after = 120.0  # it would not be tried again at once

    async def is_not_reached() -> bool:
        return False

    better.is_reached = is_not_reached  # type: ignore[method-assign]
    parking = asyncio.create_task(served.serving.park())
    await asyncio.sleep(0)  # it waits for what is made ready
    better.begins.set()
    await asyncio.wait_for(parking, 10)
    assert better.closed
    assert served.serving._plans.wanted is None
    assert await served.serving.take_up(decision("economy"))
    last = served.sessions[-1]
    last.begins.set()
    served.conversation.tool_ends.set()
    served.serving.failed(served.serving.session, Failure("openai-llm", Fault.VENDOR_DOWN, "closed"))
    await asyncio.sleep(0)
    assert served.serving._plans.wanted is None, "the money for what was wanted before is given back"
    await served.serving.aclose()


async def test_what_is_owed_when_a_call_is_handed_over_is_told_and_paid_by_nobody_here(
    served: Served,
) -> None:
    successor = await served.waits_for_its_tool()
    left = await served.serving.leave()
    assert left.owes_answer
    served.conversation.tool_ends.set()
    await asyncio.gather(*served.serving._background)
    assert not successor.replied.is_set()
    await served.serving.aclose()


async def test_a_session_that_takes_other_parts_has_no_successor(served: Served) -> None:
    served.serving.follow(decision("budget"), Cause.VENDOR)
    assert served.serving._moving is not None
    await asyncio.wait_for(served.serving._moving, 5)
    assert (len(served.sessions), served.sessions[0].stack.name) == (1, "budget")
    await served.serving.aclose()


async def test_a_session_that_is_about_to_close_is_given_no_other_parts_but_a_successor(
    served: Served,
) -> None:
    served.sessions[0].is_closing = True
    successor = await served.moves(Cause.VENDOR, "budget")
    await served.is_served_by(successor)
    assert (served.sessions[0].stack.name, successor.stack.name) == ("economy", "budget")
    assert not served.serving.given_up.done()
    await served.serving.aclose()


@pytest.mark.parametrize("is_heard", [False, True])
async def test_a_session_that_has_not_begun_takes_another_ear_also_where_the_caller_has_spoken(
    monkeypatch: pytest.MonkeyPatch, *, is_heard: bool
) -> None:
    for vendor in ("DEEPGRAM", "OPENAI", "CARTESIA"):
        monkeypatch.setenv(f"{vendor}_API_KEY", "k")
    settings = VendorSettings()
    session = TierSession(
        STACKS["economy"], settings, call_id="c1", today=date(2026, 11, 25), on_usage=lambda _: None
    )
    told: list[Any] = []
    session._agent = cast("Any", SimpleNamespace(update_options=lambda **parts: told.append(parts)))
    ring = SimpleNamespace(is_open=is_heard)
    session._line = cast("Any", SimpleNamespace(ring=ring, replay=lambda: told.append("replay")))
    assert not session.is_closing
    change = session.change(STACKS["economy"].without(("deepgram-stt",), settings))
    assert list(told[0]) == ["stt"]
    assert told[1:] == ["replay"]
    await change.aclose()
    await session.aclose()


@pytest.mark.parametrize(("is_quiet", "waits_for_turn"), [(False, False), (True, True)])
async def test_a_session_of_great_age_is_not_renewed_while_the_caller_speaks_or_has_just_spoken(
    is_quiet: bool, waits_for_turn: bool
) -> None:
    served = Served()
    await served.begin()
    served.serving._renew_after = 0.0
    served.serving._since -= 1.0
    served.sessions[0].is_quiet, served.sessions[0].waits_for_turn = is_quiet, waits_for_turn
    served.serving.paused()
    assert served.serving._moving is None
    served.sessions[0].is_quiet, served.sessions[0].waits_for_turn = True, False
    served.serving.paused()
    renewed = await served.asked(1)
    assert renewed.stack.name == "economy"
    await served.is_served_by(renewed)
    await served.serving.aclose()


async def test_who_is_back_while_sockets_are_still_closed_hears_that_somebody_is_there(
    served: Served,
) -> None:
    old, leaves, closes = served.sessions[0], asyncio.Event(), asyncio.Event()
    asked, closing = asyncio.Event(), asyncio.Event()

    async def leave() -> Leftover:
        asked.set()
        await leaves.wait()
        return Leftover(old.history)

    async def aclose() -> None:
        closing.set()
        await closes.wait()

    old.leave, old.aclose = leave, aclose  # type: ignore[method-assign]
    money: Any = SimpleNamespace(park=old.remember, take_up=lambda: _decided("economy"))
    parking = Parking(served.serving, money, call_id="c1")
    away = asyncio.create_task(parking.park())
    await asyncio.wait_for(asked.wait(), 5)
    back = asyncio.create_task(parking.take_up())
    await asyncio.sleep(0)
    assert served.covered == [0.0], "at once, though nothing serves them yet"
    leaves.set()
    await asyncio.wait_for(closing.wait(), 5)
    old.tells["agent_state_changed"](SimpleNamespace(old_state="thinking", new_state="listening"))
    assert served.covered == [0.0], "and what is being closed does not end it"
    closes.set()
    await asyncio.gather(away, back)
    new, said = served.sessions[1], asyncio.Event()
    new.say = lambda *_, **__: said.set()  # type: ignore[method-assign]
    new.begins.set()
    served.conversation.tool_ends.set()
    await asyncio.wait_for(said.wait(), 5)
    new.tells["agent_state_changed"](SimpleNamespace(old_state="listening", new_state="speaking"))
    assert served.covered[-1] == "end"
    await served.serving.aclose()


async def test_the_wait_of_who_is_back_is_over_where_nothing_can_serve_them(served: Served) -> None:
    await served.serving.park()
    served.serving.awaited()
    nothing = Decision.model_construct(stack=None, reasons=(), inputs=SimpleNamespace(stacks=()))
    assert not await served.serving.take_up(nothing)
    assert served.covered[-1] == "end"


async def _decided(stack: str) -> Decision:
    return decision(stack)
