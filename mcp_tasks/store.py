"""Tasks in a database. Every query names the owner; there is no way to ask without one."""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from mcp_tasks import changes, rows
from mcp_tasks.caller import Caller
from mcp_tasks.derived import list_key
from mcp_tasks.due import read_due
from mcp_tasks.edit import Before, Edit, NewTask
from mcp_tasks.errors import TaskError
from mcp_tasks.exactly_once import Answer, Ledger, Operation
from mcp_tasks.listing import MAX_LIMIT, changed_lately, for_a_query, in_a_view
from mcp_tasks.models import OperationRow, TaskRow
from mcp_tasks.render import render, snapshot
from mcp_tasks.same_wish import same_title
from mcp_tasks.task import ChangeKind, TaskChanged, TaskList, Undone, View
from mcp_tasks.views import in_view

REMEMBER_ANSWERS_FOR: Final = timedelta(hours=24)
"""Longer than any call and its retries; answers hold titles, so no longer than needed."""

_MOST_ALIKE: Final = 50
"""So many titles that sound the same are looked at."""


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

    async def before(self, caller: Caller, task_id: str) -> Before:
        """What an update of the caller's task builds on; nothing where there is no such task."""
        async with self._sessions() as session:
            row = await session.get(TaskRow, (caller.owner, task_id))
        if row is None:
            return Before()
        due = read_due(row.due, row.due_instant, caller.zone) if row.due is not None else None
        return Before(due, row.due_words, row.by_phone, row.version)

    async def answered(self, caller: Caller, operation: Operation | None) -> Answer | None:
        """The first answer to a repeated operation; see `Ledger.answered`."""
        return await self._ledger.answered(caller.owner, operation)

    async def list_tasks(
        self, caller: Caller, view: View, query: str, limit: int, *, list_name: str = ""
    ) -> TaskList:
        """Tasks of one view, of one list, for one query; without a query in the order in which they are told.

        A query's best come first, and it is said which one is meant, or what to ask.
        """
        limit = min(limit, MAX_LIMIT)
        conditions = in_view(view, caller)
        if list_name:
            conditions.append(TaskRow.list_key == list_key(list_name))
        async with self._sessions() as session:
            if view == "changed":
                return await changed_lately(session, caller, limit)
            if query:
                return await for_a_query(session, caller, view, conditions, query, limit)
            return await in_a_view(session, caller, view, conditions, limit)

    async def create(self, caller: Caller, operation: Operation | None, new: NewTask) -> Answer:
        """Store a new task; raises TaskError `invalid` for one that repeats without a date."""

        async def act(session: AsyncSession) -> Answer:
            row = rows.new_row(caller, new)
            twin = await _twin(session, row)
            session.add(row)
            changes.record(session, caller, row, "create", before=None)
            return _changed(row, caller, twin=twin)

        return await self._ledger.run(caller.owner, operation, caller.now, act)

    async def update(
        self,
        caller: Caller,
        operation: Operation | None,
        task_id: str,
        edit: Edit,
        expected_version: int | None,
    ) -> Answer:
        """Change a task; raises TaskError `not_found`, `conflict`, or `invalid` for a rule without a date."""

        async def act(session: AsyncSession) -> Answer:
            row = await _own_task(session, caller, task_id, expected_version)
            before = snapshot(row)
            rows.apply(row, caller, edit)
            changed = _settle(session, caller, row, "update", before)
            return _changed(row, caller, changed=changed)

        return await self._ledger.run(caller.owner, operation, caller.now, act)

    async def complete(
        self, caller: Caller, operation: Operation | None, task_id: str, expected_version: int | None
    ) -> Answer:
        """Mark a task done; one that is done already stays as it is, and the answer says so.

        One that repeats makes its next occurrence, on the clock of whoever did it.
        """

        async def act(session: AsyncSession) -> Answer:
            row = await _own_task(session, caller, task_id, expected_version)
            if row.status == "done":
                return _changed(row, caller, changed=False)
            before = snapshot(row)
            following = rows.complete(row, caller)
            if following is not None:
                session.add(following)
            _settle(session, caller, row, "complete", before, made=following)
            return _changed(row, caller, following=following)

        return await self._ledger.run(caller.owner, operation, caller.now, act)

    async def delete(
        self, caller: Caller, operation: Operation | None, task_id: str, expected_version: int | None
    ) -> Answer:
        """Remove a task, and with it the series of one that repeats; it can be undone for ten minutes."""

        async def act(session: AsyncSession) -> Answer:
            row = await _own_task(session, caller, task_id, expected_version)
            changes.record(session, caller, row, "delete", before=snapshot(row))
            await session.delete(row)
            return _changed(row, caller)

        return await self._ledger.run(caller.owner, operation, caller.now, act)

    async def undo(
        self, caller: Caller, operation: Operation | None, expected_at: datetime | None = None
    ) -> Answer:
        """Take back the owner's last change of the last ten minutes; asked again, the one before it.

        Raises TaskError `not_found`, and `conflict` for one that was not made when it is expected to have been.
        """

        async def act(session: AsyncSession) -> Answer:
            kind, row = await changes.undo(session, caller, expected_at)
            task = render(row, caller.now, caller.zone)
            return Undone(undone=kind, task=task, repeated=False).model_dump(mode="json")

        return await self._ledger.run(caller.owner, operation, caller.now, act)

    async def forget(self, now: datetime) -> None:
        """Drop what no longer serves: the words of changes past undoing, and old answers."""
        async with self._sessions.begin() as session:
            await changes.forget(session, now)
            old = OperationRow.at <= now.astimezone(UTC) - REMEMBER_ANSWERS_FOR
            await session.execute(delete(OperationRow).where(old))


async def _own_task(
    session: AsyncSession, caller: Caller, task_id: str, expected_version: int | None
) -> TaskRow:
    row = await session.get(TaskRow, (caller.owner, task_id))
    if row is None:  # another user's id looks exactly like one that never was
        raise TaskError("not_found", "There is no such task.")
    if expected_version is not None and row.version != expected_version:
        raise TaskError("conflict", "The task has changed in the meantime; look at it again.")
    return row


async def _twin(session: AsyncSession, row: TaskRow) -> str | None:
    """The id of an open task of the same owner that has a new one's title and due."""
    alike = await session.execute(
        select(TaskRow.id, TaskRow.title)
        .where(TaskRow.owner == row.owner, TaskRow.title_key == row.title_key)
        .where(TaskRow.status == "open", TaskRow.due_key == row.due_key)
        .order_by(TaskRow.number)
        .limit(_MOST_ALIKE)
    )
    key = same_title(row.title)
    return next((task_id for task_id, title in alike if same_title(title) == key), None)


def _settle(
    session: AsyncSession,
    caller: Caller,
    row: TaskRow,
    kind: ChangeKind,
    before: dict[str, object],
    *,
    made: TaskRow | None = None,
) -> bool:
    """Count the version up and note the change, if there was any."""
    if snapshot(row) == before:
        return False
    row.version += 1
    row.updated_at = caller.now
    changes.record(session, caller, row, kind, before=before, made=made.id if made else None)
    return True


def _changed(
    row: TaskRow,
    caller: Caller,
    *,
    changed: bool = True,
    following: TaskRow | None = None,
    twin: str | None = None,
) -> Answer:
    task = render(row, caller.now, caller.zone)
    following_task = render(following, caller.now, caller.zone) if following else None
    answer = TaskChanged(task=task, changed=changed, repeated=False, next=following_task, also_there=twin)
    return answer.model_dump(mode="json")
