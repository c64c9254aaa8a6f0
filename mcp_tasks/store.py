"""Tasks in a database. Every query names the owner; there is no way to ask without one."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from mcp_tasks.due import Due
from mcp_tasks.errors import TaskError
from mcp_tasks.exactly_once import Answer, Ledger, Operation
from mcp_tasks.models import ChangeRow, OperationRow, TaskRow
from mcp_tasks.render import render, restore, snapshot
from mcp_tasks.task import ChangeKind, TaskChanged, TaskList, Undone, View
from mcp_tasks.wording import search_text

UNDO_FOR: Final = timedelta(minutes=10)
REMEMBER_ANSWERS_FOR: Final = timedelta(hours=24)
"""Longer than any call and its retries; answers hold titles, so no longer than needed."""
WEEK: Final = timedelta(days=7)
MAX_LIMIT: Final = 200
_ID_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_ID_LENGTH = 8


class Unchanged:
    """Marks a field that an update leaves alone (None means: clear it)."""


UNCHANGED: Final = Unchanged()


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose tasks, and what their clock says. Both come from the token, never from an argument."""

    owner: str
    zone: ZoneInfo
    now: datetime

    @property
    def today(self) -> date:
        """The caller's own date."""
        return self.now.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Edit:
    """What an update changes."""

    title: str | Unchanged = UNCHANGED
    notes: str | Unchanged = UNCHANGED
    due: Due | Unchanged | None = UNCHANGED
    due_words: str | None = None
    """Goes with `due`."""


class TaskStore:
    """All tasks, each reachable by its owner alone."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)
        self._ledger = Ledger(engine)

    async def close(self) -> None:
        """Give the connections back."""
        await self._engine.dispose()

    async def ping(self) -> None:
        """Raise what SQLAlchemy raises when the database does not answer."""
        async with self._engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def answered(self, caller: Caller, operation: Operation | None) -> Answer | None:
        """The first answer to a repeated operation; see `Ledger.answered`."""
        return await self._ledger.answered(caller.owner, operation)

    async def list_tasks(self, caller: Caller, view: View, query: str, limit: int) -> TaskList:
        """Tasks of one view that contain `query`, soonest due first (done: latest first)."""
        matching = select(TaskRow).where(TaskRow.owner == caller.owner, *_in_view(view, caller))
        if query:
            matching = matching.where(TaskRow.search_text.contains(query.casefold(), autoescape=True))
        async with self._sessions() as session:
            total = await session.scalar(select(func.count()).select_from(matching.subquery()))
            rows = await session.scalars(_in_order(matching, view).limit(min(limit, MAX_LIMIT)))
            tasks = [render(row, caller.now, caller.zone) for row in rows]
        return TaskList(tasks=tasks, total=total or 0, view=view, today=caller.today.isoformat())

    async def create(
        self,
        caller: Caller,
        operation: Operation | None,
        *,
        title: str,
        notes: str,
        due: Due | None,
        due_words: str | None,
    ) -> Answer:
        """Store a new task."""

        async def act(session: AsyncSession) -> Answer:
            row = TaskRow(
                owner=caller.owner,
                id="".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH)),
                title=title,
                notes=notes,
                search_text=search_text(title, notes),
                due=due.text if due else None,
                due_instant=due.instant if due else None,
                due_words=due_words,
                time_zone=caller.zone.key,
                status="open",
                created_at=caller.now,
                completed_at=None,
                version=1,
            )
            session.add(row)
            _record(session, caller, row, "create", before=None)
            return _changed(row, caller)

        return await self._ledger.run(caller.owner, operation, caller.now, act)

    async def update(
        self,
        caller: Caller,
        operation: Operation | None,
        task_id: str,
        edit: Edit,
        expected_version: int | None,
    ) -> Answer:
        """Change title, notes or due; raises TaskError `not_found` or `conflict`."""

        def apply(row: TaskRow) -> bool:
            if not isinstance(edit.title, Unchanged):
                row.title = edit.title
            if not isinstance(edit.notes, Unchanged):
                row.notes = edit.notes
            if not isinstance(edit.due, Unchanged):
                row.due = edit.due.text if edit.due else None
                row.due_instant = edit.due.instant if edit.due else None
                row.due_words = edit.due_words
                row.time_zone = caller.zone.key
            row.search_text = search_text(row.title, row.notes)
            return True

        return await self._change(caller, operation, task_id, expected_version, "update", apply)

    async def complete(
        self, caller: Caller, operation: Operation | None, task_id: str, expected_version: int | None
    ) -> Answer:
        """Mark a task done; one that is done already stays as it is, and the answer says so."""

        def apply(row: TaskRow) -> bool:
            if row.status == "done":
                return False
            row.status = "done"
            row.completed_at = caller.now
            return True

        return await self._change(caller, operation, task_id, expected_version, "complete", apply)

    async def delete(
        self, caller: Caller, operation: Operation | None, task_id: str, expected_version: int | None
    ) -> Answer:
        """Remove a task; it can be undone for ten minutes."""

        async def act(session: AsyncSession) -> Answer:
            row = await _own_task(session, caller, task_id, expected_version)
            _record(session, caller, row, "delete", before=snapshot(row))
            await session.delete(row)
            return _changed(row, caller)

        return await self._ledger.run(caller.owner, operation, caller.now, act)

    async def undo(self, caller: Caller, operation: Operation | None) -> Answer:
        """Take back the owner's last change of the last ten minutes; asked again, the one before it."""

        async def act(session: AsyncSession) -> Answer:
            change = await session.scalar(
                select(ChangeRow)
                .where(ChangeRow.owner == caller.owner, ChangeRow.at > caller.now - UNDO_FOR)
                .order_by(ChangeRow.id.desc())
                .limit(1)
            )
            if change is None:
                raise TaskError("not_found", "There is nothing to undo from the last ten minutes.")
            row = await session.get(TaskRow, (caller.owner, change.task_id))
            if change.before is None:
                if row is None:
                    raise TaskError("conflict", "The task has changed since; nothing was undone.")
                await session.delete(row)
            else:
                version = row.version if row is not None else change.version_after
                if row is None:
                    row = TaskRow(owner=caller.owner, id=change.task_id)
                    session.add(row)
                restore(row, change.before)
                row.search_text = search_text(row.title, row.notes)
                row.version = version + 1  # never back: somebody may hold the number that it had
            await session.delete(change)
            kind: ChangeKind = change.kind  # type: ignore[assignment]
            task = render(row, caller.now, caller.zone)
            return Undone(undone=kind, task=task, repeated=False).model_dump(mode="json")

        return await self._ledger.run(caller.owner, operation, caller.now, act)

    async def forget(self, now: datetime) -> None:
        """Drop what no longer serves: changes past undoing, and old answers. They hold people's words."""
        async with self._sessions.begin() as session:
            await session.execute(delete(ChangeRow).where(ChangeRow.at <= now.astimezone(UTC) - UNDO_FOR))
            await session.execute(
                delete(OperationRow).where(OperationRow.at <= now.astimezone(UTC) - REMEMBER_ANSWERS_FOR)
            )

    async def _change(
        self,
        caller: Caller,
        operation: Operation | None,
        task_id: str,
        expected_version: int | None,
        kind: ChangeKind,
        apply: Callable[[TaskRow], bool],
    ) -> Answer:
        async def act(session: AsyncSession) -> Answer:
            row = await _own_task(session, caller, task_id, expected_version)
            before = snapshot(row)
            changed = apply(row) and snapshot(row) != before
            if changed:
                row.version += 1
                _record(session, caller, row, kind, before)
            return _changed(row, caller, changed=changed)

        return await self._ledger.run(caller.owner, operation, caller.now, act)


