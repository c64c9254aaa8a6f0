from collections.abc import AsyncIterator

import numpy as np
import pytest

from tiers.local.resample import resample
from tiers.local.voice import Voice


@pytest.fixture
async def voice() -> AsyncIterator[Voice]:
    voice = Voice()
    yield voice
    await voice.aclose()


@pytest.fixture
async def sentence(voice: Voice) -> np.ndarray:
    """«Add a task to review the proposal by Friday.» at 16 kHz, with silence around."""
    text = "Add a task to review the proposal by Friday."
    sound = b"".join([piece async for piece in voice.speak(text)])
    words = resample(np.frombuffer(sound, np.int16), voice.sample_rate, 16_000)
    silence = np.zeros(4_800, np.int16)
    return np.concatenate([silence, words, silence])
