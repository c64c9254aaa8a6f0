"""An ear is read to its end, and tells when that is."""

from __future__ import annotations

import math
from datetime import date
from typing import Any, cast

import pytest
from livekit import rtc

from tests.tiers.recogniser import Stream
from tiers import speech_to_speech
from tiers.catalogue import STACKS
from tiers.ear import Ear
from tiers.settings import VendorSettings

pytestmark = pytest.mark.unit


FRAME = rtc.AudioFrame.create(16_000, 1, 8_000)


class Heard:
    def __init__(self) -> None:
        self.stream = Stream()
        self.words: list[tuple[str, bool]] = []
        self.ends = 0
        self.failed: list[BaseException] = []
        self.ear = Ear(
            cast("Any", self.stream),
            on_words=lambda text, final: self.words.append((text, final)),
            on_unheard=self._end,
            on_failed=self.failed.append,
        )

    def _end(self) -> None:
        self.ends += 1


async def test_words_are_told_as_they_come() -> None:
    heard = Heard()
    await heard.stream.says("Add a", final=False)
    await heard.stream.says("Add a task.")
    assert heard.words == [("Add a", False), ("Add a task.", True)]
    await heard.ear.aclose()
    assert (heard.ends, heard.failed) == (0, []), "who is closed has not failed"


async def test_it_is_known_how_much_sound_lies_behind_the_last_word() -> None:
    heard = Heard()
    heard.ear.push(FRAME)
    await heard.stream.says("Add a", final=False)
    assert heard.ear.behind == math.inf
    await heard.stream.says("Add a task.", ends=0.4)
    heard.ear.push(FRAME)
    assert heard.ear.behind == pytest.approx(0.6)
    await heard.ear.aclose()


async def test_an_ear_that_fails_says_so_once_and_is_pushed_nothing_more() -> None:
    heard = Heard()
    heard.ear.push(FRAME)
    await heard.stream.fails()
    heard.ear.push(FRAME)
    assert (heard.ends, heard.stream.pushed, heard.ear.is_open) == (1, 1, False)
    assert [type(each).__name__ for each in heard.failed] == ["APIConnectionError"]
    await heard.ear.aclose()


async def test_an_ear_that_is_lost_is_told_in_the_log_without_what_was_sent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    heard = Heard()
    await heard.stream.fails()
    [told] = [record for record in caplog.records if record.name == "tiers.ear"]
    assert (told.message, told.__dict__["error"]) == ("ear.lost", "APIConnectionError")
    assert "is gone" not in str(told.__dict__)
    await heard.ear.aclose()


@pytest.mark.parametrize(
    ("settings", "has_ear"),
    [
        ({"DEEPGRAM_API_KEY": "sandbox"}, True),
        ({"DEEPGRAM_API_KEY": "sandbox", "VOICETASKS_TIERS_EAR_BESIDE": "off"}, False),
        ({"DEEPGRAM_API_KEY": ""}, False),
    ],
)
async def test_speech_to_speech_is_built_with_an_ear_where_one_is_wanted_and_can_be_had(
    settings: dict[str, str], has_ear: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ({"OPENAI_API_KEY": "sandbox"} | settings).items():
        monkeypatch.setenv(name, value)
    made = speech_to_speech.build(
        STACKS["premium"], VendorSettings(), call_id="call", today=date(2026, 11, 28)
    )
    assert (set(made.built), made.end_of_turn.has_words) == ({"stt"} if has_ear else set(), has_ear)
    assert "stt" not in made.parts, "nobody asks whether it is healthy"
    await made.aclose()
