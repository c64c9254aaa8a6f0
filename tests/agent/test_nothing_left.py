"""A call that money or an admin leaves nothing for is told so by whoever serves it, in its time, and is nobody's failure."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import AsyncMock, MagicMock
from uuid import uuid4

import pytest

import agent.job
from agent import persona
from agent.ending import NOT_SERVED
from agent.metrics.names import FAILING_OUTCOMES
from agent.nothing_left import GivenUp, parting
from agent.parking import Parking
from agent.pauses import TOLD_SECONDS
from agent.sounds.make import TEXTS
from routing.decision import BudgetState, Cause, Decision, RouteInputs, StackState
from routing.policy import DEFAULT_POLICY
from routing.router import decide
from tests.agent.live_call import LiveCall, live_call
from tests.agent.served_call import Served, Told
from tests.agent.test_ended_sessions import Served as ServedByPhone
from tests.agent.test_ended_sessions import Session
from tests.agent.test_park_live import parking
from tiers.faults import Fault
from tiers.watch import Failure

ECONOMY = StackState(name="economy", tier="economy", configured=True)
INPUTS = RouteInputs(plan="economy", stacks=(ECONOMY,))
SPENT = decide(INPUTS.model_copy(update={"budget": BudgetState(economy="exhausted", scope="global-day")}))
OFF = decide(
    INPUTS.model_copy(update={"policy": DEFAULT_POLICY.model_copy(update={"tiers_off": ("economy",)})})
)
AS_SET = pytest.mark.parametrize(
    ("decision", "cause", "ending", "line"),
    [
        (SPENT, Cause.MONEY, "out_of_money", persona.OUT_OF_MONEY),
        (OFF, Cause.POLICY, "switched_off", persona.SWITCHED_OFF),
    ],
)


async def given_up(served: Served) -> GivenUp:
    return await asyncio.wait_for(asyncio.shield(served.serving.given_up), 10)


@pytest.mark.unit
@AS_SET
async def test_a_line_that_is_being_said_is_heard_to_its_end_first(
    decision: Decision, cause: Cause, ending: str, line: str
) -> None:
    served = Served()
    await served.begin()
    speaking = served.sessions[0]
    speaking.is_quiet, ends = False, time.monotonic() + 1.0
    served.serving.follow(decision, cause)
    asyncio.get_running_loop().call_later(1.0, lambda: setattr(speaking, "is_quiet", True))
    told = await given_up(served)
    assert time.monotonic() >= ends
    assert (told.is_served, told.parting.ending, told.parting.line) == (True, ending, line)
    await served.serving.aclose()


@pytest.mark.unit
async def test_who_talks_on_is_told_after_three_seconds_all_the_same() -> None:
    served = Served()
    await served.begin()
    served.sessions[0].is_quiet, began = False, time.monotonic()
    served.serving.follow(SPENT, Cause.MONEY)
    assert (await given_up(served)).is_served
    assert time.monotonic() - began >= TOLD_SECONDS
    await served.serving.aclose()


@pytest.mark.unit
async def test_money_that_is_there_again_in_time_leaves_the_call_as_it_is() -> None:
    served = Served()
    await served.begin()
    served.sessions[0].is_quiet = False
    served.serving.follow(SPENT, Cause.MONEY)
    served.serving.follow(Decision.model_construct(stack="economy", without=()), Cause.HEALTH)
    assert served.serving._moving is not None
    await asyncio.wait_for(served.serving._moving, 10)
    assert not served.serving.given_up.done()
    await served.serving.aclose()


@pytest.mark.unit
async def test_a_session_that_fails_before_it_could_say_so_is_not_waited_for() -> None:
    served = Served(tells=Told())
    await served.begin()
    session = served.sessions[0]
    session.is_quiet = False
    served.serving.follow(SPENT, Cause.MONEY)
    served.serving.failed(cast("Any", session), Failure("cartesia", Fault.VENDOR_DOWN, "closed"))
    told = await given_up(served)
    assert (told.is_served, told.parting.ending) == (False, "out_of_money")
    await served.serving.aclose()


class Says(Session):
    """A session that serves, and says a line as soon as it is given."""

    def __init__(self) -> None:
        super().__init__(ended=False)
        self.hushed = 0

    async def hush(self) -> None:
        self.hushed += 1

    def say(self, line: str, *, followed: Any = (), **_: Any) -> None:
        super().say(line)
        for each in followed:
            each.ended()


@pytest.mark.unit
@AS_SET
async def test_whoever_serves_says_why_and_no_recording_speaks_over_them(
    monkeypatch: pytest.MonkeyPatch, decision: Decision, cause: Cause, ending: str, line: str
) -> None:
    served = ServedByPhone(monkeypatch)
    served.session = session = Says()
    await served.call._ends.give_up(GivenUp(parting(decision), is_served=True))
    assert (session.hushed, session.said, served.played, served.end) == (1, [line], [], ending)
    # Nobody is called out of bed for it.
    assert ending not in NOT_SERVED
    assert ending not in FAILING_OUTCOMES


@pytest.mark.unit
@AS_SET
async def test_who_calls_then_hears_why_from_a_recording_of_its_own(
    monkeypatch: pytest.MonkeyPatch, decision: Decision, cause: Cause, ending: str, line: str
) -> None:
    heard: list[str] = []

    async def play(_room: Any, name: str) -> None:
        heard.append(TEXTS[name])

    async def write(_room: Any, text: str) -> None:
        heard.append(text)

    monkeypatch.setattr(agent.job, "play_recording", play)
    monkeypatch.setattr(agent.job, "write", write)
    desk = MagicMock(
        invitation=SimpleNamespace(call_id="c", channel="phone"),
        settings=SimpleNamespace(phone_carrier="none"),
        stack_of=lambda _: None,
        show=AsyncMock(),
    )
    desk.attributes.set_last_state = AsyncMock()
    one: Any = MagicMock()
    money: Any = SimpleNamespace(open=AsyncMock(return_value=decision), meter=MagicMock())
    assert await agent.job._answer(one, one, desk, money) == ending
    assert heard == [line, line]
    desk.attributes.set_last_state.assert_awaited_once_with(ending)


def interrupted(live: LiveCall, since: int) -> list[bool]:
    return [item.interrupted for item in live.items[since:] if item.role == "assistant"]


@pytest.mark.system
@pytest.mark.parametrize("plan", ["economy", "premium"])
async def test_a_budget_that_is_used_up_while_we_speak_is_told_when_we_have_spoken(
    port: int, plan: str
) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan=plan) as live:
        await live.client.call("create_task", {"title": "buy oat milk"})
        before = len(live.items)
        await live.say("What is on my list?")
        await live.heard()
        at = time.monotonic()
        live.switch.spend_all()
        assert live.ended is not None
        async with asyncio.timeout(20):
            assert await live.ended == "out_of_money"
        assert not any(interrupted(live, before)) or time.monotonic() - at >= TOLD_SECONDS
        assert "oat milk" in live.ours(before)
        assert "budget for calls is used up" in live.ours(before)
        assert (live.played, live.written) == ([], []), "one voice, and the words of it"


@pytest.mark.system
async def test_calls_that_an_admin_switches_off_are_told_so_and_have_not_failed(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy") as live:
        before = len(live.items)
        live.switch.admin(tiers_off=("premium", "economy"))
        assert live.ended is not None
        async with asyncio.timeout(20):
            assert await live.ended == "switched_off"
        assert live.ours(before) == persona.SWITCHED_OFF


@pytest.mark.system
async def test_who_comes_back_to_a_budget_that_is_used_up_hears_it_once(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy") as live:
        parked: Parking = parking(live)
        await parked.park()
        live.switch.spend_all()
        await live.call._welcome_back()
        assert live.ended is not None
        async with asyncio.timeout(10):
            assert await live.ended == "out_of_money"
        assert (live.played, live.written) == (["out_of_money"], [persona.OUT_OF_MONEY])
