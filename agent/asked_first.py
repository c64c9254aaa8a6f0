"""Which changes of a task are asked about first: those that clear what it holds, and all but the first of many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from agent.known_tasks import Task
from mcp_tasks.no_date import takes_date_away

_CLEARED_BY_NOTHING: Final = ("notes", "list_name", "tags")
"""What is set to nothing is cleared."""


def clears(arguments: Mapping[str, Any], task: Task | None) -> bool:
    """Whether an update takes something away that a task holds; of one that is not known it is assumed to hold all."""
    emptied = [name for name in _CLEARED_BY_NOTHING if arguments.get(name) in ("", [])]
    if takes_date_away(due_said(arguments)):
        emptied.append("due")
    return any(task is None or task.get(name) for name in emptied)


def due_said(arguments: Mapping[str, Any]) -> str:
    """What an update or a new task says of when: the caller's words, else the model's reading of them."""
    return str(arguments.get("due_words") or arguments.get("due") or "")


class Updates:
    """The tasks that a model has begun to update in one turn: from the second on it is a change of many."""

    def __init__(self) -> None:
        self._turn = 0
        self._begun: set[object] = set()

    def is_another(self, task_id: object, *, turn: int) -> bool:
        """Note that a task is to be updated; whether it is another one than the first of this turn."""
        if turn != self._turn:
            self._turn, self._begun = turn, set()
        self._begun.add(task_id)
        return len(self._begun) > 1

    def failed(self, task_id: object) -> None:
        """It was not: another one is tried in its place."""
        self._begun.discard(task_id)
