"""What a caller has to say: utterances one after the other, cut into frames, silence in between."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from cli.caller.changes import Changes
from cli.caller.sound import Pcm, spoken_part

NOISE_SECONDS = 10


@dataclass
class Playing:
    """One utterance on its way out. Times are those of `time.monotonic()`."""

    pcm: Pcm
    first_word_sample: int
    last_word_sample: int
    sent: int = 0
    began_at: float | None = None
    """When the first word left."""
    ended_at: float | None = None
    """When the last word had left."""


class Utterances:
    """Gives out frames of `frame` samples, and knows when each word left."""

    def __init__(self, changes: Changes, *, rate: int, frame: int, room_noise: float = 0.0) -> None:
        """`room_noise`: root mean square of what is heard while nobody speaks, in sample units; real rooms have some."""
        self._changes = changes
        self._rate, self._frame = rate, frame
        self._waiting: deque[Playing] = deque()
        self._noise = _noise(room_noise, rate)
        self._noise_at = 0
        self._silence = np.zeros(frame, dtype=np.int16)

    def play(self, pcm: Pcm) -> Playing:
        """Begin an utterance now, or after those that still play. Its times tell how far it is."""
        first, last = spoken_part(pcm, self._rate)
        playing = Playing(pcm, first, last)
        self._waiting.append(playing)
        return playing

    def next(self, leaves_at: float) -> Pcm:
        """The frame that leaves at a moment of `time.monotonic()`."""
        return self._in_the_room(self._spoken(leaves_at) if self._waiting else self._silence)

    def _spoken(self, leaves_at: float) -> Pcm:
        playing = self._waiting[0]
        samples = playing.pcm[playing.sent : playing.sent + self._frame]
        end = playing.sent + len(samples)
        if playing.began_at is None and end > playing.first_word_sample:
            playing.began_at = leaves_at + (playing.first_word_sample - playing.sent) / self._rate
            self._changes.notify()
        if playing.ended_at is None and end >= playing.last_word_sample:
            playing.ended_at = leaves_at + (playing.last_word_sample - playing.sent) / self._rate
            self._changes.notify()
        playing.sent = end
        if end >= len(playing.pcm):
            self._waiting.popleft()
            samples = np.pad(samples, (0, self._frame - len(samples)))
        return samples

    def _in_the_room(self, samples: Pcm) -> Pcm:
        if self._noise is None:
            return samples
        self._noise_at = (self._noise_at + self._frame) % (len(self._noise) - self._frame)
        return samples + self._noise[self._noise_at : self._noise_at + self._frame]


def _noise(level: float, rate: int) -> Pcm | None:
    """Ten seconds of it, gone round and round; None for a room without any."""
    if not level:
        return None
    rng = np.random.default_rng(1)
    found: Pcm = rng.normal(0, level, NOISE_SECONDS * rate).astype(np.int16)
    return found
