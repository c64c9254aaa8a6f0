"""Everything that is said in the room as one stream for the telephone, 20 ms at a time."""

from __future__ import annotations

from typing import Final

import numpy as np

from sandbox.phone_bridge.g711 import Pcm

FRAME: Final = 160
"""Samples in 20 ms at 8 kHz."""
MOST: Final = 10 * FRAME
"""What waits of one voice; older sound is dropped, so that a slow moment does not become a delay."""
CUSHION: Final = 2 * FRAME
"""What a voice has ready before it is begun: it comes in pieces that are not even in time."""


class Mixer:
    """Collects what each voice said and gives it out evenly."""

    def __init__(self) -> None:
        self._voices: dict[str, Pcm] = {}
        self._sounding: set[str] = set()

    def push(self, voice: str, samples: Pcm) -> None:
        """Add what a voice said."""
        kept = np.concatenate([self._voices.get(voice, samples[:0]), samples])
        self._voices[voice] = kept[-MOST:]
        if len(kept) >= CUSHION:
            self._sounding.add(voice)

    def remove(self, voice: str) -> None:
        """A voice is gone."""
        self._voices.pop(voice, None)
        self._sounding.discard(voice)

    def pull(self) -> Pcm:
        """The next 20 ms; silence where nobody speaks."""
        total = np.zeros(FRAME, np.int32)
        for voice in tuple(self._sounding):
            kept = self._voices[voice]
            if len(kept) < FRAME:
                self._sounding.discard(voice)
                continue
            total += kept[:FRAME]
            self._voices[voice] = kept[FRAME:]
        return np.clip(total, -32_768, 32_767).astype(np.int16)
