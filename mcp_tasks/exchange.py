"""Import and export of one owner's tasks. An import may be repeated: what is there already stays as it is."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from mcp_tasks import changes
from mcp_tasks.caller import Caller
from mcp_tasks.derived import derive
from mcp_tasks.due import Due
from mcp_tasks.edit import NewTask
from mcp_tasks.errors import TaskError
from mcp_tasks.exactly_once import Ledger
from mcp_tasks.ical import from_ical, to_ical
from mcp_tasks.models import TaskRow
from mcp_tasks.portable import MOST_TASKS, UID_HOST, PortableTask, from_json, known_zone, portable, to_json
from mcp_tasks.recurrence import clean_rrule
from mcp_tasks.rows import new_row
from mcp_tasks.wording import clean_list, clean_notes, clean_tags, clean_title

Format = Literal["ical", "json"]
LONGEST_FILE: Final = 20_000_000
"""Characters."""


@dataclass(slots=True)
class Imported:
    """What an import did."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    """Was there already, as new or newer."""
    refused: list[str] = field(default_factory=list)
    """Each task that could not be taken: which one of the file, and why."""


class Exchange:
    """Takes an owner's tasks out and in."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)
        self._ledger = Ledger(engine)

    async def export(self, caller: Caller, form: Format) -> str:
        """All tasks of the owner, open and done, oldest first."""
        async with self._sessions() as session:
            mine = (
                select(TaskRow)
                .where(TaskRow.owner == caller.owner)
                .order_by(TaskRow.created_at, TaskRow.number)
            )
            tasks = [portable(row) for row in await session.scalars(mine)]
        return to_json(tasks) if form == "json" else to_ical(tasks, caller.now)

    async def take_in(self, caller: Caller, text: str, form: Format) -> Imported:
        """Store the tasks of a file; known ones (by UID) are changed only where the file is newer.

        Raises TaskError for a file that cannot be read at all. An import cannot be undone by `undo`.
        """
        if len(text) > LONGEST_FILE:
            raise TaskError("too_long", "The file is too long.")
        tasks = from_json(text) if form == "json" else from_ical(text, caller.zone)
        if len(tasks) > MOST_TASKS:
            raise TaskError("too_long", f"A file may hold {MOST_TASKS} tasks at most.")
        result = Imported()

        async with self._ledger.writing(caller.owner) as session:
            known = await session.scalars(select(TaskRow).where(TaskRow.owner == caller.owner))
            by_uid = {row.uid or f"{row.id}{UID_HOST}": row for row in known}
            updated: list[str] = []
            for number, task in enumerate(tasks, 1):
                row = by_uid.get(task.uid)
                try:
                    if row is None:
                        by_uid[task.uid] = _made(caller, task)
                        session.add(by_uid[task.uid])
                        result.created += 1
                    elif task.updated_at is None or task.updated_at <= row.updated_at:
                        result.unchanged += 1
                    else:
                        _fill(row, caller, task)
                        row.version += 1
                        updated.append(row.id)
                        result.updated += 1
                except TaskError as error:
                    result.refused.append(f"task {number}: {error.message}")
            deleted = await changes.deletions(session, caller.owner)
            back = [task_id for task_id, uid in deleted.items() if (uid or f"{task_id}{UID_HOST}") in by_uid]
            await changes.cannot_be_undone(session, caller.owner, [*updated, *back])
        return result


def _made(caller: Caller, task: PortableTask) -> TaskRow:
    row = new_row(caller, _clean(task, caller.zone))
    row.uid = task.uid
    _complete(row, caller, task)
    return row


def _fill(row: TaskRow, caller: Caller, task: PortableTask) -> None:
    made = new_row(caller, _clean(task, caller.zone))  # whatever is wrong is found before anything is changed
    if (made.due, made.due_instant, made.rrule) != (row.due, row.due_instant, row.rrule):
        row.due_words = None  # they were said of another date
    for name in (
        "title",
        "notes",
        "due",
        "due_instant",
        "priority",
        "list_name",
        "tags",
        "rrule",
        "repeats_from",
    ):
        setattr(row, name, getattr(made, name))
    if task.by_phone is not None:
        row.by_phone = made.by_phone
    _complete(row, caller, task)


def _complete(row: TaskRow, caller: Caller, task: PortableTask) -> None:
    """What a task brings along that no new one has."""
    row.time_zone = known_zone(task.time_zone, caller.zone).key
    row.status = task.status
    row.created_at = task.created_at or row.created_at
    row.updated_at = task.updated_at or caller.now
    row.completed_at = (task.completed_at or row.updated_at) if task.status == "done" else None
    if row.rrule is not None and task.repeats_from is not None:
        row.repeats_from = _read(task.repeats_from, caller.zone).text
    derive(row)


def _clean(task: PortableTask, zone: ZoneInfo) -> NewTask:
    """Hold a task from outside to the same bounds as one that is said. Raises TaskError."""
    due = _read(task.due, known_zone(task.time_zone, zone)) if task.due else None
    return NewTask(
        title=clean_title(task.title),
        notes=clean_notes(task.notes),
        due=due,
        rrule=clean_rrule(task.rrule) if task.rrule and due else None,
        priority=task.priority,
        list_name=clean_list(task.list_name),
        tags=clean_tags(task.tags),
        by_phone=bool(task.by_phone) and due is not None,
    )


def _read(text: str, zone: ZoneInfo) -> Due:
    """A due in our own form; raises TaskError `invalid`."""
    try:
        if len(text) == len("2026-11-27"):
            return Due(date.fromisoformat(text))
        return Due(datetime.fromisoformat(text).replace(tzinfo=zone, microsecond=0))
    except ValueError as error:
        raise TaskError("invalid", "The due is no date.") from error
