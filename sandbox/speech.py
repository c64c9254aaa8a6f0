"""What the stand-ins need from a speech engine; `tiers/local/` has the real ones."""

from collections.abc import AsyncIterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class HeardWords(Protocol):
    """What an ear made of some speech: empty text when it was none."""

    @property
    def text(self) -> str:
        """The words, with the ear's punctuation."""

    @property
    def seconds(self) -> float:
        """How much audio was listened to."""

    @property
    def no_speech(self) -> float:
        """The probability, 0 to 1, that nobody spoke."""


class Hears(Protocol):
    """An ear: speech to text, one utterance at a time."""

    async def transcribe(self, pcm: NDArray[np.int16], sample_rate: int = 16_000) -> HeardWords:
        """The words in `pcm` (mono)."""


class Speaks(Protocol):
    """A voice: text to speech, pcm16 mono at `sample_rate`."""

    @property
    def sample_rate(self) -> int:
        """Samples a second."""

    def speak(self, text: str, *, voice: str | None = None) -> AsyncIterator[bytes]:
        """The sound, in pieces, as soon as each is there. Closing the iterator stops it."""

    async def aclose(self) -> None:
        """End the engine and its process."""
