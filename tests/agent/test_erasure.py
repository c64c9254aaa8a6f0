"""«Erase my account»: told from a wish about tasks, asked about, and done after a clear yes alone."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from redis.asyncio import Redis

import agent.erasure
from agent import closing
from agent.background import Background
from agent.erasure import ACTION, Erased, erases, wants_erasure
from agent.persona import instructions, question
from agent.served import connect
from people.user import Plan, Role, User
from privacy.wished import KEEP_SECONDS, KEY, Wished
from tests.agent.live_call import LiveCall, live_call


@pytest.mark.unit
@pytest.mark.parametrize(
    "said",
    [
        "Erase my account.",
        "Please delete my account.",
        "Could you please delete all my data?",
        "I'd like you to erase everything you know about me.",
        "Delete everything you have about me, please.",
        "I want to be forgotten.",
        "Okay, close my account for good.",
        "Forget everything about me.",
        "I want to use my right to erasure.",
    ],
)
def test_a_wish_to_be_erased_is_heard(said: str) -> None:
    assert wants_erasure(said)


@pytest.mark.unit
@pytest.mark.parametrize(
    "said",
    [
        "Delete everything.",
        "Delete all my tasks.",
        "Erase everything on my list.",
        "Delete my account task.",
        "Add a task to delete my account at the bank.",
        "Remind me to close my account.",
        "Don't erase my account.",
        "Never delete my data.",
        "How do I delete my account?",
        "Erase my account, no, delete my data",
        "Delete it.",
        "Forget it.",
        "Yes.",
        "",
    ],
)
def test_other_wishes_are_not(said: str) -> None:
    assert not wants_erasure(said)


@pytest.mark.unit
def test_the_question_says_what_goes_and_that_it_does_not_come_back() -> None:
    asked = question([ACTION])
    assert asked.startswith("This cannot be undone. Shall I erase your account")
    assert "all your tasks" in asked
    assert asked.endswith("?")


@pytest.mark.unit
def test_the_model_is_told_that_it_erases_nothing_and_reaches_no_emergency_services() -> None:
    told = instructions(ZoneInfo("UTC"))
    assert "«erase my account»" in told
    assert "emergency" in told


class Room:
    """What erases a person, seen from the call."""

    def __init__(self, outcome: Erased = Erased.WHOLLY) -> None:
        self.outcome = outcome
        self.times = 0

    async def erases(self) -> Erased:
        self.times += 1
        return self.outcome


async def over(live: LiveCall) -> str:
    assert live.ended is not None
    return await asyncio.wait_for(live.ended, 40)


@pytest.mark.system
@pytest.mark.timeout(120)
@pytest.mark.parametrize("plan", ["economy", "premium"])
async def test_a_clear_yes_in_a_later_turn_erases_and_ends_the_call(port: int, plan: str) -> None:
    room = Room()
    async with live_call(port, f"ann-{uuid4().hex}", plan=plan, erases=room.erases) as live:
        asked = await live.turn("Erase my account.")
        assert "cannot be undone" in asked
        assert "erase your account" in asked
        assert room.times == 0
        await live.say("Yes.")
        assert await over(live) == "erased"
        assert room.times == 1
        assert "are erased" in live.ours()


@pytest.mark.system
@pytest.mark.timeout(120)
async def test_whatever_is_no_clear_yes_erases_nothing(port: int) -> None:
    room = Room()
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy", erases=room.erases) as live:
        await live.turn("Delete all my data.")
        await live.turn("No.")
        assert "erase your account" in await live.turn("Erase my account.")
        # The wish once more is no answer to the question: nothing goes by a word that came twice.
        assert "erase your account" in await live.turn("Erase my account.")
        await live.turn("What is on my list?")
        await live.turn("Yes.")
        assert room.times == 0
        assert live.ended is not None
        assert not live.ended.done()


@pytest.mark.system
@pytest.mark.timeout(120)
async def test_where_nothing_could_be_erased_that_is_said_and_the_call_goes_on(port: int) -> None:
    room = Room(Erased.NOT)
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy", erases=room.erases) as live:
        await live.turn("Erase my account.")
        await live.say("Yes.")
        await live.until(lambda: "nothing was changed" in live.ours(), 30, "it is said")
        assert live.ended is not None
        assert not live.ended.done()
        assert room.times == 1


@pytest.mark.system
@pytest.mark.timeout(120)
async def test_a_caller_who_was_erased_elsewhere_is_told_and_the_call_ends(port: int) -> None:
    async with live_call(port, f"ann-{uuid4().hex}", plan="economy") as live:
        live.call.erased()
        assert await over(live) == "erased"
        assert "Your account was erased" in live.ours()


ANN = User(
    id="usr_ann",
    email="ann@example.org",
    plan=Plan.ECONOMY,
    role=Role.USER,
    time_zone="UTC",
    created_at=datetime.now(UTC),
)


@pytest.fixture
def wished(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> Wished:
    """What is kept of those who confirmed it."""
    monkeypatch.setenv("VOICETASKS_TASKS_TOKEN_SECRET", "a secret that only tests know, 32+ bytes")
    return Wished(redis)


@pytest.mark.system
async def test_an_erasure_that_is_cut_off_before_it_has_begun_is_kept_for_a_worker(
    wished: Wished, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = asyncio.Event()

    async def waits(*_: object, **__: object) -> None:
        began.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(agent.erasure, "erase", waits)
    promised = Background(logging.getLogger("agent.call"), "call.background_failed")
    erasing = promised.begin(erases(ANN, call_id="c1", wished=wished)(), "call.erasing")
    await asyncio.wait_for(began.wait(), 5)
    await closing._finish(promised, 0.0)  # they have hung up, and nothing is waited for any longer
    assert erasing.cancelled()
    assert await wished.waiting() == [ANN.id]


@pytest.mark.system
async def test_an_erasure_that_cannot_begin_is_promised_where_it_is_kept_and_refused_where_it_is_not(
    wished: Wished, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOICETASKS_PEOPLE_DATABASE_URL", "postgresql://127.0.0.1:1/nobody")
    assert await erases(ANN, call_id="c1", wished=wished)() is Erased.LATER
    assert await wished.waiting() == [ANN.id]
    async with connect("redis://127.0.0.1:1/0") as nobody:
        assert await erases(ANN, call_id="c1", wished=Wished(nobody))() is Erased.NOT


@pytest.mark.system
async def test_what_waits_for_longer_than_any_outage_is_given_up_and_that_is_logged(
    redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    now = 1_000_000.0
    wished = Wished(redis, clock=lambda: now)
    await wished.keep("usr_old")
    now += KEEP_SECONDS / 2
    await wished.keep("usr_old")
    await wished.keep("usr_new")
    assert await wished.waiting() == ["usr_old", "usr_new"]
    now += KEEP_SECONDS / 2 + 1
    assert await wished.waiting() == ["usr_new"], "the first yes counts, however often it is said"
    assert [each.message for each in caplog.records] == ["erasure.given_up"]
    assert 0 < await redis.ttl(KEY) <= KEEP_SECONDS
