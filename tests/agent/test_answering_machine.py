"""A machine talks on or beeps; a person says a word and waits."""

from __future__ import annotations

import numpy as np
import pytest

from agent.answering_machine import FRAME_SECONDS, RATE, MachineDetector
from cli.caller.voices import Quality, VoiceName, make_voice

pytestmark = pytest.mark.unit

FRAME = round(RATE * FRAME_SECONDS)
GREETING = (
    "Hi, you have reached Ann. I can't come to the phone right now, so please leave a message after the tone."
)
SCREENER = "Hello, the person you are calling is using a screening service. Please say your name and why you are calling."


def silence(seconds: float) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 30, round(RATE * seconds))


def tone(seconds: float, hertz: float = 1000.0) -> np.ndarray:
    return 8000 * np.sin(2 * np.pi * hertz * np.arange(round(RATE * seconds)) / RATE)


async def spoken(*texts: str, pause: float = 1.0) -> np.ndarray:
    voice = make_voice(VoiceName.PIPER, Quality.PHONE)
    try:
        parts = []
        for each in texts:
            parts += [(await voice.speak(each))[::3].astype(np.float64), silence(pause)]  # 24 kHz to 8
        return np.concatenate(parts)
    finally:
        await voice.aclose()


def hears(sound: np.ndarray) -> bool:
    detector = MachineDetector()
    for start in range(0, len(sound) - FRAME, FRAME):
        detector.push(sound[start : start + FRAME].astype(np.int16))
    return detector.is_machine


@pytest.mark.parametrize(
    "texts", [("Hello?",), ("Ann Miller speaking.",), ("Yes?", "Hello?", "Who is there?")]
)
async def test_a_person_is_none(texts: tuple[str, ...]) -> None:
    assert not hears(await spoken(*texts))


@pytest.mark.parametrize("greeting", [GREETING, SCREENER])
async def test_a_greeting_that_goes_on_is_one(greeting: str) -> None:
    assert hears(await spoken(greeting))


def test_a_beep_is_one_and_silence_and_noise_are_none() -> None:
    assert hears(np.concatenate([silence(1), tone(0.5), silence(1)]))
    assert not hears(np.concatenate([silence(1), tone(0.1), silence(1)])), "a key's sound is shorter"
    assert not hears(silence(20))
    assert not hears(np.random.default_rng(2).normal(0, 2000, RATE))
