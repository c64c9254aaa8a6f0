"""What the answer of the task server says of a task's fate: whether it was made, and whether its owner took it back."""

from __future__ import annotations

from typing import Final

from mcp_tasks.client import ToolOutcome
from routing.outcomes import TaskEvent

_CHANGES: Final[dict[str, TaskEvent]] = {"update_task": "corrected", "delete_task": "deleted"}
_UNDONE: Final[dict[str, TaskEvent]] = {"create": "undone", "update": "restored", "delete": "restored"}


class TaskEvents:
    """The fate of one call's tasks. Each is made once, however often its request is answered."""

    def __init__(self) -> None:
        self._made: set[str] = set()

    def of(self, tool: str, outcome: ToolOutcome) -> tuple[TaskEvent, str] | None:
        """Give the event and the task's id, as `task_event` does; None also for one that is known to be made."""
        event = task_event(tool, outcome)
        if event is None or event[0] != "created":
            return event
        if event[1] in self._made:
            return None
        self._made.add(event[1])
        return event


def task_event(tool: str, outcome: ToolOutcome) -> tuple[TaskEvent, str] | None:
    """Give the event and the task's id; None for what tells nothing about a created task.

    A repeat tells that a task was made, since the first answer may have been lost, and nothing else.
    """
    answer = outcome.structured
    task = answer.get("task")
    task_id = str(task.get("id", "")) if isinstance(task, dict) else ""
    if tool == "create_task" and outcome.is_error:
        return "unclear" if outcome.code == "bad_date" else "refused", ""
    if outcome.is_error or not task_id:
        return None
    if tool == "create_task":
        return "created", task_id
    if answer.get("repeated"):
        return None
    event = _UNDONE.get(str(answer.get("undone"))) if tool == "undo" else _CHANGES.get(tool)
    return None if event is None or answer.get("changed") is False else (event, task_id)
