"""What the router decides anew while a call's first session is still made: it is followed for its own reason."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agent.desk import Desk
from agent.line import Line
from agent.rehearsal.stage import NoRoom
from agent.serving import Serving
from agent.settings import AgentSettings
from routing.decision import Decision, LostBecause, Reason
from tests.agent.served_call import Conversation, Session
from tiers.catalogue import STACKS, Stack
from tiers.settings import VendorSettings
from tiers.speech_to_speech import SpeechToSpeech

pytestmark = pytest.mark.unit


def decision(stack: str, **lost: LostBecause) -> Decision:
    """Something serves, and others lost for these reasons."""
    reasons = tuple(Reason.model_construct(stack=name, code=code) for name, code in lost.items())
    return Decision.model_construct(stack=stack, without=(), reasons=reasons)


SPENT = decision("economy", premium=LostBecause.BUDGET_EXHAUSTED)
BACK = decision("premium", economy=LostBecause.LOWER_ON_LADDER)
WELL = decision("premium", economy=LostBecause.LOWER_ON_LADDER)
DOWN = decision("economy", premium=LostBecause.VENDOR_DOWN)


class Begun:
    """A call whose first session was made for one decision, when another one stands."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sessions: list[Session] = []
        self.desk = Desk(
            cast("Any", NoRoom("caller")),
            cast("Any", SimpleNamespace(channel="browser", call_id="c1")),
            AgentSettings(),
            VendorSettings(),
            cast("Any", None),
            cast(
                "Line", SimpleNamespace(ring=SimpleNamespace(is_open=False, lost=False), detach=lambda: None)
            ),
            cast("Any", None),
        )

        def session(stack: Stack, *_: Any) -> Session:
            self.sessions.append(Session(stack))
            return self.sessions[-1]

        async def show(*_: Any) -> None: ...

        monkeypatch.setattr(self.desk, "session", session)
        monkeypatch.setattr(self.desk, "show", show)

    def served(self, first: Decision, now: Decision) -> Serving:
        money = SimpleNamespace(decision=now, outcomes=SimpleNamespace(happenings=None))
        return self.desk.serving(first, STACKS[first.stack or ""], cast("Any", money))


@pytest.fixture
async def begun(monkeypatch: pytest.MonkeyPatch) -> Begun:
    for vendor in ("DEEPGRAM", "OPENAI", "CARTESIA"):
        monkeypatch.setenv(f"{vendor}_API_KEY", "k")
    return Begun(monkeypatch)


async def test_money_that_is_there_again_moves_no_call_that_has_just_begun(begun: Begun) -> None:
    serving = begun.served(SPENT, BACK)
    await serving.start(cast("Any", Conversation()), instructions=str, tools=[])
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(begun.sessions) == 1
    await serving.aclose()


async def test_what_has_failed_meanwhile_is_left_at_once(begun: Begun) -> None:
    serving = begun.served(WELL, DOWN)
    await serving.start(cast("Any", Conversation()), instructions=str, tools=[])
    async with asyncio.timeout(5):
        while len(begun.sessions) < 2:
            await asyncio.sleep(0)
    assert begun.sessions[1].stack.name == "economy"
    begun.sessions[1].begins.set()
    await serving.aclose()


async def test_a_call_whose_decision_stands_has_nothing_to_follow(begun: Begun) -> None:
    serving = begun.served(WELL, WELL)
    await serving.start(cast("Any", Conversation()), instructions=str, tools=[])
    assert serving._moving is None
    await serving.aclose()


@pytest.mark.parametrize(("given_up", "hears"), [("deepgram-stt", False), ("cartesia", True)])
async def test_a_premium_call_has_no_ear_beside_its_model_while_that_was_given_up(
    monkeypatch: pytest.MonkeyPatch, given_up: str, hears: bool
) -> None:
    for vendor in ("DEEPGRAM", "OPENAI"):
        monkeypatch.setenv(f"{vendor}_API_KEY", "k")
    ours = SimpleNamespace(
        beginnings=SimpleNamespace(ask=lambda: None), metrics=SimpleNamespace(usage_lost=None), sounds=None
    )
    desk = Desk(
        cast("Any", NoRoom("caller")),
        cast("Any", SimpleNamespace(channel="browser", call_id="c1")),
        AgentSettings(),
        VendorSettings(),
        cast("Any", None),
        cast("Line", None),
        cast("Any", ours),
    )
    money = SimpleNamespace(meter=None, worked=None, is_given_up=lambda service: service == given_up)
    session = desk.session(STACKS["premium"], cast("Any", money))
    models = session._models
    assert isinstance(models, SpeechToSpeech)
    assert (models.llm.recogniser is not None, "stt" in models.built) == (hears, hears)
    assert session.stack == STACKS["premium"], "to the router it is the same stack"
    await session.aclose()
