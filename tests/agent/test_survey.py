"""How good the call was: asked once by telephone, answered by one key, by a word, or not at all."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from agent import survey as module
from agent.survey import QUESTION, THANKS, Survey
from agent.tier_session import TierSession
from sip.keypad import Keypad, Meaning

pytestmark = pytest.mark.unit


class Session:
    """Says something for a moment."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.asked = asyncio.Event()

    def say(self, text: str, *, owed: bool) -> Any:
        assert not owed, "a survey is owed to nobody"
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


async def test_nobody_is_asked_where_it_is_not_wanted() -> None:
    asked = Asked(is_wanted=False)
    assert await asked.survey.ask()
    assert asked.session.said == []
    assert not asked.survey.take_turn("Five")
