"""What a list that was read shows of tasks: that one is done, or has a date, though nobody has changed it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, Literal, NamedTuple

from agent.phrase_match import words

Fact = Literal["done", "due"]

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS: Final = frozenset(_WEEKDAYS) | {"today", "tomorrow"}
_NUMBERS: Final = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ALL_OF: Final = re.compile(rf"\ball (?:the |of the )?(?:({'|'.join(_NUMBERS)})|(\d+))\b", re.IGNORECASE)


class Listed(NamedTuple):
    """A task as a list has shown it."""

    title: str
    """Its words."""
    is_done: bool
    is_due: bool
    days: frozenset[str]
    """What its day is called; empty where that is not known."""

    def has(self, fact: Fact) -> bool:
        """Whether it is as a sentence says."""
        return self.is_done if fact == "done" else self.is_due


def listed(answer: Mapping[str, Any]) -> tuple[Listed, ...]:
    """The tasks of an answer of `list_tasks`."""
    tasks = answer.get("tasks")
    today = _day(answer.get("today"))
    return tuple(_listed(each, today) for each in tasks or () if isinstance(each, Mapping))


def shows(tasks: Sequence[Listed], fact: Fact, sentence: str, *, all_of_it: bool = False) -> bool:
    """Whether a list bears out that what a sentence speaks of is done, or has its date.

    Whoever names a task speaks of that one, and whoever names a day says which: «scheduled for Monday» is not shown by
    a task of Friday's. `all_of_it`: of as many as the sentence speaks of, or of every one.
    """
    said = words(sentence)
    spoken = f" {' '.join(said)} "
    about = [each for each in tasks if each.title and f" {each.title} " in spoken] or tasks
    days = _DAYS.intersection(said) if fact == "due" else frozenset()
    fits = [each for each in about if each.has(fact) and (not days or not each.days or each.days & days)]
    if not all_of_it:
        return bool(fits)
    count = _ALL_OF.search(sentence)
    if count is not None:
        return len(fits) >= (_NUMBERS.index(count[1].lower()) + 2 if count[1] else int(count[2]))
    return len(fits) >= 2 if "both" in said else 0 < len(fits) == len(about)


def _listed(task: Mapping[str, Any], today: date | None) -> Listed:
    days = _DAYS.intersection(words(str(task.get("due_spoken") or "")))
    if (due := _day(task.get("due"))) is not None:
        days |= {_WEEKDAYS[due.weekday()]}
        if today is not None and due - today in (timedelta(0), timedelta(days=1)):
            days |= {"today" if due == today else "tomorrow"}
    title = " ".join(words(str(task.get("title") or "")))
    return Listed(title, task.get("status") == "done", bool(task.get("due")), days)


def _day(iso: object) -> date | None:
    try:
        return date.fromisoformat(str(iso)[:10])
    except ValueError:
        return None
