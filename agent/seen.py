"""What was read from the caller's screen in this call, as far as it may go further.

It is kept for two things: so that a task that comes from a screen is confirmed before it is made, and so that nothing
goes into one that is nobody's business. Words alone, no pictures; gone with the call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from agent.phrase_match import words
from tiers.sighting import Reading, Sighting

REMEMBERED_TURNS: Final = 6
"""So many turns after it was read, something on a screen may still be what a task is about."""
ALIKE: Final = 0.5
"""A title that shares so much of its words with one on the screen comes from there."""
_MAKES: Final = frozenset({"create_task", "update_task"})
_SECRET: Final = re.compile(
    r"(?:\b(?:pass(?:word|code|phrase)|pin|cvv|cvc|iban|api[ _-]?key|secret|token)\b\s*[:=]\s*\S+)"
    r"|\b(?:\d[ -]?){12,18}\d\b|\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}[ ]?[A-Z0-9]{0,4}\b|[•●*]{4,}",
    re.IGNORECASE,
)


class Seen:
    """What was read, by the turn in which it was."""

    def __init__(self) -> None:
        self._titles: list[tuple[int, frozenset[str]]] = []
        self._read_in: int | None = None

    def note(self, reading: Reading, *, turn: int) -> None:
        """Remember what was read in a turn."""
        self._read_in = turn
        self._titles = [each for each in self._titles if turn - each[0] <= REMEMBERED_TURNS]
        self._titles += [(turn, frozenset(words(item.title))) for item in reading.items]

    def asked(self, *, turn: int) -> None:
        """Remember that the screen was asked about, whatever came of it."""
        self._read_in = turn

    def concerns(self, tool: str, arguments: Mapping[str, Any], *, turn: int) -> bool:
        """Whether a tool call would put something of the screen into a task."""
        if tool not in _MAKES:
            return False
        if turn == self._read_in:
            return True
        said = frozenset(words(str(arguments.get("title") or "")))
        return any(
            turn - read_in <= REMEMBERED_TURNS and said and title and len(said & title) >= ALIKE * len(said)
            for read_in, title in self._titles
        )


def presentable(reading: Reading) -> Reading:
    """The same without what must go no further, whatever the vendor was told.

    Where nothing that can be a task is left it is of nothing, and where one of several is left that one is seen.
    """
    items = tuple(kept for each in reading.items if (kept := _presentable(each)) is not None)
    status = reading.status
    if not items and status != "unreadable":
        status = "nothing"
    elif len(items) == 1 and status == "several":
        status = "seen"
    return Reading(status=status, items=items)


def _presentable(item: Sighting) -> Sighting | None:
    title = " ".join(_SECRET.sub(" ", item.title).split()).strip(" :,-")
    if not any(map(str.isalpha, title)):
        return None
    return item.model_copy(update={"title": title})
