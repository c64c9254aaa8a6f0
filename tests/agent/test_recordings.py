"""What is heard where nothing can speak: each sentence of ours that needs a recording has one, of its length."""

from __future__ import annotations

import wave
from importlib.resources import files

import pytest

from agent.sounds.make import TEXTS

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_a_recording_is_there_and_as_long_as_its_sentence(name: str) -> None:
    with (files("agent") / "sounds" / f"{name}.wav").open("rb") as file, wave.open(file) as sound:
        seconds = sound.getnframes() / sound.getframerate()
    assert 0.045 <= seconds / len(TEXTS[name]) <= 0.1, "seconds for each letter"
