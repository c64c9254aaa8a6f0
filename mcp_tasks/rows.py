"""Making and changing rows: a new task, an edit, and the next occurrence of one that repeats."""

import secrets
from typing import Final

from mcp_tasks.caller import Caller
from mcp_tasks.derived import derive, fresh_number
from mcp_tasks.due import Due
from mcp_tasks.edit import Edit, NewTask, Unchanged
from mcp_tasks.errors import TaskError
from mcp_tasks.models import TaskRow
from mcp_tasks.recurrence import next_occurrence, rest_of

_ID_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"
_ID_LENGTH: Final = 8


def new_row(caller: Caller, new: NewTask) -> TaskRow:
    """A row for a task that was not there; raises TaskError `invalid` for one that repeats without a date."""
    row = _row(caller, new)
    _set_due(row, new.due)
    _set_rule(row, new.rrule)
    derive(row)
    return row


def apply(row: TaskRow, caller: Caller, edit: Edit) -> None:
    """Change what an edit names; raises TaskError `invalid` for a rule without a date."""
    if not isinstance(edit.title, Unchanged):
        row.title = edit.title
    if not isinstance(edit.notes, Unchanged):
        row.notes = edit.notes
    if not isinstance(edit.due, Unchanged) and _differs(row, edit.due):
        before = row.due
        _set_due(row, edit.due)
        _keep_place(row, before, caller)
        row.due_words = edit.due_words
        row.time_zone = caller.zone.key
        if edit.due is None:
            _set_rule(row, None)
    if not isinstance(edit.rrule, Unchanged):
        if edit.rrule != row.rrule:
            row.due_words = edit.due_words if edit.rrule else None  # «every Monday» is no longer so
        _set_rule(row, edit.rrule)
    if not isinstance(edit.priority, Unchanged):
        row.priority = edit.priority
    if not isinstance(edit.list_name, Unchanged):
        row.list_name = edit.list_name
    if not isinstance(edit.tags, Unchanged):
        row.tags = edit.tags
    if not isinstance(edit.by_phone, Unchanged):
        row.by_phone = edit.by_phone
    derive(row)


def _keep_place(row: TaskRow, before: str | None, caller: Caller) -> None:
    """Where an occurrence is moved to before its place, the series goes on behind that: it is not to come there too.

    Due dates and places are ISO: the order of text is that of time.
    """
    place = row.repeats_from
    if row.rrule is None or place is None or row.due is None or before is None:
        return
    if row.due < place <= before:
        row.rrule, row.repeats_from = rest_of(row.rrule, place, caller.zone) or (None, None)


def complete(row: TaskRow, caller: Caller) -> TaskRow | None:
    """Mark an open task done; the row of its next occurrence, if it has one, on the clock of whoever did it."""
    following = _following(row, caller)
    row.status, row.completed_at = "done", caller.now
    row.rrule = row.repeats_from = None  # the series goes on in the next one
    return following


def _following(row: TaskRow, caller: Caller) -> TaskRow | None:
    if row.rrule is None or row.due is None:
        return None
    found = next_occurrence(row.rrule, row.repeats_from or row.due, row.due, local=caller.local)
    if found is None:
        return None
    following = _row(caller, row)
    following.due_words = None  # «tomorrow» was said of the one before
    following.rrule, following.repeats_from = found.rrule, found.start
    _set_due(following, found.due)
    derive(following)
    return following


def _differs(row: TaskRow, due: Due | None) -> bool:
    """Whether a due is another one: the same one in other words is no change, and there is nothing to undo."""
    return (row.due, row.due_instant) != ((due.text, due.instant) if due else (None, None))


def _set_due(row: TaskRow, due: Due | None) -> None:
    row.due = due.text if due else None
    row.due_instant = due.instant if due else None


def _set_rule(row: TaskRow, rrule: str | None) -> None:
    if rrule is not None and row.due is None:
        raise TaskError("invalid", "A task that repeats needs a first date.")
    row.rrule = rrule
    row.repeats_from = row.due if rrule is not None else None


def _fresh_id() -> str:
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH))


def _row(caller: Caller, like: NewTask | TaskRow) -> TaskRow:
    """A row of the caller's with another task's words, without its dates."""
    return TaskRow(
        owner=caller.owner,
        id=_fresh_id(),
        title=like.title,
        notes=like.notes,
        due_words=like.due_words,
        time_zone=caller.zone.key,
        status="open",
        created_at=caller.now,
        completed_at=None,
        version=1,
        updated_at=caller.now,
        priority=like.priority,
        list_name=like.list_name,
        tags=like.tags,
        by_phone=like.by_phone,
        uid=None,
        number=fresh_number(),
    )
