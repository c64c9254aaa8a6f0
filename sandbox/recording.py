"""The last stretch of a stream's sound, addressed by the stream's own clock."""

import numpy as np
from numpy.typing import NDArray


class Recording:
    """Sound since some moment of the stream; what nobody will ask for again is let go."""

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._first = 0
        self._pieces: list[NDArray[np.int16]] = []

    def add(self, pcm: NDArray[np.int16]) -> None:
        """The stream goes on with this."""
        self._pieces.append(pcm)

    def between(self, start: float, end: float) -> NDArray[np.int16]:
        """The sound from `start` to `end` in seconds of the stream, as far as it is here."""
        sound = self._joined()
        low, high = (max(0, round(second * self._rate) - self._first) for second in (start, end))
        return sound[low:high].copy()

    def forget_before(self, start: float) -> None:
        """Nobody will ask for sound before `start` again."""
        surplus = round(start * self._rate) - self._first
        if surplus <= 0:
            return
        self._pieces = [self._joined()[surplus:].copy()]
        self._first += surplus

    def _joined(self) -> NDArray[np.int16]:
        if not self._pieces:
            return np.empty(0, np.int16)
        self._pieces = [np.concatenate(self._pieces)]
        return self._pieces[0]
