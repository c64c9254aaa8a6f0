"""Choosing from what was offered: «the first one», «number two», «the older one», «the one due Friday», «call Anna»."""

import re
from collections.abc import Sequence

from sandbox.brain import matching
from sandbox.brain.spoken_form import plain_form
from sandbox.brain.transcript import Task

_PLACES = {
    "first": 0,
    "1": 0,
    "second": 1,
    "2": 1,
    "third": 2,
    "3": 2,
    "fourth": 3,
    "4": 3,
    "fifth": 4,
    "5": 4,
    "sixth": 5,
    "6": 5,
    "seventh": 6,
    "7": 6,
    "eighth": 7,
    "8": 7,
    "ninth": 8,
    "9": 8,
    "tenth": 9,
    "10": 9,
    "last": -1,
}
_PLACE = re.compile(
    r"^(?:the |my |number |task |task number |the number )*(first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last|10|[1-9])(?: (?:one|task|1))*$"
)
_AGE = re.compile(r"\b(older|oldest|earlier|newer|newest|latest|later)\b", re.IGNORECASE)


def place(words: str, number: int) -> int | None:
    """The index that «the second one» means among `number` things; None when it names no place among them."""
    found = _PLACE.match(plain_form(words))
    if not found:
        return None
    index = _PLACES[found[1]]
    index = number - 1 if index < 0 else index
    return index if 0 <= index < number else None


def choose(words: str, candidates: Sequence[Task]) -> Task | None:
    """The candidate that an answer means; None when that is not clear."""
    exact = [task for task in candidates if plain_form(task.title) == plain_form(words)]
    if len(exact) == 1:
        return exact[0]
    index = place(words, len(candidates))
    if index is not None:
        return candidates[index]
    if (found := matching.find(words, candidates)).task:
        return found.task
    by_fact = [task for task in candidates if _has_fact(words, task)]
    if len(by_fact) == 1:
        return by_fact[0]
    by_due = [task for task in candidates if _same_due(words, task)]
    if len(by_due) == 1:
        return by_due[0]
    if (age := _AGE.search(words)) and len({task.created_at for task in candidates}) == len(candidates):
        by_age = sorted(candidates, key=lambda task: task.created_at)
        return by_age[0] if age[1].casefold() in {"older", "oldest", "earlier"} else by_age[-1]
    return None


def at_place(words: str, listed: Sequence[Task]) -> Task | None:
    """The task of a list that «the second one» means. «Task 4» may be a title: then it means no place."""
    index = place(words, len(listed))
    if index is None:
        return None
    titled = choose(words, listed)
    return listed[index] if titled is None or titled is listed[index] else None


_FACTS = frozenset(["list", "note", "notes", "to", "about", "my", "a", "in", "says", "from"])
_FILL = frozenset(
    [
        "the",
        "one",
        "task",
        "due",
        "on",
        "for",
        "that",
        "is",
        "with",
        "which",
        "i",
        "mean",
        "meant",
        "by",
        "at",
        "date",
    ]
)


def _has_fact(words: str, task: Task) -> bool:
    """Whether what was said stands in the task's list or notes: «the one on the office list»."""
    said = [word for word in plain_form(words).split() if word not in _FILL and word not in _FACTS]
    there = plain_form(f"{task.list_name or ''} {task.notes or ''}").split()
    if not there:
        return plain_form(words).split()[-2:] in (["no", "list"], ["without", "notes"])
    return bool(said) and all(word in there for word in said)


def _same_due(words: str, task: Task) -> bool:
    said = [word for word in plain_form(words).split() if word not in _FILL]
    if task.due_spoken is None:
        return said in (["no"], ["without"], ["without", "a"], ["no", "due"], ["without", "any"])
    there = plain_form(task.due_spoken).split()
    return bool(said) and all(word in there for word in said)
