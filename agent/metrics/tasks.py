"""What became of tools and tasks in one call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from agent.metrics.names import TASK_CREATIONS, TASKS
from agent.task_events import TaskEvents
from mcp_tasks.client import ToolOutcome
from routing.outcomes import SUCCESS_MS
from routing.wishes import Wishes

OTHER: Final = "other"
"""The tools of servers that are not ours: their names are not bounded."""


class TaskCounts:
    """Counts one call's tools. Whether a task that is taken back was young says its own time of creation."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._wishes = Wishes()
        self._events = TaskEvents()
        self._changed: dict[str, int] = {}
        """How many corrections and deletions stand, by task; those that were taken back do not."""

    def ran(self, tool: str, outcome: ToolOutcome, *, turn: int, foreign: bool, judged: bool = True) -> None:
        """A tool gave an answer. `judged`: somebody wanted it, so that it succeeds or not."""
        code = outcome.code or ("error" if outcome.is_error else "ok")
        TASKS.labels(OTHER if foreign else tool, OTHER if foreign and outcome.code else code).inc()
        if foreign or not judged or (event := self._events.of(tool, outcome)) is None:
            return
        self._wishes.hear(event[0], turn)
        if event[0] == "created":
            TASK_CREATIONS.labels("created").inc()
        elif event[1] and self._is_young(outcome):
            before = self._changed.get(event[1], 0)
            self._changed[event[1]] = max(0, before - 1) if event[0] == "restored" else before + 1

    def unavailable(self, tool: str, *, turn: int, foreign: bool, judged: bool = True) -> None:
        """A tool's server was not there."""
        TASKS.labels(OTHER if foreign else tool, "unavailable").inc()
        if tool == "create_task" and judged and not foreign:
            self._wishes.hear("refused", turn)

    def close(self) -> None:
        """The call is over: what was not made by now is not made any more, and what was taken back stays so."""
        if refused := self._wishes.unfulfilled:
            TASK_CREATIONS.labels("refused").inc(refused)
        if taken_back := sum(standing > 0 for standing in self._changed.values()):
            TASK_CREATIONS.labels("taken_back").inc(taken_back)
        self._wishes = Wishes()
        self._changed.clear()

    def _is_young(self, outcome: ToolOutcome) -> bool:
        task = outcome.structured.get("task")
        if not isinstance(task, dict) or task.get("completed_at"):
            return False  # who clears away what is done does not correct it
        try:
            created = datetime.fromisoformat(str(task.get("created_at")))
        except ValueError:
            return False
        return created.tzinfo is not None and (self._now() - created).total_seconds() * 1000 <= SUCCESS_MS
