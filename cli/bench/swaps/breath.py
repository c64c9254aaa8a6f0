"""A sentence with a breath in it: the pause that its comma has, made as long as people make it."""

from __future__ import annotations

from typing import Final

import numpy as np

from cli.caller.sound import FRAME_SECONDS, MICROPHONE_RATE, QUIET_SHARE, Pcm, levels, spoken_part

_MIDDLE: Final = (0.2, 0.8)
"""The shares of the spoken part between which its breath is looked for."""


def with_breath(pcm: Pcm, seconds: float) -> tuple[Pcm, float]:
    """Make the longest pause in the middle of an utterance last so many seconds; gives where it begins, too."""
    loudness = levels(pcm, MICROPHONE_RATE)
    quiet = loudness < loudness.max() * QUIET_SHARE
    size = round(MICROPHONE_RATE * FRAME_SECONDS)
    begins, ends = (sample / size for sample in spoken_part(pcm, MICROPHONE_RATE))
    first, last = (round(begins + (ends - begins) * share) for share in _MIDDLE)
    begin = first + int(np.argmin(loudness[first:last]))
    length = run = 0
    for frame in range(first, last):
        run = run + 1 if quiet[frame] else 0
        if run > length:
            length, begin = run, frame - run + 1
    more = max(0, round((seconds - length * FRAME_SECONDS) * MICROPHONE_RATE))
    place = (begin + length // 2) * size
    longer = np.concatenate([pcm[:place], np.zeros(more, np.int16), pcm[place:]])
    return longer, begin * FRAME_SECONDS
