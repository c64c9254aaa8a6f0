"""What a task was due until now: «a day later» and «same time on Friday» count from it."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mcp_tasks.due import read_due
from mcp_tasks.models import TaskRow
from mcp_tasks.store import Caller, TaskStore


async def due_before(store: TaskStore, caller: Caller, task_id: str) -> date | datetime | None:
    """The due of the caller's task, by the caller's clock; None without one, and without such a task."""
    mine = select(TaskRow.due, TaskRow.due_instant).where(
        TaskRow.owner == caller.owner, TaskRow.id == task_id
    )
    async with AsyncSession(store._engine) as session:
        found = (await session.execute(mine)).one_or_none()
    if found is None or found.due is None:
        return None
    return read_due(found.due, found.due_instant, caller.zone)
