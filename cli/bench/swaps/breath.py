"""A sentence with a breath in it, where nobody could think that the caller is done."""

from __future__ import annotations

from typing import Final

import numpy as np

from cli.caller.sound import MICROPHONE_RATE, Pcm, spoken_part

LEAD_SECONDS: Final = 0.1
"""Silence before the first word."""


def with_breath(before: Pcm, after: Pcm, seconds: float) -> tuple[Pcm, float]:
    """Put a breath of so many seconds between two pieces of speech; gives when it begins, too."""
    first, second = (pcm[slice(*spoken_part(pcm, MICROPHONE_RATE))] for pcm in (before, after))
    sound = np.concatenate([_silence(LEAD_SECONDS), first, _silence(seconds), second])
    return sound, LEAD_SECONDS + len(first) / MICROPHONE_RATE


def _silence(seconds: float) -> Pcm:
    return np.zeros(round(seconds * MICROPHONE_RATE), np.int16)
