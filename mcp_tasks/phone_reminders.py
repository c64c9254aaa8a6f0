"""Which tasks their owners want to be called about, and when: for whoever calls, across all owners."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from mcp_tasks.call_time import morning_of
from mcp_tasks.models import TaskRow


@dataclass(frozen=True)
class PhoneReminder:
    """A task that its owner is to be called about at a moment. The same task with another due is another reminder."""

    owner: str
    task_id: str
    at: datetime


class PhoneReminders:
    """Reads the tasks' own database. Methods raise what SQLAlchemy raises."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def due(self, now: datetime, *, within: timedelta) -> list[PhoneReminder]:
        """Give the open tasks whose moment came within a span before now, the earliest first.

        A day whose morning had passed when the task was made or changed is left out: the next of a series may be
        due today still, and would ring at once.
        """
        first = (now - within - timedelta(days=1)).date().isoformat()
        last = (now + timedelta(days=2)).date().isoformat()
        query = (
            select(
                TaskRow.owner,
                TaskRow.id,
                TaskRow.due,
                TaskRow.due_instant,
                TaskRow.time_zone,
                TaskRow.updated_at,
            )
            .where(TaskRow.by_phone, TaskRow.status == "open", TaskRow.due_key.between(first, last))
            .order_by(TaskRow.due_key)
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        found = []
        for row in rows:
            at = _moment(row.due, row.due_instant, row.time_zone)
            in_time = row.due_instant is not None or row.updated_at <= at
            if in_time and now - within < at <= now:
                found.append(PhoneReminder(row.owner, row.id, at))
        return sorted(found, key=lambda each: each.at)

    async def stands(self, reminder: PhoneReminder) -> bool:
        """Whether it is to be called about still: not done, deleted or moved."""
        query = select(TaskRow.due, TaskRow.due_instant, TaskRow.time_zone).where(
            TaskRow.owner == reminder.owner,
            TaskRow.id == reminder.task_id,
            TaskRow.by_phone,
            TaskRow.status == "open",
        )
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        return row is not None and row.due is not None and _moment(*row) == reminder.at


def _moment(due: str, instant: datetime | None, time_zone: str) -> datetime:
    return instant or morning_of(date.fromisoformat(due), ZoneInfo(time_zone))
