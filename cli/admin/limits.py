"""Lists that end somewhere say so: one row more than is shown is read, and whether it is there is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from cli.admin.output import say

Row = TypeVar("Row")
_ALL = 100_000_000
"""Where there is no limit: more rows than any list has."""


def one_more(limit: int | None) -> int:
    """How many rows are read to show so many; None is all."""
    return _ALL if limit is None else limit + 1


def the_first(rows: Sequence[Row], limit: int | None) -> tuple[Sequence[Row], bool]:
    """The rows to show, and whether there are more behind them."""
    if limit is None:
        return rows, False
    return rows[:limit], len(rows) > limit


def the_last(rows: Sequence[Row], limit: int | None) -> tuple[Sequence[Row], bool]:
    """The rows to show of a list whose oldest is first, and whether there are more before them."""
    if limit is None:
        return rows, False
    return rows[-limit:], len(rows) > limit


def say_more(more: bool) -> None:
    """Tell people, who see no end of a table in it."""
    if more:
        say("There are more: --limit shows them.")
