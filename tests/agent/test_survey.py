"""How good the call was: asked once by telephone, answered by one key, by a word, or not at all."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit.agents import UserInputTranscribedEvent

from agent import survey as module
from agent.survey import QUESTION, THANKS, Survey
from agent.tier_session import TierSession
from agent.turn_taking import TurnTaking
from sip.keypad import Keypad, Meaning

pytestmark = pytest.mark.unit


class Session:
    """Says something for a moment."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.asked = asyncio.Event()
        self.waits_for_turn = self.has_ended = False
        self.user_state = "listening"
        self.session = self

    def say(self, text: str, *, owed: bool) -> Any:
        assert not owed, "a survey is owed to nobody"
        if self.has_ended:
            raise RuntimeError("AgentSession isn't running")
        self.said.append(text)
        self.asked.set()
        return self

    async def wait_for_playout(self) -> None:
        await asyncio.sleep(0)

    async def hush(self) -> None: ...


class Asked:
    """A survey that is being asked."""

    def __init__(self, *, is_wanted: bool = True) -> None:
        self.stars: list[int] = []
        self.meanings: list[Meaning] = []
        self.keypad = Keypad(self.meanings.append)
        self.session = Session()
        self.survey = Survey(
            self.keypad,
            is_wanted=is_wanted,
            session=lambda: cast("TierSession", self.session),
            on_stars=self.stars.append,
        )

    async def begin(self) -> asyncio.Task[bool]:
        asking = asyncio.create_task(self.survey.ask())
        await self.session.asked.wait()
        await asyncio.sleep(0)
        return asking


async def test_a_key_counts_from_the_moment_at_which_the_question_is_open() -> None:
    asked = Asked()
    asking = asyncio.create_task(asked.survey.ask())
    while not asked.survey.is_open:
        await asyncio.sleep(0)
    asked.keypad.press(4, "4")
    assert await asking
    assert asked.stars == [4]


@pytest.mark.parametrize("key", "12345")
async def test_a_key_is_the_number_of_stars_and_answers_nothing_else(key: str) -> None:
    asked = Asked()
    asking = await asked.begin()
    asked.keypad.press(0, key)
    assert await asking
    assert asked.stars == [int(key)]
    assert asked.meanings == [], "1 and 2 are no yes and no here"
    assert asked.session.said == [QUESTION, THANKS]


@pytest.mark.parametrize("key", "06789#")
async def test_another_key_ends_it_without_stars(key: str) -> None:
    asked = Asked()
    asking = await asked.begin()
    asked.keypad.press(0, key)
    assert await asking
    assert asked.stars == []


async def test_a_number_may_be_said() -> None:
    asked = Asked()
    asking = await asked.begin()
    assert asked.survey.take_turn("Four.")
    assert await asking
    assert asked.stars == [4]


async def test_a_numeral_that_counts_nothing_is_something_else() -> None:
    asked = Asked()
    asking = await asked.begin()
    assert not asked.survey.take_turn("❶")
    assert not await asking
    assert asked.stars == []


async def test_a_goodbye_or_thanks_is_no_answer_and_whoever_wants_more_gets_it() -> None:
    asked = Asked()
    asking = await asked.begin()
    assert asked.survey.take_turn("Okay, bye.")
    assert asked.survey.take_turn("Thank you.")
    assert not asking.done()
    assert not asked.survey.take_turn("Wait, add buy milk.")
    assert not await asking, "the call goes on"
    assert asked.stars == []
    asked.keypad.press(0, "1")
    assert asked.meanings == [Meaning.YES], "keys mean what they meant"


