"""The caller's sound: a voice with breaths where the plan has them, in a room that is not silent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from cli.bench.latency.turns import Wanted
from cli.caller.sound import MICROPHONE_RATE, Pcm, spoken_part
from cli.caller.voices import CachedVoice

LEAD_SECONDS: Final = 0.1
TAIL_SECONDS: Final = 0.1


@dataclass(frozen=True)
class Spoken:
    """A turn as sound."""

    wanted: Wanted
    pcm: Pcm
    breaths: tuple[tuple[float, float], ...] = ()
    """From when to when nothing is said inside, seconds since the first word."""
    ends: tuple[float, ...] = ()
    """When each piece's last word ends, seconds since the first word."""


async def speak(voice: CachedVoice, wanted: Wanted) -> Spoken:
    """Speak the pieces, each with the melody of something that goes on except the last."""
    parts: list[Pcm] = []
    breaths: list[tuple[float, float]] = []
    ends: list[float] = []
    at = 0.0
    for number, piece in enumerate(wanted.pieces):
        goes_on = number < len(wanted.pieces) - 1
        pcm = await voice.speak(f"{piece.rstrip(',.')}," if goes_on else piece)
        pcm = pcm[slice(*spoken_part(pcm, MICROPHONE_RATE))]
        parts.append(pcm)
        at += len(pcm) / MICROPHONE_RATE
        ends.append(at)
        if goes_on:
            breaths.append((at, at + wanted.breath))
            at += wanted.breath
            parts.append(_silence(wanted.breath))
    sound = np.concatenate([_silence(LEAD_SECONDS), *parts, _silence(TAIL_SECONDS)])
    return Spoken(wanted, sound, tuple(breaths), tuple(ends))


def _silence(seconds: float) -> Pcm:
    return np.zeros(round(seconds * MICROPHONE_RATE), np.int16)
