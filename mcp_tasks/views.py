"""Which tasks a view shows, in which order, and how they fall into groups: by the caller's own day."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from mcp_tasks.caller import Caller
from mcp_tasks.derived import NO_DUE
from mcp_tasks.models import TaskRow
from mcp_tasks.task import Group, View

WEEK: Final = timedelta(days=7)
GROUPS: Final[tuple[Group, ...]] = ("overdue", "today", "week", "later", "no_date")
_PRIORITIES: Final = {"high": 0, "normal": 1, "low": 2}


def in_view(view: View, caller: Caller) -> list[ColumnElement[bool]]:
    """The conditions of a view; each is a range of an index, but for the moments among the overdue."""
    today, tomorrow = _day(caller, 0), _day(caller, 1)
    still_open = TaskRow.status == "open"
    match view:
        case "done":
            return [TaskRow.status == "done", TaskRow.completed_at.is_not(None)]
        case "today":
            return [still_open, TaskRow.due_key >= today, TaskRow.due_key < tomorrow]
        case "week":
            return [still_open, TaskRow.due_key >= today, TaskRow.due_key < _day(caller, 7)]
        case "overdue":
            # Local dates and moments differ by a day at most, wherever the owner was when they were set.
            return [still_open, TaskRow.due_key < _day(caller, 2), _overdue(caller)]
        case "all" | "changed":
            return [still_open]


def in_order(matching: Select[tuple[TaskRow]], view: View) -> Select[tuple[TaskRow]]:
    """Soonest due first, those without a date last; done: latest first."""
    if view == "done":
        return matching.order_by(TaskRow.completed_at.desc(), TaskRow.id)
    return matching.order_by(TaskRow.due_key, TaskRow.created_at, TaskRow.id)


def as_told(rows: Sequence[TaskRow], caller: Caller) -> list[TaskRow]:
    """Open tasks in the order in which they are told: by group, in a group by priority, then by due."""
    return sorted(rows, key=lambda row: (GROUPS.index(group_of(row, caller)), _PRIORITIES[row.priority]))


def group_of(row: TaskRow, caller: Caller) -> Group:
    """The group of an open task."""
    if row.due is None:
        return "no_date"
    if row.due < _day(caller, 0) if row.due_instant is None else row.due_instant < caller.now:
        return "overdue"
    if row.due < _day(caller, 1):
        return "today"
    return "week" if row.due < _day(caller, 7) else "later"


def counted(caller: Caller, conditions: Sequence[ColumnElement[bool]]) -> Select[tuple[int, ...]]:
    """Count open tasks by group, in the order of GROUPS; one pass over an index."""
    group = case(
        (TaskRow.due_key == NO_DUE, 4),
        (_overdue(caller), 0),
        (TaskRow.due_key < _day(caller, 1), 1),
        (TaskRow.due_key < _day(caller, 7), 2),
        else_=3,
    )
    return select(
        *(func.coalesce(func.sum(case((group == place, 1), else_=0)), 0) for place in range(5))
    ).where(*conditions)


def _overdue(caller: Caller) -> ColumnElement[bool]:
    day_passed = and_(TaskRow.due_instant.is_(None), TaskRow.due_key < _day(caller, 0))
    return or_(day_passed, TaskRow.due_instant < caller.now)


def _day(caller: Caller, days: int) -> str:
    return (caller.today + timedelta(days=days)).isoformat()