async def test_who_says_nothing_is_let_go_and_nobody_is_asked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.02)
    asked = Asked()
    assert await asked.survey.ask()
    assert await asked.survey.ask()
    assert asked.session.said == [QUESTION]
    await asked.survey.aclose()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("WAIT_SECONDS", 0.02), ("WORDS_SECONDS", 0.1), ("LOOK_SECONDS", 0.01)):
        monkeypatch.setattr(module, name, seconds)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("text", "goes_on", "stars"), [("Wait, add buy milk.", True, []), ("Five.", False, [5])]
)
async def test_who_is_speaking_when_the_wait_is_over_is_heard_out(
    text: str, stars: list[int], *, goes_on: bool
) -> None:
    asked = Asked()
    asked.session.waits_for_turn, asked.session.user_state = True, "speaking"
    asking = await asked.begin()
    await asyncio.wait({asking}, timeout=0.3)
    assert asked.survey.is_open, "the wait was over long ago"
    assert asked.survey.take_turn(text) is not goes_on
    assert await asyncio.wait_for(asking, 5) is not goes_on
    assert asked.stars == stars


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("state", ["listening", "speaking"])
async def test_sound_of_which_no_turn_comes_keeps_nobody_for_ever(
    state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TALK_SECONDS", 0.2)
    asked = Asked()
    asked.session.waits_for_turn, asked.session.user_state = True, state
    assert await asyncio.wait_for(asked.survey.ask(), 5)
    await asked.survey.aclose()


@pytest.mark.usefixtures("quick")
async def test_a_key_that_is_pressed_while_goodbye_is_said_counts() -> None:
    asked = Asked()
    assert await asked.survey.ask()
    asked.keypad.press(1, "1")
    while not asked.stars:
        await asyncio.sleep(0)
    await asked.survey.aclose()
    assert asked.stars == [1]
    assert asked.meanings == []


async def test_stars_of_who_hangs_up_behind_their_key_are_there_before_anything_ends() -> None:
    asked = Asked()
    asking = await asked.begin()
    asked.keypad.press(4, "4")
    await asyncio.sleep(0)  # the room tells that they are gone
    await asyncio.sleep(0)  # the call is over
    await asked.survey.aclose()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert asked.stars == [4]


async def test_a_call_whose_session_ends_before_it_can_ask_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.02)
    asked = Asked()
    asked.session.has_ended = True
    assert await asyncio.wait_for(asked.survey.ask(), 5)
    await asked.survey.aclose()


async def test_nobody_is_asked_where_it_is_not_wanted() -> None:
    asked = Asked(is_wanted=False)
    assert await asked.survey.ask()
    assert asked.session.said == []
    assert not asked.survey.take_turn("Five")


class Goodbyes:
    """A caller whose model hears for itself, has said goodbye, and is asked how it was."""

    def __init__(self, asked: Asked) -> None:
        nothing: Any = SimpleNamespace(open=False, take_turn=lambda _text: None)
        self.replied = 0
        session: Any = SimpleNamespace(keeps_spoken_turns=True, is_broken_off=False, reply=self._reply)

        async def no_wish(_text: str) -> None: ...

        self.turns = TurnTaking(
            cast("Any", SimpleNamespace(open=False, take_turn=no_wish)),
            nothing,
            nothing,
            questions=lambda: nothing,
            session=lambda: session,
            end=lambda _reason: None,
            spawn=lambda work, _name: work.close(),
            survey=lambda: asked.survey,
        )
        self.turns.has_said_goodbye = True

    def _reply(self) -> None:
        self.replied += 1

    def written(self, text: str) -> None:
        self.turns.written(UserInputTranscribedEvent(transcript=text, is_final=True))


@pytest.mark.parametrize("first", ["written", "heard"])
@pytest.mark.parametrize(
    ("text", "stays", "stars"), [("Four.", True, [4]), ("Bye.", True, []), ("Wait, add milk.", False, [])]
)
async def test_only_who_goes_on_with_the_call_takes_their_goodbye_back(
    text: str, stars: list[int], first: str, *, stays: bool
) -> None:
    asked = Asked()
    asking = await asked.begin()
    caller = Goodbyes(asked)
    if first == "written":
        caller.written(text)
    assert caller.turns.awaits_words()
    assert await caller.turns.spoken(text) is stays
    if first == "heard":
        caller.written(text)
    assert caller.turns.has_said_goodbye is stays
    assert not caller.turns.says_goodbye, "nothing of it waits for a model's answer"
    assert asked.stars == stars
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await asked.survey.aclose()


@pytest.mark.parametrize(("text", "stars", "replies"), [("Four.", [4], 0), ("Wait, add milk.", [], 1)])
async def test_words_that_are_written_too_late_for_their_turn_are_an_answer_all_the_same(
    text: str, stars: list[int], replies: int
) -> None:
    asked = Asked()
    asking = await asked.begin()
    caller = Goodbyes(asked)
    assert caller.turns.awaits_words()
    assert await caller.turns.spoken("")
    caller.written(text)
    assert (asked.stars, caller.replied) == (stars, replies)
    assert caller.turns.has_said_goodbye is not bool(replies)
    assert await asking is not bool(replies)
    await asked.survey.aclose()
