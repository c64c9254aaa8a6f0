"""Which changes of a task are asked about first: those that clear what it holds, and all but the first of many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from agent.known_tasks import Task
from mcp_tasks.errors import TaskError
from mcp_tasks.no_date import takes_date_away
from mcp_tasks.no_repeating import ends_repeating
from mcp_tasks.wording import clean_list, clean_notes, clean_tags

_TIDIED: Final[Mapping[str, Callable[[str], str]]] = {"notes": clean_notes, "list_name": clean_list}


def clears(arguments: Mapping[str, Any], task: Task) -> bool:
    """Whether an update takes something away that a task holds."""
    return any(task.get(name) for name in emptied(arguments))


def emptied(arguments: Mapping[str, Any]) -> frozenset[str]:
    """The fields of a task that an update leaves empty, as the task server reads it: words are tidied first."""
    fields = {name for name in ("tags", *_TIDIED) if _is_nothing(name, arguments.get(name))}
    said = due_said(arguments)
    if takes_date_away(said):
        fields.add("due")
    if ends_repeating(said):
        fields.add("repeats")
    return frozenset(fields)


def due_said(arguments: Mapping[str, Any]) -> str:
    """What an update or a new task says of when: the caller's words, else the model's reading of them."""
    said = (" ".join(str(arguments.get(name) or "").split()) for name in ("due_words", "due"))
    return next(filter(None, said), "")


class Begun:
    """The tasks that a model has begun to change by one tool in one turn: from the second on it is a change of many."""

    def __init__(self) -> None:
        self._turn = 0
        self._begun: set[str] = set()
        """Ids as words: a model may pass anything for one."""

    def is_another(self, task_id: object, *, turn: int) -> bool:
        """Note that a task is to be changed; whether it is another one than the first of this turn."""
        if turn != self._turn:
            self._turn, self._begun = turn, set()
        self._begun.add(str(task_id))
        return len(self._begun) > 1

    def failed(self, task_id: object) -> None:
        """It was not: another one is tried in its place."""
        self._begun.discard(str(task_id))


def _is_nothing(name: str, value: object) -> bool:
    try:
        if name == "tags":
            return isinstance(value, list) and not any(map(_shows, clean_tags(map(str, value))))
        return isinstance(value, str) and not _shows(_TIDIED[name](value))
    except TaskError:
        return False  # it will be refused


def _shows(text: str) -> bool:
    """Whether there is anything to see: what is invisible is nothing, though the task server keeps it."""
    return any(map(str.isprintable, "".join(text.split())))
