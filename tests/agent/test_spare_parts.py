"""How long a language model may be silent, over all the requests that a caller gave up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit.agents import APITimeoutError

from agent.kept_sounds import VoiceOpenings
from agent.spare_parts import SpareParts
from agent.turn_marks import TurnMarks

pytestmark = pytest.mark.unit

PATIENCE = 0.8


@pytest.fixture
def parts() -> SpareParts:
    watch = cast("Any", SimpleNamespace(thought_patience=PATIENCE, worked=lambda _part: None))
    return SpareParts(watch, lambda: False, TurnMarks("c1"), VoiceOpenings(None, lambda: None))


async def silence() -> AsyncIterator[str]:
    await asyncio.Event().wait()
    yield "never"


async def after(seconds: float) -> AsyncIterator[str]:
    await asyncio.sleep(seconds)
    yield "All is well."


async def given_up(parts: SpareParts, seconds: float) -> None:
    """The caller says it again after so many seconds without an answer."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(seconds):
            await anext(aiter(parts.thoughts(silence())))


async def seconds_until_left(parts: SpareParts) -> float:
    began = time.monotonic()
    with pytest.raises(APITimeoutError):
        await anext(aiter(parts.thoughts(silence())))
    return time.monotonic() - began


async def test_a_silent_model_is_left_though_its_caller_says_it_again_each_time(parts: SpareParts) -> None:
    await given_up(parts, 0.75 * PATIENCE)
    assert await seconds_until_left(parts) < 0.75 * PATIENCE


async def test_requests_that_are_given_up_at_once_say_nothing_about_a_model(parts: SpareParts) -> None:
    for _ in range(5):
        await given_up(parts, 0.2 * PATIENCE)
    assert await seconds_until_left(parts) >= PATIENCE


@pytest.mark.parametrize("sign", ["an answer", "another model"])
async def test_a_sign_of_life_and_another_model_have_all_the_patience_again(
    parts: SpareParts, sign: str
) -> None:
    await given_up(parts, 0.75 * PATIENCE)
    if sign == "an answer":
        assert [piece async for piece in parts.thoughts(after(0.0))] == ["All is well."]
    else:
        parts.changed()
    assert await seconds_until_left(parts) >= PATIENCE


async def test_each_piece_of_a_voices_sound_ends_what_covers_the_gap_before_it(parts: SpareParts) -> None:
    """A voice that takes another's place in mid-sentence begins no new speech: nothing else would tell of it."""
    ended: list[str] = []

    async def voice() -> AsyncIterator[str]:
        yield "before the failure"
        ended.append("failure")
        yield "behind it"

    parts.on_sound = lambda: ended.append("sound")
    assert [piece async for piece in parts.sounds(voice())] == ["before the failure", "behind it"]
    assert ended == ["sound", "failure", "sound"]
