"""Tasks as the task server has told of them in this call, and what tells one from another of the same title."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from agent.speakable import speakable
from mcp_tasks.spoken_form import spoken_form

Task = Mapping[str, Any]

_NOTED_WORDS: Final = 6


class KnownTasks:
    """What a call knows of tasks, by id: each as it was told of last."""

    def __init__(self) -> None:
        self._by_id: dict[str, Task] = {}

    def note(self, answer: Mapping[str, Any]) -> None:
        """Learn from what the task server answered."""
        told = [*answer.get("tasks", []), *(answer.get(name) for name in ("task", "next"))]
        for task in told:
            if isinstance(task, Mapping):
                self._by_id[str(task["id"])] = task

    def forget(self, task_id: str) -> None:
        """It is gone."""
        self._by_id.pop(task_id, None)

    def get(self, task_id: object) -> Task | None:
        """Give a task, if it was ever told of."""
        return self._by_id.get(task_id) if isinstance(task_id, str) else None

    def told_apart(self, task_id: str) -> str:
        """Say which one it is behind its title, where another task sounds alike: «due Friday»; empty where none does."""
        task = self._by_id[task_id]
        title = spoken_form(str(task["title"]))
        alike = [
            each
            for each in self._by_id.values()
            if each["id"] != task_id
            and (each["status"] == "open" or task["status"] == "done")
            and spoken_form(str(each["title"])) == title
        ]
        if not alike:
            return ""
        facts: tuple[Callable[[Task], str], ...] = (due_at, _list, _notes)
        for fact in facts:
            if (said := fact(task)) not in map(fact, alike):
                return said
        made = datetime.fromisoformat(str(task["created_at"]))
        older = sum(datetime.fromisoformat(str(each["created_at"])) < made for each in alike)
        if older in (0, len(alike)):
            return "added last" if older else "added first"
        return f"added as number {older + 1}"


def due_at(task: Task) -> str:
    """Say when a task is due, as it is said behind its title."""
    if task["status"] == "done":
        return "already done"
    return f"due {task['due_spoken']}" if task.get("due_spoken") else "without a date"


def _list(task: Task) -> str:
    name = speakable(str(task.get("list_name") or ""))
    return f"on the list {name}" if name else "on no list"


def _notes(task: Task) -> str:
    first = speakable(" ".join(str(task.get("notes") or "").split()[:_NOTED_WORDS]))
    return f"with the note {first}" if first else "without notes"
