"""The dates of a page, each with what the labels beside, above and before it make of it."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.sight.dates import Role, When, dates_in, label_role
from sandbox.sight.labels import chat_name
from sandbox.sight.page import Page, Piece

_BESIDE = 420
"""Pixels between a label and its value at most."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A date on a page."""

    piece: Piece
    when: When
    role: Role

    @property
    def is_sure(self) -> bool:
        """Whether its words were read for sure: digits that are guessed at make another date."""
        return self.piece.confidence >= 60


def dates_of(page: Page, hidden: set[int]) -> list[Dated]:
    """Every date of a page that is not hidden."""
    found: list[Dated] = []
    for number, piece in enumerate(page.pieces):
        if number in hidden:
            continue
        for when in dates_in(piece.text):
            # «Today» and «Friday» without more are a button or a heading of a calendar.
            if when.role == "due" or any(map(str.isdigit, when.words)):
                found.append(Dated(piece, when, when.role or _role(page, piece, when)))
    return found


def row_of(page: Page, piece: Piece) -> list[Piece]:
    """The other pieces of a piece's row, from left to right."""
    row = [
        other
        for other in page.pieces
        if other is not piece
        and abs(other.box.middle - piece.box.middle) < 0.7 * max(other.box.height, piece.box.height)
    ]
    return sorted(row, key=lambda other: other.box.left)


def above(page: Page, piece: Piece, *, within: float, aside: int = 25) -> Piece | None:
    """The nearest piece above that begins at the same place, give or take, no more than `within` pixels away."""
    over = [
        other
        for other in page.pieces
        if other is not piece
        and abs(other.box.left - piece.box.left) <= aside
        and piece.box.top - other.box.top > 0
        and piece.box.top - other.box.bottom <= within
    ]
    return max(over, key=lambda other: other.box.top, default=None)


def _role(page: Page, piece: Piece, when: When) -> Role:
    alone = len(when.words.split()) >= len(piece.text.split()) - 1
    row = row_of(page, piece)
    if any("@" in other.text or chat_name(other.text) for other in [piece, *row]):
        return "stamp"
    left = [other for other in row if other.box.right <= piece.box.left + 4]
    if left and piece.box.left - left[-1].box.right < _BESIDE and (role := label_role(left[-1].text)):
        return role
    if alone and (role := _heading_of_column(page, piece)):
        return role
    return "event"


def _heading_of_column(page: Page, piece: Piece) -> Role | None:
    """What stands above a date, or above the dates above it."""
    current: Piece | None = piece
    while current is not None:
        current = above(page, current, within=6 * max(piece.box.height, 10))
        if current is None:
            return None
        if role := label_role(current.text):
            return role
        if not dates_in(current.text):
            return None
    return None
