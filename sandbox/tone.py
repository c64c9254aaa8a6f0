"""A voice for load: a quiet tone as long as the words would take, at hardly any cost."""

from collections.abc import AsyncIterator

import numpy as np

_RATE = 22_050
_PIECE_SECONDS = 0.1
# About 150 words a minute, which is how Piper's packaged voice speaks.
_CHARACTERS_A_SECOND = 15


class Tone:
    """Speaks every text as a 220 Hz tone; has the interface of `tiers.local.voice.Voice`."""

    sample_rate = _RATE

    def __init__(self) -> None:
        samples = np.arange(int(_RATE * _PIECE_SECONDS))
        # 22 whole periods a piece, so that pieces join without a click.
        wave = np.sin(2 * np.pi * 220 * samples / _RATE) * 3000
        self._piece = wave.astype("<i2").tobytes()

    async def speak(self, text: str, *, voice: str | None = None) -> AsyncIterator[bytes]:
        """The tone; `voice` makes no difference. Nothing for an empty text."""
        words = text.strip()
        if not words:
            return
        pieces = max(3, round(len(words) / _CHARACTERS_A_SECOND / _PIECE_SECONDS))
        for _ in range(pieces):
            yield self._piece

    async def aclose(self) -> None:
        """Nothing to end."""
