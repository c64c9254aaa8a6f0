"""A line of ours that a swap cuts in two is one line: its question is open, and its reminder told, when both were heard."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from livekit.agents import llm
from livekit.agents.voice import SpeechHandle

from agent.consent import ConsentQuestion
from agent.followed import Followed
from agent.owed import Leftover, Owed, OwnLine, joined
from agent.reminder import Opening

pytestmark = pytest.mark.unit

LINE = "You asked me to call you about this: call mum."


class Undecided:
    """A transcript that nobody has been asked about."""

    consent: bool | None = None
    days = 30


class Session:
    """What a session owes, and the line that it says."""

    def __init__(self, *, verbatim: bool = True) -> None:
        self.closing = False
        self.owed = Owed(is_closing=lambda: self.closing)
        self.verbatim = verbatim
        self.speech = SpeechHandle.create()

    def says(self, text: str, *followed: Followed) -> None:
        self.speech = SpeechHandle.create()
        self.owed.line(self.speech, OwnLine(text, followed))
        for each in followed:
            each.said_by(self.speech, verbatim=self.verbatim, aloud=True)

    async def is_heard(self, text: str, *, interrupted: bool = False) -> None:
        """The line ends: so much of it was heard."""
        if interrupted:
            self.speech.interrupt()
        if text:
            self.speech._item_added([llm.ChatMessage(role="assistant", content=[text])])
        self.speech._mark_done()
        await settled()

    async def is_left(self, heard: str) -> Leftover:
        """A swap cuts the line."""
        lines, self.owed.is_left = self.owed.lines(), True
        await self.is_heard(heard, interrupted=True)
        return self.owed.left(llm.ChatContext.empty(), heard, lines=lines)


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class Greeted:
    """A greeting that asks and reminds, and who waits to have it heard."""

    def __init__(self) -> None:
        transcript: Any = Undecided()
        self.consent = ConsentQuestion(transcript)
        self.text = f"{LINE} {self.consent.greeting('phone')}"
        self.followed = Followed()
        self.told = False
        self._waits = [asyncio.ensure_future(self._consent()), asyncio.ensure_future(self._opening())]

    async def _consent(self) -> None:
        await self.followed.wait_for_playout()
        await self.consent.open_after(self.followed, verbatim=self.followed.is_verbatim)

    async def _opening(self) -> None:
        async def heard() -> None:
            self.told = True

        await self.followed.wait_for_playout()
        await Opening(LINE, heard).heard_in(self.followed, verbatim=self.followed.is_verbatim)

    def part(self, words: int) -> tuple[str, str]:
        """The greeting, cut behind so many words."""
        pieces = self.text.split()
        return " ".join(pieces[:words]), " ".join(pieces[words:])

    async def cut(self, heard: str, *, verbatim: bool = True) -> Leftover:
        """The first session says it, and is left when so much was heard."""
        first = Session(verbatim=verbatim)
        first.says(self.text, self.followed)
        left = await first.is_left(heard)
        await settled()
        return left

    @property
    def is_over(self) -> bool:
        return all(each.done() for each in self._waits)


@pytest.fixture
async def greeted() -> Any:
    greeted = Greeted()
    yield greeted
    for each in greeted._waits:
        each.cancel()
    await asyncio.gather(*greeted._waits, return_exceptions=True)


@pytest.mark.parametrize("words", [0, 4, 20])
@pytest.mark.parametrize("verbatim", [True, False])
async def test_a_question_whose_rest_the_successor_says_is_open_when_that_was_heard(
    greeted: Greeted, words: int, *, verbatim: bool
) -> None:
    heard, rest = greeted.part(words)
    left = await greeted.cut(heard, verbatim=verbatim)
    assert (left.rest, greeted.is_over) == (rest, False)
    second = Session()
    second.says(left.rest, *left.followed)
    assert not greeted.consent.open
    await second.is_heard(rest)
    assert greeted.consent.open
    assert greeted.told


async def test_of_a_rest_that_the_caller_breaks_off_it_counts_how_far_it_came(greeted: Greeted) -> None:
    heard, rest = greeted.part(4)
    left = await greeted.cut(heard)
    second = Session()
    second.says(left.rest, *left.followed)
    await second.is_heard(" ".join(rest.split()[:10]), interrupted=True)
    assert greeted.is_over
    assert greeted.told, "the reminder was heard, in two parts"
    assert not greeted.consent.open


async def test_a_rest_that_is_put_in_other_words_asks_nothing(greeted: Greeted) -> None:
    left = await greeted.cut(greeted.part(20)[0])
    second = Session(verbatim=False)
    second.says(left.rest, *left.followed)
    await second.is_heard("and so on")
    assert greeted.is_over
    assert not greeted.consent.open


async def test_where_next_to_nothing_is_left_to_say_all_was_said(greeted: Greeted) -> None:
    left = await greeted.cut(greeted.part(-1)[0])
    assert (left.rest, left.followed) == ("", ())
    assert greeted.consent.open
    assert greeted.told


async def test_a_rest_is_followed_through_every_session_that_is_left_before_it_is_said(
    greeted: Greeted,
) -> None:
    heard, rest = greeted.part(4)
    never_began = Leftover(llm.ChatContext.empty()).after(await greeted.cut(heard))
    second, third = Session(), Session()
    second.says(never_began.rest, *never_began.followed)
    left = await second.is_left(" ".join(rest.split()[:5]))
    third.says(left.rest, *left.followed)
    await third.is_heard(left.rest)
    assert greeted.consent.open


async def test_a_line_whose_voice_failed_is_open_when_it_was_said_once_more(greeted: Greeted) -> None:
    session = Session()
    session.says(greeted.text, greeted.followed)
    await session.is_heard("")
    assert not greeted.is_over
    text, followed = joined(session.owed.forget_failed())
    session.says(text, *followed)
    await session.is_heard(text)
    assert greeted.consent.open


async def test_a_line_that_a_session_cuts_off_as_it_ends_by_itself_is_said_by_its_successor(
    greeted: Greeted,
) -> None:
    heard, rest = greeted.part(4)
    first, second = Session(), Session()
    first.says(greeted.text, greeted.followed)
    first.closing = True
    await first.is_heard(heard, interrupted=True)
    assert not greeted.is_over
    left = first.owed.left(llm.ChatContext.empty(), heard, lines=first.owed.lines())
    assert left.rest == rest
    second.says(left.rest, *left.followed)
    await second.is_heard(rest)
    assert greeted.consent.open


async def test_a_line_that_was_heard_to_its_end_is_over_also_where_its_session_is_ending(
    greeted: Greeted,
) -> None:
    session = Session()
    session.says(greeted.text, greeted.followed)
    session.closing = True
    await session.is_heard(greeted.text)
    assert greeted.consent.open
    assert session.owed.lines() == []
