"""What the answer of the task server says of a task's fate: whether it was made, and whether its owner took it back."""

from __future__ import annotations

from typing import Final

from mcp_tasks.client import ToolOutcome
from routing.outcomes import TaskEvent

_CHANGES: Final[dict[str, TaskEvent]] = {"update_task": "corrected", "delete_task": "deleted"}


def task_event(tool: str, outcome: ToolOutcome) -> tuple[TaskEvent, str] | None:
    """Give the event and the task's id; None for what tells nothing about a created task, repeats among it."""
    answer = outcome.structured
    task = answer.get("task")
    task_id = str(task.get("id", "")) if isinstance(task, dict) else ""
    if tool == "create_task" and outcome.is_error:
        return "refused", ""
    if outcome.is_error or answer.get("repeated") or not task_id:
        return None
    if tool == "create_task":
        return "created", task_id
    if tool == "undo":
        return ("undone", task_id) if answer.get("undone") == "create" else None
    event = _CHANGES.get(tool)
    return None if event is None or answer.get("changed") is False else (event, task_id)
