"""The calls that can be promised to a person, and when their telephone will really ring: quiet hours put a call off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from agent.known_tasks import Task
from agent.outbound_rules import Rules, free_from
from mcp_tasks.call_time import morning_of
from mcp_tasks.due_decision import decide_due
from mcp_tasks.errors import TaskError
from mcp_tasks.no_repeating import ends_repeating
from mcp_tasks.spoken import spoken

CALLS_AT: Final = "calls_at_spoken"
"""Beside a task's `due_spoken`: when its person is called, where that is not the moment that it is due."""
PUT_OFF: Final = "{at}, after quiet hours"
READ_BACK: Final = f"With `{CALLS_AT}` say that this is when you call."
"""What a model is told of it."""


@dataclass(frozen=True)
class PromisedCalls:
    """When somebody is called: by `clocks` it is quiet where it rings, moments are told on the clock of `zone`."""

    zone: ZoneInfo
    clocks: tuple[ZoneInfo, ...]
    rules: Rules
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def told(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """The task server's answer with `calls_at_spoken` in each task whose call comes at another moment than its due."""
        with_calls = dict(answer)
        for name in ("task", "next"):
            if isinstance(task := answer.get(name), Mapping):
                with_calls[name] = self._told(task)
        if isinstance(tasks := answer.get("tasks"), list):
            with_calls["tasks"] = [self._told(task) for task in tasks]
        return with_calls

    def asked_for(self, arguments: Mapping[str, Any], task: Task | None) -> str:
        """When a call would come that a new or changed task is to have, as one says it.

        Empty where that is its due, where no call is wanted, and where the task server will ask for the date. `task` is
        the one that is to be changed.
        """
        wanted = arguments.get("by_phone")
        if not (wanted if wanted is not None or task is None else task.get("by_phone")):
            return ""
        before = None if task is None else _due_of(task)
        try:
            due = self._due(arguments, before)
        except TaskError:
            return ""
        if due is None:
            return ""
        is_kept = task is not None and due == before
        return self._words(
            due, ZoneInfo(str(task["time_zone"])) if task is not None and is_kept else self.zone
        )

    def _due(self, arguments: Mapping[str, Any], before: date | datetime | None) -> date | datetime | None:
        """What the task server will make of the words. Raises TaskError where it will ask."""
        words, reading, title = (str(arguments.get(name) or "") for name in ("due_words", "due", "title"))
        if ends_repeating(words):
            words, reading = "", "" if before is not None else reading
        now = self.clock()
        read = decide_due(words, reading, now=now, zone=self.zone, title=title, before=before)
        return before if read is None else read.due

    def _told(self, task: Any) -> Any:
        if not isinstance(task, Mapping) or not task.get("by_phone") or task.get("status") != "open":
            return task
        due = _due_of(task)
        words = "" if due is None else self._words(due, ZoneInfo(str(task["time_zone"])))
        return {**task, CALLS_AT: words} if words else task

    def _words(self, due: date | datetime, zone: ZoneInfo) -> str:
        """When it rings, where nobody can know that from the due; a day alone says no hour. `zone` is a day's."""
        at = (due if isinstance(due, datetime) else morning_of(due, zone)).astimezone(UTC)
        rings, now = free_from(at, self.clocks, self.rules), self.clock()
        is_put_off = rings != at
        if rings <= now or (isinstance(due, datetime) and not is_put_off):
            return ""
        words = spoken(rings.astimezone(self.zone), now.astimezone(self.zone))
        return PUT_OFF.format(at=words) if is_put_off else words


def _due_of(task: Task) -> date | datetime | None:
    """What a task is due, from the task server's answer: a moment there is local, in the zone beside it."""
    if not (text := task.get("due")):
        return None
    if "T" not in str(text):
        return date.fromisoformat(str(text))
    return datetime.fromisoformat(str(text)).replace(tzinfo=ZoneInfo(str(task["time_zone"])))
