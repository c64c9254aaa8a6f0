"""Everything of one owner: given out whole, or erased so that nothing which comes late makes it anew."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Final, cast

from sqlalchemy import CursorResult, Table, delete, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from mcp_tasks.erased import note_erasure
from mcp_tasks.exactly_once import Ledger
from mcp_tasks.models import Base, ChangeRow, TaskRow

SHOWN: Final = (
    "id",
    "title",
    "notes",
    "due",
    "due_words",
    "time_zone",
    "status",
    "priority",
    "list_name",
    "tags",
    "by_phone",
    "rrule",
    "uid",
    "created_at",
    "updated_at",
    "completed_at",
    "version",
)
"""What people may know of a task; the rest is made from it."""
AT_ONCE: Final = 500


class OwnersData:
    """One owner's rows in every table that has owners."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._ledger = Ledger(engine)

    async def tasks(self, owner: str) -> AsyncIterator[dict[str, Any]]:
        """Give every task, open and done, by id."""
        shown = [column for column in TaskRow.__table__.c if column.name in SHOWN]
        last = ""
        while True:
            query = select(*shown).where(TaskRow.owner == owner, TaskRow.id > last)
            async with self._engine.connect() as connection:
                rows = (await connection.execute(query.order_by(TaskRow.id).limit(AT_ONCE))).mappings().all()
            for row in rows:
                yield dict(row)
            if len(rows) < AT_ONCE:
                return
            last = rows[-1]["id"]

    async def changes(self, owner: str) -> AsyncIterator[dict[str, Any]]:
        """Give the changes that are still remembered, oldest first."""
        shown = (ChangeRow.task_id, ChangeRow.kind, ChangeRow.at, ChangeRow.before)
        query = select(*shown).where(ChangeRow.owner == owner).order_by(ChangeRow.id)
        async with self._engine.connect() as connection:
            for row in (await connection.execute(query)).mappings():
                yield dict(row)

    async def erase(self, owner: str, *, now: datetime | None = None) -> dict[str, int]:
        """Delete all of it, and refuse the owner's writes from now on; how many rows of each table there were.

        Once more does no harm.
        """
        async with self._ledger.alone(owner) as session:
            removed: dict[str, int] = {}
            for table in _with_owners():
                done = await session.execute(delete(table).where(table.c.owner == owner))
                removed[table.name] = cast("CursorResult[Any]", done).rowcount
            await note_erasure(session, owner, now or datetime.now(UTC))
        return removed

    async def left(self, owner: str) -> int:
        """How many rows are the owner's."""
        count = 0
        async with self._engine.connect() as connection:
            for table in _with_owners():
                found = select(func.count()).select_from(table).where(table.c.owner == owner)
                count += await connection.scalar(found) or 0
        return count


def _with_owners() -> list[Table]:
    return [table for table in Base.metadata.sorted_tables if "owner" in table.c]
