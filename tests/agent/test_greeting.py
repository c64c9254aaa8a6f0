"""What a call says first: a reminder that was talked into is told in the next pause, and counts when it was heard."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, cast

import pytest
from livekit.agents import llm

from agent import persona
from agent.background import Background
from agent.greeting import Greeting
from agent.reminder import Opening

pytestmark = pytest.mark.unit

LINE = "You asked me to call you about this: water the tomatoes."


class Spoken:
    """A line of ours that is over: so much of it was heard."""

    is_verbatim = is_aloud = True

    def __init__(self, heard: str, *, interrupted: bool) -> None:
        self.interrupted = interrupted
        self.chat_items = [llm.ChatMessage(role="assistant", content=[heard])]

    def exception(self) -> None:
        return None

    async def wait_until(self, heard: Callable[[], bool]) -> None:
        heard()

    async def wait_for_playout(self) -> None: ...


class Ours:
    """Whoever serves: says lines, of which only the first `interrupted` are talked into."""

    def __init__(self, *, interrupted: int) -> None:
        self._interrupted = interrupted
        self.said: list[str] = []
        self.pauses = 0

    async def quiet(self) -> None:
        self.pauses += 1

    async def say_followed(self, line: str) -> Spoken:
        self.said.append(line)
        cut = len(self.said) <= self._interrupted
        return Spoken(line[:20] if cut else line, interrupted=cut)


class Consent:
    def greeting(self, _channel: str) -> str:
        return "Hello."

    async def open_after(self, *_: object, **__: object) -> None: ...


async def greets(ours: Ours, *, fits: bool = True) -> int:
    """Greet; gives how often the reminder counted as told."""
    told = 0

    async def on_heard() -> None:
        nonlocal told
        told += 1

    log = logging.getLogger("tests.greeting")
    work = Background(log, "failed")
    greeting = Greeting(
        cast("Any", Consent()),
        cast("Any", ours),
        channel="phone",
        turn=lambda: 0,
        promised=work,
        rest=work,
        fits=lambda: fits,
    )
    greeting.opening = Opening(LINE, on_heard)
    assert greeting.once_more == f"{LINE} {persona.greeting('phone')}"
    await greeting.say(None)
    async with asyncio.timeout(5):
        while under_way := list(work):
            await asyncio.gather(*under_way)
    return told


async def test_a_reminder_that_was_heard_is_told_once() -> None:
    ours = Ours(interrupted=0)
    assert await greets(ours) == 1
    assert (ours.said, ours.pauses) == ([f"{LINE} Hello."], 0)


async def test_one_that_was_talked_into_is_told_in_the_next_pause_and_counts_then() -> None:
    ours = Ours(interrupted=1)
    assert await greets(ours) == 1
    assert (ours.said, ours.pauses) == ([f"{LINE} Hello.", LINE], 1)


async def test_one_that_is_talked_into_again_was_not_told_and_is_tried_another_time() -> None:
    ours = Ours(interrupted=2)
    assert await greets(ours) == 0
    assert len(ours.said) == 2


async def test_it_is_not_told_to_who_wants_no_more_calls_or_is_asked_something() -> None:
    ours = Ours(interrupted=1)
    assert await greets(ours, fits=False) == 0
    assert len(ours.said) == 1
