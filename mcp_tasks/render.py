"""From a row to what the client reads."""

from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from mcp_tasks.due import Due, read_due
from mcp_tasks.models import TaskRow
from mcp_tasks.spoken import spoken
from mcp_tasks.spoken_recurrence import spoken_rule
from mcp_tasks.task import Priority, Task


def render(row: TaskRow, now: datetime, zone: ZoneInfo) -> Task:
    """Tell one task; `now` and `zone` are the caller's, for «tomorrow at 5 PM».

    A moment is told in `zone`, also where it was set by another clock: who reads it and who hears it are told the same.
    """
    due, said = row.due, None
    if row.due is not None:
        when = read_due(row.due, row.due_instant, zone)
        due, said = Due(when).text, spoken(when, now.astimezone(zone))
    return Task(
        id=row.id,
        title=row.title,
        notes=row.notes,
        due=due,
        due_words=row.due_words,
        due_spoken=said,
        time_zone=row.time_zone if row.due_instant is None else zone.key,
        status="done" if row.status == "done" else "open",
        created_at=row.created_at,
        completed_at=row.completed_at,
        version=row.version,
        priority=cast("Priority", row.priority),
        list_name=row.list_name,
        tags=row.tags,
        rrule=row.rrule,
        by_phone=row.by_phone,
        repeats=spoken_rule(row.rrule, zone) if row.rrule else None,
    )


_SNAPSHOT = (
    "title",
    "notes",
    "due",
    "due_words",
    "time_zone",
    "status",
    "version",
    "priority",
    "list_name",
    "tags",
    "by_phone",
    "rrule",
    "repeats_from",
    "uid",
)
_SINCE_T0002: dict[str, object] = {
    "by_phone": False,
    "priority": "normal",
    "list_name": "",
    "tags": [],
    "rrule": None,
    "repeats_from": None,
    "uid": None,
}
"""What a snapshot from before these columns is taken to hold."""
_SNAPSHOT_INSTANTS = ("due_instant", "created_at", "completed_at")


def snapshot(row: TaskRow) -> dict[str, object]:
    """Keep a task as JSON, for undo."""
    kept: dict[str, object] = {name: getattr(row, name) for name in _SNAPSHOT}
    for name in _SNAPSHOT_INSTANTS:
        moment = cast("datetime | None", getattr(row, name))
        kept[name] = moment.isoformat() if moment is not None else None
    return kept


def restore(row: TaskRow, kept: dict[str, object]) -> None:
    """Put a snapshot back into a row; version, moment of change and derived columns are the caller's to set."""
    for name in _SNAPSHOT:
        setattr(row, name, kept[name] if name in kept else _SINCE_T0002[name])
    for name in _SNAPSHOT_INSTANTS:
        moment = kept[name]
        setattr(row, name, datetime.fromisoformat(str(moment)) if moment is not None else None)
