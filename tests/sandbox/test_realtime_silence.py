"""A client that ends turns itself commits long silences; the ear gets the speech alone."""

import numpy as np
import pytest

from sandbox.realtime_turns import only_speech
from tiers.local.resample import resample
from tiers.local.speech import SAMPLE_RATE
from tiers.local.voice import Voice

pytestmark = pytest.mark.system


async def test_the_silence_around_a_turn_is_left_out() -> None:
    voice = Voice()
    try:
        sound = b"".join([chunk async for chunk in voice.speak("What is on my list?")])
    finally:
        await voice.aclose()
    speech = resample(np.frombuffer(sound, np.int16), voice.sample_rate, SAMPLE_RATE)
    silence = np.zeros(6 * SAMPLE_RATE, np.int16)
    kept = only_speech(np.concatenate([silence, speech, silence]))
    assert 0.6 * len(speech) <= len(kept) <= len(speech) + SAMPLE_RATE


def test_sound_without_speech_is_left_as_it_is() -> None:
    silence = np.zeros(SAMPLE_RATE, np.int16)
    assert len(only_speech(silence)) == len(silence)
