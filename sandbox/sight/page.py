"""A picture's text as it lies on the page: pieces of lines with their place, in the picture's pixels."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

SURE = 60.0
"""From this confidence on, in per cent, a word counts as read."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: left, top, right, bottom."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """How far down its middle is."""
        return (self.top + self.bottom) / 2

    def around(self, other: Box) -> Box:
        """Give the smallest box that holds both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def distance(self, x: float, y: float) -> float:
        """How far a point is outside, going down or up counted double: lines are long and close to each other."""
        across = max(self.left - x, 0.0, x - self.right)
        down = max(self.top - y, 0.0, y - self.bottom)
        return across + 2 * down


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it was read, with how sure that is, 0 to 100."""

    text: str
    box: Box
    confidence: float


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that stand together in one line."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The words with a space between them."""
        return " ".join(word.text for word in self.words)

    @property
    def box(self) -> Box:
        """Where all of it is."""
        box = self.words[0].box
        for word in self.words[1:]:
            box = box.around(word.box)
        return box

    @property
    def size(self) -> float:
        """How large the type is: the height of its tallest words, pixels."""
        heights = sorted(word.box.height for word in self.words)
        return float(heights[(3 * len(heights)) // 4]) if len(heights) > 1 else float(heights[0])

    @property
    def confidence(self) -> float:
        """How sure the least sure of its longer words is."""
        sure = [word.confidence for word in self.words if sum(map(str.isalnum, word.text)) > 1]
        return min(sure, default=0.0)


@dataclass(frozen=True, slots=True)
class Page:
    """All that was read of a picture."""

    width: int
    height: int
    pieces: tuple[Piece, ...]


def pieces_of(words: list[Word]) -> tuple[Piece, ...]:
    """Put words together that stand in one line with no more between them than a wide space; from the top down."""
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda each: (each.box.middle, each.box.left)):
        line = next((line for line in reversed(lines) if _same_line(line[-1], word)), None)
        if line is None:
            lines.append([word])
        else:
            line.append(word)
    pieces: list[Piece] = []
    for line in lines:
        line.sort(key=lambda each: each.box.left)
        piece = [line[0]]
        for before, word in itertools.pairwise(line):
            if word.box.left - before.box.right > max(12.0, 1.1 * max(before.box.height, word.box.height)):
                pieces.append(Piece(tuple(piece)))
                piece = []
            piece.append(word)
        pieces.append(Piece(tuple(piece)))
    return tuple(sorted(pieces, key=lambda piece: (piece.box.top, piece.box.left)))


def _same_line(one: Word, other: Word) -> bool:
    overlap = min(one.box.bottom, other.box.bottom) - max(one.box.top, other.box.top)
    return overlap > 0.4 * min(one.box.height, other.box.height)