async def _own_task(
    session: AsyncSession, caller: Caller, task_id: str, expected_version: int | None
) -> TaskRow:
    row = await session.get(TaskRow, (caller.owner, task_id))
    if row is None:  # another user's id looks exactly like one that never was
        raise TaskError("not_found", "There is no such task.")
    if expected_version is not None and row.version != expected_version:
        raise TaskError("conflict", "The task has changed in the meantime; look at it again.")
    return row


def _record(
    session: AsyncSession, caller: Caller, row: TaskRow, kind: ChangeKind, before: dict[str, object] | None
) -> None:
    session.add(
        ChangeRow(
            owner=caller.owner,
            task_id=row.id,
            kind=kind,
            at=caller.now,
            version_after=row.version,
            before=before,
        )
    )


def _changed(row: TaskRow, caller: Caller, *, changed: bool = True) -> Answer:
    task = render(row, caller.now, caller.zone)
    return TaskChanged(task=task, changed=changed, repeated=False).model_dump(mode="json")


def _in_view(view: View, caller: Caller) -> list[ColumnElement[bool]]:
    today = caller.today.isoformat()
    still_open = TaskRow.status == "open"
    match view:
        case "done":
            return [TaskRow.status == "done"]
        case "today":
            return [still_open, _due_day() == today]
        case "week":
            last = (caller.today + WEEK).isoformat()
            return [still_open, _due_day() >= today, _due_day() < last]
        case "overdue":
            day_passed = and_(TaskRow.due_instant.is_(None), TaskRow.due < today)
            return [still_open, or_(day_passed, TaskRow.due_instant < caller.now)]
        case "all":
            return [still_open]


def _due_day() -> ColumnElement[str]:
    return func.substr(TaskRow.due, 1, 10)


def _in_order(matching: Select[tuple[TaskRow]], view: View) -> Select[tuple[TaskRow]]:
    if view == "done":
        return matching.order_by(TaskRow.completed_at.desc(), TaskRow.id)
    return matching.order_by(TaskRow.due.is_(None), TaskRow.due, TaskRow.created_at, TaskRow.id)
