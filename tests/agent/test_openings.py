"""An answer's first short sentence is heard from what is kept of the voice; everything else goes to the voice as it was."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from livekit import rtc
from livekit.agents.types import USERDATA_TIMED_TRANSCRIPT, TimedString

from agent.claim_words import claims_an_effect
from agent.openings import OPENINGS, Sound, with_opening

pytestmark = pytest.mark.unit

RATE = 24_000
KEPT = {"Okay.": Sound(b"\x01\x00" * (RATE // 4), RATE)}


class Voice:
    """Gives one frame for all that it is to say, with its last word."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.rates: list[int] = []

    async def speak(self, text: AsyncIterable[str], rate: int) -> AsyncIterator[rtc.AudioFrame]:
        self.rates.append(rate)
        self.said.append("".join([piece async for piece in text]))
        frame = rtc.AudioFrame(bytes(2 * RATE // 10), RATE, 1, RATE // 10)
        frame.userdata[USERDATA_TIMED_TRANSCRIPT] = [TimedString("tasks", start_time=1.0, end_time=1.5)]
        yield frame


async def _pieces(*pieces: str) -> AsyncIterator[str]:
    for piece in pieces:
        yield piece


async def _spoken(
    voice: Voice, *pieces: str, is_timed: bool = True
) -> tuple[list[rtc.AudioFrame], list[str]]:
    begun: list[str] = []
    sound = with_opening(_pieces(*pieces), KEPT, voice.speak, begun.append, is_timed=is_timed)
    return [frame async for frame in sound], begun


def _words(frame: rtc.AudioFrame) -> Any:
    return frame.userdata.get(USERDATA_TIMED_TRANSCRIPT)


async def test_a_kept_opening_is_heard_first_and_the_voice_says_the_rest() -> None:
    voice = Voice()
    frames, begun = await _spoken(voice, "Okay. ", "You have ", "three tasks.")
    assert voice.said == ["You have three tasks."]
    assert voice.rates == [RATE], "all of it has one rate"
    assert begun == ["Okay."]
    assert sum(frame.duration for frame in frames[:-1]) == pytest.approx(0.25)
    assert _words(frames[0]) == ["Okay. "]


async def test_words_behind_an_opening_are_due_behind_its_sound() -> None:
    frames, _ = await _spoken(Voice(), "Okay. You have three tasks.")
    (word,) = _words(frames[-1])
    assert (word, word.start_time, word.end_time) == ("tasks", 1.25, 1.75)


async def test_of_a_voice_without_word_times_the_opening_has_none_either() -> None:
    frames, _ = await _spoken(Voice(), "Okay. You have three tasks.", is_timed=False)
    assert not any(_words(frame) for frame in frames[:-1])


async def test_an_opening_that_nobody_has_kept_is_the_voices_to_say_and_is_told_of() -> None:
    voice = Voice()
    _, begun = await _spoken(voice, "Sure. ", "Here it is.")
    assert (voice.said, voice.rates, begun) == (["Sure. Here it is."], [0], ["Sure."])


@pytest.mark.parametrize("text", ["Okay.com is a site.", "Okay, I left it.", "Okayish.", "", "You have one."])
async def test_what_only_looks_like_an_opening_is_none(text: str) -> None:
    voice = Voice()
    _, begun = await _spoken(voice, text)
    assert (voice.said, begun) == ([text], [])


@pytest.mark.parametrize("pieces", [["Okay."], ["Okay. "], ["Okay.", " ", "\n"]])
async def test_behind_an_opening_that_is_all_the_voice_is_asked_for_nothing(pieces: list[str]) -> None:
    voice = Voice()
    frames, _ = await _spoken(voice, *pieces)
    assert frames
    assert not voice.said


@given(
    st.lists(st.sampled_from(["Okay. ", "Ok", "ay", ". ", "Sure. ", "you", " ", "three tasks. "]), max_size=8)
)
async def test_in_whatever_pieces_a_text_comes_no_word_is_lost(pieces: list[str]) -> None:
    voice = Voice()
    frames, _ = await _spoken(voice, *pieces)
    kept = "Okay. " if frames and _words(frames[0]) == ["Okay. "] else ""
    assert (kept + "".join(voice.said)).split() == "".join(pieces).split()


def test_no_opening_says_that_something_was_done() -> None:
    assert not any(claims_an_effect(opening) for opening in OPENINGS)
