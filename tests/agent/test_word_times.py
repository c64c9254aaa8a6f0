"""A voice announces its words ahead of their sound: each is given once, with the sound that it is in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator

import pytest
from livekit import rtc
from livekit.agents import APIError
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT, TimedString

from agent.voices import speaking

pytestmark = pytest.mark.unit

RATE = 24_000
TENTH = RATE // 10


async def text_of(*pieces: str) -> AsyncIterator[str]:
    for piece in pieces:
        yield piece


async def spoken(words: list[str], seconds_each: float) -> list[list[str]]:
    """What is given with each tenth of a second of a voice that announces all words with its first one."""

    async def say(_text: AsyncIterable[str]) -> AsyncIterator[rtc.AudioFrame]:
        for number in range(round(len(words) * seconds_each * 10)):
            frame = rtc.AudioFrame(bytes(2 * TENTH), RATE, 1, TENTH)
            if number == 0:
                frame.userdata[USERDATA_TIMED_TRANSCRIPT] = [
                    TimedString(word, start_time=place * seconds_each) for place, word in enumerate(words)
                ]
            yield frame

    async def no_other(*_: object) -> bool:
        return False

    sound = speaking(
        text_of("".join(words)),
        say,
        is_timed=lambda: True,
        patience=lambda: 5.0,
        trouble=lambda: None,
        another_voice=no_other,
    )
    return [
        [str(word) for word in frame.userdata.get(USERDATA_TIMED_TRANSCRIPT, [])] async for frame in sound
    ]


async def test_a_word_that_comes_twice_is_given_twice() -> None:
    words = ["Water ", "the ", "plants ", "and ", "the ", "roses."]
    given = await spoken(words, 0.3)
    assert [word for each in given for word in each] == words


async def test_a_word_is_given_with_its_sound_and_not_before() -> None:
    given = await spoken(["Wash ", "the ", "car."], 0.5)
    places = [place for place, each in enumerate(given) for _ in each]
    assert len(places) == 3
    assert all(place >= 5 * number for number, place in enumerate(places))


async def test_a_voice_without_word_times_behind_one_with_them_tells_all_that_it_says() -> None:
    """Its first frame comes when only a part of the text is there."""
    more = asyncio.Event()

    async def text() -> AsyncIterator[str]:
        yield "You have "
        await more.wait()
        yield "three tasks."

    async def say(words: AsyncIterable[str]) -> AsyncIterator[rtc.AudioFrame]:
        if voices.pop() == "dead":
            raise APIError("gone", retryable=False)
        async for _ in words:
            for _ in range(10):
                yield rtc.AudioFrame(bytes(2 * TENTH), RATE, 1, TENTH)
            more.set()

    async def another(*_: object) -> bool:
        return True

    voices = ["without times", "dead"]
    sound = speaking(
        text(),
        say,
        announced=True,
        is_timed=lambda: len(voices) == 2,
        patience=lambda: 5.0,
        trouble=lambda: None,
        another_voice=another,
    )
    given = [str(word) async for frame in sound for word in frame.userdata.get(USERDATA_TIMED_TRANSCRIPT, [])]
    assert given == ["You have ", "three tasks."]


async def test_an_error_that_a_voice_reported_before_is_not_blamed_on_what_it_says_now() -> None:
    troubles: list[APIError | None] = [APIError("too many at once", retryable=True)]

    async def say(words: AsyncIterable[str]) -> AsyncIterator[rtc.AudioFrame]:
        async for _ in words:
            yield rtc.AudioFrame(bytes(2 * RATE), RATE, 1, RATE)

    async def another(*_: object) -> bool:
        raise AssertionError("it has not failed")

    sound = speaking(
        text_of("Good."),
        say,
        is_timed=lambda: False,
        patience=lambda: 5.0,
        trouble=lambda: troubles.pop() if troubles else None,
        another_voice=another,
    )
    assert [frame async for frame in sound]
