"""By telephone a noise interrupts nobody, though speech over ours silences us as soon as in a browser."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import vad
from numpy.typing import NDArray

from cli.caller.sound import MICROPHONE_RATE, read_wav, resample, through_telephone
from tests.conftest import CHECKOUT
from tiers.turns import INTERRUPTS_AFTER_SECONDS, voice_activity

pytestmark = pytest.mark.unit

Sound = NDArray[np.float64]
CHANCE = np.random.default_rng(1)
EVERY_SECONDS, TIMES = 0.8, 5


def samples(seconds: float) -> int:
    return int(seconds * MICROPHONE_RATE)


def fading(seconds: float, within: float) -> Sound:
    """A sound that is loud at once and dies away."""
    fade: Sound = np.exp(-np.arange(samples(seconds)) / MICROPHONE_RATE / within)
    return fade


def crackle() -> Sound:
    """A bad line."""
    found = np.zeros(samples(0.6))
    found[CHANCE.integers(0, len(found), 40)] = CHANCE.uniform(-20_000, 20_000, 40)
    return found


def slam() -> Sound:
    """A door: low and short."""
    rough = CHANCE.normal(0, 1, samples(0.4))
    low = np.convolve(rough, np.ones(80) / 80, "same") * fading(0.4, 0.08)
    return 20_000 * low / np.abs(low).max()


def keys() -> Sound:
    """Somebody types."""
    found = np.zeros(samples(0.7))
    for at in range(5):
        click = CHANCE.normal(0, 12_000, samples(0.03)) * fading(0.03, 0.006)
        begin = samples(0.13 * at)
        found[begin : begin + len(click)] += click
    return found


def hiss() -> Sound:
    """As loud as speech."""
    return CHANCE.normal(0, 4_000, samples(0.5))


def tone() -> Sound:
    """A key of a telephone, in the sound."""
    at = np.arange(samples(0.25)) / MICROPHONE_RATE
    return 4_000 * (np.sin(2 * np.pi * 770 * at) + np.sin(2 * np.pi * 1336 * at))


async def heard_as_speech(pcm: NDArray[np.int16]) -> float:
    """How long the longest stretch is that the detector takes for speech, in seconds."""
    stream, longest = voice_activity(narrow=True).stream(), 0.0
    piece = samples(0.02)
    for begin in range(0, len(pcm) - piece, piece):
        stream.push_frame(rtc.AudioFrame(pcm[begin : begin + piece].tobytes(), MICROPHONE_RATE, 1, piece))
    stream.end_input()
    async with asyncio.timeout(30):
        async for event in stream:
            if event.type is vad.VADEventType.INFERENCE_DONE and event.speaking:
                longest = max(longest, event.speech_duration)
    await stream.aclose()
    return longest


@pytest.mark.parametrize("noise", [crackle, slam, keys, hiss, tone])
async def test_a_noise_is_no_speech_for_as_long_as_interrupts_us(noise: Callable[[], Sound]) -> None:
    sound = CHANCE.normal(0, 30, samples(EVERY_SECONDS * (TIMES + 1)))
    for number in range(TIMES):
        once, begin = noise(), samples(EVERY_SECONDS * (number + 0.5))
        sound[begin : begin + len(once)] += once
    pcm = np.clip(sound, -32_000, 32_000).astype(np.int16)
    assert await heard_as_speech(through_telephone(pcm, MICROPHONE_RATE)) < INTERRUPTS_AFTER_SECONDS


async def test_a_voice_is_heard_as_speech() -> None:
    pcm, rate = read_wav(CHECKOUT / "agent/sounds/phone_busy.wav")
    spoken = through_telephone(resample(pcm, rate, MICROPHONE_RATE), MICROPHONE_RATE)
    assert await heard_as_speech(spoken) > INTERRUPTS_AFTER_SECONDS
