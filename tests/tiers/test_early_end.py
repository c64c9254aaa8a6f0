"""A detector of speech that need not wait where the words say that a turn is over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from livekit.agents import vad

from tiers.early_end import WINDOW_SECONDS, EarlyEnd, _Stream
from tiers.end_of_turn import NARROW_WAITS, WAITS, EndOfTurn, Waits

pytestmark = pytest.mark.unit

What = vad.VADEventType
START, WITHIN, END = What.START_OF_SPEECH, What.INFERENCE_DONE, What.END_OF_SPEECH
BEGINS_AT, FALLS_TO, WAIT_WINDOWS = 0.5, 0.35, 8
SURE = {"s": 0.9, "b": 0.4, "-": 0.1}


class Silero:
    """livekit's stream as it tells of windows of speech (s), breath (b) and silence (-), with its counts."""

    def __init__(self, windows: str) -> None:
        self._events = self._tell(windows)

    async def __anext__(self) -> vad.VADEvent:
        try:
            return next(self._events)
        except StopIteration:
            raise StopAsyncIteration from None

    def _tell(self, windows: str) -> Iterator[vad.VADEvent]:
        speaking = False
        speech = silence = whole = 0.0
        for at, window in enumerate(windows):
            whole += WINDOW_SECONDS if speaking else 0.0
            counts = {"raw_accumulated_speech": speech, "raw_accumulated_silence": silence}
            yield self._event(WITHIN, at, whole, speaking, probability=SURE[window], **counts)
            if SURE[window] > (FALLS_TO if speaking else BEGINS_AT):
                speech, silence = speech + WINDOW_SECONDS, 0.0
                if not speaking and speech >= 0.05:
                    speaking, whole = True, speech
                    yield self._event(START, at, whole, True)
            else:
                speech, silence = 0.0, silence + WINDOW_SECONDS
                if speaking and silence >= WAIT_WINDOWS * WINDOW_SECONDS:
                    speaking = False
                    yield self._event(END, at, whole - silence, False)
                    whole = 0.0

    def _event(self, what: What, at: int, speech: float, speaking: bool, **more: float) -> vad.VADEvent:
        fields: dict[str, Any] = {"silence_duration": 0.0, "speech_duration": speech, "speaking": speaking}
        return vad.VADEvent(
            type=what, samples_index=512 * at, timestamp=at * WINDOW_SECONDS, **fields, **more
        )


def _detector(
    words: str = "Buy milk.", *, waits: Waits = WAITS, asked: bool = False, behind: float = 0.2
) -> EndOfTurn:
    """`behind`: seconds of sound behind the last word."""
    detector = EndOfTurn(has_words=True, overheard=True, waits=waits)
    detector.is_asked = lambda: asked
    detector.behind = lambda: behind
    if words:
        detector.heard(words, final=True)
    return detector


async def _told(windows: str, detector: EndOfTurn) -> list[vad.VADEvent]:
    stream = _Stream(Silero(windows), detector, BEGINS_AT, FALLS_TO)  # type: ignore[arg-type]
    return [event async for event in stream]


def _changes(events: Iterable[vad.VADEvent]) -> list[tuple[What, int]]:
    """What began or ended in which window."""
    return [(event.type, event.samples_index // 512) for event in events if event.type is not WITHIN]


async def test_speech_ends_as_soon_as_its_words_are_whole_and_is_told_of_once() -> None:
    assert _changes(await _told("sssss" + "-" * 12, _detector())) == [(START, 1), (END, 9)]


@pytest.mark.parametrize(
    "told",
    [
        pytest.param({"words": "Add a task to"}, id="words that lead on"),
        pytest.param({"words": "My name is A, B"}, id="letters"),
        pytest.param({"words": ""}, id="nothing written yet"),
        pytest.param({"asked": True}, id="an answer to our question"),
        pytest.param({"behind": 0.5}, id="one word more is not written yet"),
    ],
)
async def test_everything_else_has_the_detectors_whole_wait(told: dict[str, Any]) -> None:
    assert _changes(await _told("sssss" + "-" * 12, _detector(**told))) == [(START, 1), (END, 12)]


async def test_a_telephone_has_a_little_longer() -> None:
    told = await _told("sssss" + "-" * 12, _detector(waits=NARROW_WAITS))
    assert _changes(told) == [(START, 1), (END, 10)]


async def test_sound_that_was_not_judged_yet_may_be_what_the_words_are_of() -> None:
    stream = _Stream(Silero("sssss" + "-" * 12), _detector(), BEGINS_AT, FALLS_TO)  # type: ignore[arg-type]
    stream._pushed = 5.0
    assert _changes([event async for event in stream]) == [(START, 1), (END, 12)]


async def test_a_breath_behind_an_early_end_is_no_speech() -> None:
    assert _changes(await _told("sssss-----bbb" + "-" * 12, _detector())) == [(START, 1), (END, 9)]


async def test_a_stop_inside_a_word_is_no_end() -> None:
    assert _changes(await _told("sssss----sssss" + "-" * 12, _detector())) == [(START, 1), (END, 18)]


async def test_who_speaks_on_behind_an_early_end_begins_to_speak() -> None:
    events = await _told("sssss------sssss" + "-" * 12, _detector())
    assert _changes(events) == [(START, 1), (END, 9), (START, 12), (END, 20)]
    between = [each for each in events if each.type is WITHIN and 10 <= each.samples_index // 512 < 12]
    assert not any(each.speaking or each.speech_duration for each in between)


async def test_speech_behind_an_early_end_is_not_older_than_it_is() -> None:
    events = await _told("s" * 30 + "------sssss" + "-" * 12, _detector())
    again = [each.speech_duration for each in events if each.samples_index // 512 > 37 and each.speaking]
    assert again
    assert max(again) <= 10 * WINDOW_SECONDS


async def test_livekit_takes_it_for_its_own_detector() -> None:
    detector = EarlyEnd(_detector(), activation_threshold=0.5, min_silence_duration=0.25)
    stream = detector.stream()
    stream.flush()
    stream.end_input()
    assert [event async for event in stream] == []
    await stream.aclose()
    assert detector.min_silence_duration == 0.25


async def test_each_silence_is_told_of_when_it_begins_be_it_within_speech() -> None:
    detector, fell = _detector(""), list[str]()
    detector.on_quiet = lambda: fell.append("quiet")
    await _told("sss--sss--", detector)
    assert len(fell) == 2
    assert detector.is_quiet
