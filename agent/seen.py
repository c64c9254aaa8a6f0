"""What was read from the caller's screen in this call, as far as it may go further.

It is kept for two things: so that a task that comes from a screen is confirmed before it is made, and so that nothing
goes into one that is nobody's business. Words alone, no pictures; gone with the call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from agent.phrase_match import words
from agent.screen_secrets import without_secrets
from tiers.sighting import Reading, Sighting

REMEMBERED_TURNS: Final = 6
"""So many turns after it was read, something on a screen may still be what a task is about."""
ALIKE: Final = 0.5
"""A title or a date that shares so much of its words with one on the screen comes from there."""
_MAKES: Final = frozenset({"create_task", "update_task"})
_TEXTS: Final = {"title": "title", "due_words": "due", "due": "due"}
"""What of a task is compared with what of the screen."""


class Seen:
    """What was read, by the turn in which it was."""

    def __init__(self) -> None:
        self._texts: list[tuple[int, str, frozenset[str]]] = []
        """The turn, whether a title or a date («due»), and its words."""
        self._read_in: int | None = None

    def note(self, reading: Reading, *, turn: int) -> None:
        """Remember what was read in a turn."""
        self.asked(turn=turn)
        self.stood_there(reading, turn=turn)

    def stood_there(self, reading: Reading, *, turn: int) -> None:
        """Remember what was read in a turn or before it, when the caller may have asked for something else since."""
        self._texts = [each for each in self._texts if turn - each[0] <= REMEMBERED_TURNS]
        for item in reading.items:
            self._texts.append((turn, "title", frozenset(words(item.title))))
            self._texts.append((turn, "due", frozenset(words(item.due_words))))

    def asked(self, *, turn: int) -> None:
        """Remember that the screen was asked about, whatever came of it."""
        self._read_in = turn

    def concerns(self, tool: str, arguments: Mapping[str, Any], *, turn: int) -> bool:
        """Whether a tool call would put something of the screen into a task: a title, or a date."""
        if tool not in _MAKES:
            return False
        if turn == self._read_in:
            return True
        return any(
            self._comes_from_there(kind, str(arguments.get(name) or ""), turn)
            for name, kind in _TEXTS.items()
        )

    def _comes_from_there(self, kind: str, text: str, turn: int) -> bool:
        said = frozenset(words(text))
        return any(
            kind == of and turn - read_in <= REMEMBERED_TURNS and len(said & read) >= ALIKE * len(said) > 0
            for read_in, of, read in self._texts
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
    title = without_secrets(item.title)
    if not any(map(str.isalpha, title)):
        return None
    people = tuple(kept for each in item.people if (kept := without_secrets(each)))
    return item.model_copy(
        update={
            "title": title,
            "due_words": without_secrets(item.due_words),
            "people": people,
            "link": item.link if without_secrets(item.link) == item.link else "",  # a part leads nowhere
        }
    )
