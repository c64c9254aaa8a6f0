"""Whisper without the 30-second window: a patch of faster-whisper, held to one version by a test.

Whisper pads whatever it hears to 30 s and encodes all of that. Padding a short utterance to 15 s encodes in a third
of the time with the same words; as little as 5 s makes the decoder loop. faster-whisper has no setting for it
(`chunk_length` does not do it), so `pad_or_trim`, as its transcribe module sees it, is replaced.
The replacement looks only at what it is given, so it needs no lock.
"""

import math
from typing import Any

PINNED_VERSION = "1.2.1"
"""The faster-whisper this patch was read against; the contract test fails on any other."""

FRAMES_PER_SECOND = 100
LONGEST_FRAMES = 3000
SHORTEST_FRAMES = 1500


def padded_frames(frames: int) -> int:
    """To how many mel frames an utterance of so many is padded: its seconds and one, at least 15 s, at most 30 s."""
    seconds = math.ceil(frames / FRAMES_PER_SECOND + 1)
    return min(LONGEST_FRAMES, max(SHORTEST_FRAMES, FRAMES_PER_SECOND * seconds))


def pad_short(array: Any, length: int = LONGEST_FRAMES, *, axis: int = -1) -> Any:
    """Stands in for `faster_whisper.audio.pad_or_trim`, which always pads to `length`."""
    from faster_whisper.audio import pad_or_trim

    return pad_or_trim(array, min(length, padded_frames(array.shape[axis])), axis=axis)


def install() -> None:
    """Put the replacement in place; doing it twice is the same as once."""
    from faster_whisper import transcribe

    transcribe.pad_or_trim = pad_short
