"""Who is back after their line was gone for a moment hears so, and what was answered into the gap."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast

import pytest
from livekit.agents import llm

from agent import persona
from agent.short_gap import ShortGap

pytestmark = pytest.mark.unit


class Ours:
    """Says lines into a list; what happens before the next pause is a test's."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.before_the_pause: Callable[[], None] = lambda: None

    async def quiet(self) -> None:
        self.before_the_pause()

    async def say(self, line: str) -> None:
        self.said.append(line)


class Call:
    """A conversation, and the gap in it."""

    def __init__(self) -> None:
        self.ours = Ours()
        self.history = llm.ChatContext.empty()
        self.gap = ShortGap(cast("Any", self.ours), lambda: self.history)

    def answers(self, text: str, *, after: float = 0.0) -> None:
        self.history.add_message(role="assistant", content=text, created_at=time.time() + after)


@pytest.fixture
def call() -> Call:
    call = Call()
    call.history.add_message(role="user", content="Add a task to buy milk.", created_at=time.time() - 30)
    call.answers("Okay, I added it.", after=-29)
    return call


async def test_what_was_answered_into_the_gap_is_said_again(call: Call) -> None:
    call.gap.lost()
    call.answers("Okay. I've added «wash the car».")
    await call.gap.back()
    assert call.ours.said == [f"{persona.CUT_OFF} Okay. I've added «wash the car»."]


async def test_who_talked_into_the_gap_hears_that_there_was_one(call: Call) -> None:
    call.gap.lost()
    await call.gap.back()
    assert call.ours.said == [persona.CUT_OFF]


async def test_who_is_answered_in_the_same_moment_needs_no_word_of_it(call: Call) -> None:
    call.gap.lost()
    call.ours.before_the_pause = lambda: call.answers("You have two tasks.", after=1.0)
    await call.gap.back()
    assert call.ours.said == []


async def test_who_reloads_the_page_or_is_told_by_other_words_hears_nothing_of_a_gap(call: Call) -> None:
    await call.gap.back()  # they left on purpose: nothing was lost
    call.gap.lost()
    call.gap.forget()
    await call.gap.back()
    assert call.ours.said == []


async def test_a_gap_is_told_of_once(call: Call) -> None:
    call.gap.lost()
    await call.gap.back()
    await call.gap.back()
    assert call.ours.said == [persona.CUT_OFF]
