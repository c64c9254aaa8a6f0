"""The history of changes: what is noted of each, what is told of it, and how the last one is taken back.

What a change replaced is kept while it can be undone, ten minutes. After that an entry holds no words: which task, when,
and which fields. It goes after thirty days, and with its task.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import and_, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from mcp_tasks.caller import Caller
from mcp_tasks.derived import derive, fresh_number
from mcp_tasks.errors import TaskError
from mcp_tasks.models import ChangeRow, TaskRow
from mcp_tasks.render import restore, snapshot
from mcp_tasks.task import UNDO_FOR, Change, ChangeKind

HISTORY_FOR: Final = timedelta(days=30)
_NOT_TOLD: Final = frozenset(
    {"version", "time_zone", "due_words", "due_instant", "repeats_from", "uid", "created_at"}
)


def record(
    session: AsyncSession,
    caller: Caller,
    row: TaskRow,
    kind: ChangeKind,
    *,
    before: dict[str, object] | None,
    made: str | None = None,
) -> None:
    """Note a change that was just made to a task; `made` is the next occurrence that it made."""
    after = snapshot(row)
    what = (
        []
        if before is None or kind != "update"
        else [name for name in after if after[name] != before.get(name)]
    )
    session.add(
        ChangeRow(
            owner=caller.owner,
            task_id=row.id,
            kind=kind,
            at=caller.now,
            version_after=row.version,
            before=before,
            what=" ".join(name for name in what if name not in _NOT_TOLD),
            made=made,
        )
    )


async def undo(
    session: AsyncSession, caller: Caller, expected_at: datetime | None = None
) -> tuple[ChangeKind, TaskRow]:
    """Take back the owner's last change of the last ten minutes, whatever it made included; raises TaskError.

    `expected_at`: when it must have been made; another one, made meanwhile, is not taken back in its place.
    """
    change = await session.scalar(
        select(ChangeRow)
        .where(ChangeRow.owner == caller.owner, ChangeRow.at > caller.now - UNDO_FOR)
        .where(or_(ChangeRow.kind == "create", ChangeRow.before.is_not(None)))  # what is forgotten stays done
        .order_by(ChangeRow.id.desc())
        .limit(1)
    )
    if change is None:
        raise TaskError("not_found", "There is nothing to undo from the last ten minutes.")
    if expected_at is not None and change.at != expected_at:
        raise TaskError("conflict", "Something else was changed in the meantime; nothing was undone.")
    row = await session.get(TaskRow, (caller.owner, change.task_id))
    if change.before is None:
        if row is None:
            raise TaskError("conflict", "The task has changed since; nothing was undone.")
        await session.delete(row)
    else:
        version = row.version if row is not None else change.version_after
        if row is None:
            row = TaskRow(owner=caller.owner, id=change.task_id, number=fresh_number())
            session.add(row)
        restore(row, change.before)
        derive(row)
        row.version = version + 1  # never back: somebody may hold the number that it had
        row.updated_at = caller.now
    if change.made is not None:
        made = await session.get(TaskRow, (caller.owner, change.made))
        if made is not None:
            await session.delete(made)
    await session.delete(change)
    return cast("ChangeKind", change.kind), row


async def history(session: AsyncSession, caller: Caller, limit: int) -> list[Change]:
    """The owner's changes, latest first; of a deletion only while it can be undone."""
    found = await session.execute(
        select(ChangeRow, TaskRow.title)
        .outerjoin(TaskRow, and_(TaskRow.owner == ChangeRow.owner, TaskRow.id == ChangeRow.task_id))
        .where(ChangeRow.owner == caller.owner, ChangeRow.at > caller.now - HISTORY_FOR)
        .order_by(ChangeRow.id.desc())
        .limit(limit)
    )
    told = [(change, title or (change.before or {}).get("title")) for change, title in found]
    return [_told(change, title) for change, title in told if title]


async def forget(session: AsyncSession, now: datetime) -> None:
    """Drop what no longer serves: the words of changes past undoing, old entries, and those of tasks that are gone."""
    undoable = now.astimezone(UTC) - UNDO_FOR
    past = ChangeRow.at <= undoable
    there = exists().where(TaskRow.owner == ChangeRow.owner, TaskRow.id == ChangeRow.task_id)
    too_old = ChangeRow.at <= now.astimezone(UTC) - HISTORY_FOR
    await session.execute(delete(ChangeRow).where(past, or_(too_old, ~there)))
    worded = ChangeRow.before.is_not(None)
    await session.execute(update(ChangeRow).where(past, worded).values(before=None, made=None))


async def deletions(session: AsyncSession, owner: str) -> dict[str, str | None]:
    """The tasks whose deletion can be undone, each with the UID that it came with."""
    found = await session.execute(
        select(ChangeRow.task_id, ChangeRow.before).where(
            ChangeRow.owner == owner, ChangeRow.kind == "delete", ChangeRow.before.is_not(None)
        )
    )
    return {task_id: (before or {}).get("uid") for task_id, before in found}


async def cannot_be_undone(session: AsyncSession, owner: str, task_ids: list[str]) -> None:
    """Forget what tasks were before: what replaced them did not pass through here, and undoing would lose it."""
    await session.execute(delete(ChangeRow).where(ChangeRow.owner == owner, ChangeRow.task_id.in_(task_ids)))


def _told(change: ChangeRow, title: str) -> Change:
    before: dict[str, Any] = change.before or {}
    what = change.what.split()
    was = {
        name: str(before[name]) if before.get(name) is not None else None for name in what if name in before
    }
    return Change(
        kind=cast("ChangeKind", change.kind),
        at=change.at,
        task_id=change.task_id,
        title=title,
        what=what,
        was=was or None,
    )
