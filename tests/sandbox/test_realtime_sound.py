import numpy as np
import pytest

from sandbox.realtime_sound import CHUNK_MS, at_speed, spoken
from sandbox.tone import Tone

pytestmark = pytest.mark.unit

TEXT = "Hello. You have three tasks, and one of them is late."


async def test_words_come_with_the_sound_that_carries_them() -> None:
    chunks = [chunk async for chunk in spoken(Tone(), TEXT, 1.0)]
    assert "".join(words for words, _ in chunks) == TEXT
    assert all(0 < len(sound) <= 24 * CHUNK_MS for _, sound in chunks)
    half = "".join(words for words, _ in chunks[: len(chunks) // 2])
    assert 0 < len(half) < len(TEXT)


@pytest.mark.parametrize("speed", [0.25, 0.5, 0.8, 1.5])
def test_speed_changes_the_length_of_the_sound(speed: float) -> None:
    sound = (np.sin(np.arange(48_000) * 0.05) * 3000).astype(np.int16)
    assert len(at_speed(sound, speed)) == pytest.approx(48_000 / speed, rel=0.02)
