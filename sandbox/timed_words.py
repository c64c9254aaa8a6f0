"""Words of which it is known when they are spoken: a told ear gives them as a streaming recogniser does."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

_LATE_SECONDS = 0.12
"""How far a word's end may lie behind a pause that it is heard before: the times inside a piece are estimates."""


class TimedWords:
    """The words of one turn, given once each. Between two known ends they are spread by their length."""

    def __init__(self, pieces: Sequence[str], ends: Sequence[float], onset: float) -> None:
        self.onset = onset
        self.end = onset + ends[-1]
        self._words: list[tuple[str, float]] = []
        starts = [0.0, *ends]
        for piece, (start, end) in zip(pieces, pairwise(starts), strict=False):
            words = piece.split()
            letters = sum(len(word) + 1 for word in words)
            said = 0
            for word in words:
                said += len(word) + 1
                self._words.append((word, onset + start + (end - start) * said / letters))
        self._given = 0

    @property
    def over(self) -> bool:
        """Whether all were given."""
        return self._given >= len(self._words)

    def heard(self, until: float) -> str:
        """What of those that were not given has been spoken by a moment of the ear's clock."""
        if until >= self.end - _LATE_SECONDS:
            return " ".join(word for word, _ in self._words[self._given :])
        spoken = [word for word, end in self._words[self._given :] if end <= until + _LATE_SECONDS]
        return " ".join(spoken)

    def take(self, until: float) -> str:
        """The same, and they are given by that."""
        text = self.heard(until)
        self._given += len(text.split())
        return text
