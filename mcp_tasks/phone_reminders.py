"""Which tasks their owners want to be called about, and when: for whoever calls, across all owners."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from mcp_tasks.models import TaskRow

MORNING: Final = time(9)
"""On its owner's clock: when one is called about a task that is due on a day, not at a time."""


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

    async def due(self, now: datetime, *, within: timedelta, limit: int = 1000) -> list[PhoneReminder]:
        """Give the open tasks whose moment came within a span before now, the earliest first."""
        first = (now - within - timedelta(days=1)).date().isoformat()
        last = (now + timedelta(days=2)).date().isoformat()
        query = (
            select(TaskRow.owner, TaskRow.id, TaskRow.due, TaskRow.due_instant, TaskRow.time_zone)
            .where(TaskRow.by_phone, TaskRow.status == "open", TaskRow.due_key.between(first, last))
            .order_by(TaskRow.due_key)
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        found = [
            PhoneReminder(row.owner, row.id, _moment(row.due, row.due_instant, row.time_zone)) for row in rows
        ]
        return sorted((each for each in found if now - within < each.at <= now), key=lambda each: each.at)[
            :limit
        ]

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
    return instant or datetime.combine(date.fromisoformat(due), MORNING, ZoneInfo(time_zone))
