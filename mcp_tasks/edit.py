"""What a new task holds, and what an update changes."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from mcp_tasks.due import Due
from mcp_tasks.task import Priority


class Unchanged:
    """Marks a field that an update leaves alone (None means: clear it)."""


UNCHANGED: Final = Unchanged()


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task to be made; its words are clean already."""

    title: str
    notes: str = ""
    due: Due | None = None
    due_words: str | None = None
    rrule: str | None = None
    """By which rule it repeats, beginning with `due`; needs one."""
    priority: Priority = "normal"
    list_name: str = ""
    tags: list[str] = field(default_factory=list)
    by_phone: bool = False
    """Call its owner when it is due."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What an update changes."""

    title: str | Unchanged = UNCHANGED
    notes: str | Unchanged = UNCHANGED
    due: Due | Unchanged | None = UNCHANGED
    """Moves this occurrence alone of a task that repeats; None ends the series with the date."""
    due_words: str | None = None
    """Goes with `due`."""
    rrule: str | Unchanged | None = UNCHANGED
    """A new series, which begins with the due; None ends it."""
    priority: Priority | Unchanged = UNCHANGED
    list_name: str | Unchanged = UNCHANGED
    tags: list[str] | Unchanged = UNCHANGED
    by_phone: bool | Unchanged = UNCHANGED


@dataclass(frozen=True, slots=True)
class Before:
    """What an update builds on: «a day later» counts from it, and a new day is one to be called on."""

    due: date | datetime | None = None
    """By the caller's clock."""
    due_words: str | None = None
    by_phone: bool = False
    version: int | None = None
