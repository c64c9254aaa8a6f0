"""Whisper as a session uses it: what it cannot hear is told as a vendor's failure, and the hearing goes on."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from livekit import rtc
from livekit.agents import APIConnectionError, APIConnectOptions
from livekit.agents.stt import STTError

from agent.ring import NOISE_AFTER_SECONDS
from tiers.diagnosis import classify
from tiers.faults import Fault
from tiers.local.ear import LONGEST_SECONDS, Ear, Heard
from tiers.local.ear_model import EarModelError
from tiers.local.resample import Pcm
from tiers.local.stt import WhisperSTT, patience
from tiers.watch import VendorPatience

pytestmark = pytest.mark.unit

ONCE_MORE = APIConnectOptions(max_retry=1, retry_interval=0.01, timeout=10)


class Listening(Ear):
    """An ear that is asked, and hears or fails as it is told."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.asked: list[Pcm] = []

    async def transcribe(self, pcm: Pcm, sample_rate: int = 16_000) -> Heard:
        self.asked.append(pcm)
        if self.error is not None:
            raise self.error
        return Heard("add milk", len(pcm) / sample_rate, 0.0)


def sound(seconds: float, rate: int = 16_000) -> rtc.AudioFrame:
    """Quiet, with one loud sample at its end."""
    samples = round(seconds * rate)
    return rtc.AudioFrame(bytes(2 * samples - 2) + b"\x00\x10", rate, 1, samples)


class Hung(Listening):
    """One whose recognition never ends, until it is asked so often."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    async def transcribe(self, pcm: Pcm, sample_rate: int = 16_000) -> Heard:
        heard = await super().transcribe(pcm, sample_rate)
        if len(self.asked) <= self.times:
            await asyncio.Event().wait()
        return heard


async def test_of_who_talks_on_for_minutes_the_last_part_is_heard() -> None:
    ear = Listening()
    heard = await WhisperSTT(ear).recognize(sound(LONGEST_SECONDS + 30), conn_options=ONCE_MORE)
    assert heard.alternatives[0].text == "add milk"
    (asked,) = ear.asked
    assert len(asked) == LONGEST_SECONDS * 16_000
    assert asked[-1] == 0x1000


@pytest.mark.parametrize(
    "error",
    [EarModelError("no model"), ValueError("odd"), RuntimeError("broken"), ModuleNotFoundError("ears")],
)
async def test_an_ear_that_cannot_hear_is_told_as_a_vendor_that_is_down_and_is_asked_again(
    error: Exception,
) -> None:
    ear = Listening(error)
    whisper = WhisperSTT(ear)
    told: list[STTError] = []
    whisper.on("error", told.append)
    with pytest.raises(APIConnectionError) as raised:
        await whisper.recognize(sound(1.0), conn_options=ONCE_MORE)
    assert classify(raised.value) is Fault.VENDOR_DOWN
    assert [each.recoverable for each in told] == [True, False]
    ear.error = None
    heard = await whisper.recognize(cast("Any", sound(1.0)), conn_options=ONCE_MORE)
    assert heard.alternatives[0].text == "add milk"


async def test_a_recognition_that_hangs_is_told_as_a_vendor_that_is_down_and_the_next_is_heard() -> None:
    soon = APIConnectOptions(max_retry=1, retry_interval=0.01, timeout=0.01)
    ear = Hung(times=1)
    whisper = WhisperSTT(ear)
    told: list[STTError] = []
    whisper.on("error", told.append)
    with pytest.raises(APIConnectionError) as raised:
        async with asyncio.timeout(5):
            await whisper.recognize(sound(0.1), conn_options=soon)
    assert classify(raised.value) is Fault.VENDOR_DOWN
    assert [(classify(each.error), each.recoverable) for each in told] == [(Fault.VENDOR_DOWN, False)]
    assert len(ear.asked) == 1, "asked again it would wait behind what hangs"
    heard = await whisper.recognize(sound(1.0), conn_options=ONCE_MORE)
    assert heard.alternatives[0].text == "add milk"


def test_a_long_utterance_may_take_longer_and_of_a_usual_one_another_ear_can_still_hear_the_sound() -> None:
    usual = VendorPatience().answer
    assert patience(LONGEST_SECONDS, usual) > LONGEST_SECONDS / 4
    assert patience(10.0, usual) < NOISE_AFTER_SECONDS
