"""Which tasks a view shows, in which order, and how they fall into groups: by the caller's own day."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache, reduce
from operator import add
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select
from sqlalchemy.orm import defer

from mcp_tasks.caller import Caller
from mcp_tasks.derived import NO_DUE
from mcp_tasks.models import TaskRow
from mcp_tasks.task import Group, View

WEEK: Final = timedelta(days=7)
GROUPS: Final[tuple[Group, ...]] = ("overdue", "today", "week", "later", "no_date")
_FOR_INDEXES: Final = (TaskRow.search_text, TaskRow.words, TaskRow.sounds)
"""Columns that nobody reads again."""
_PRIORITIES: Final = {"high": 0, "normal": 1, "low": 2}


def in_view(view: View, caller: Caller) -> list[ColumnElement[bool]]:
    """The conditions of a view, each a range of an index."""
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
            long_ago = TaskRow.due_key < _day(caller, -2)
            return [still_open, TaskRow.due_key < _day(caller, 2), or_(long_ago, _overdue(caller))]
        case "all" | "changed":
            return [still_open]


def in_order(matching: Select[tuple[TaskRow]], view: View) -> Select[tuple[TaskRow]]:
    """Soonest due first, those without a date last; done: latest first. For rows that are only told."""
    matching = matching.options(*(defer(column) for column in _FOR_INDEXES))
    if view == "done":
        return matching.order_by(TaskRow.completed_at.desc(), TaskRow.number.desc())
    return matching.order_by(TaskRow.due_key, TaskRow.created_at, TaskRow.number)


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
    """Count open tasks by group, in the order of GROUPS: ranges of an index, and the days around today one by one."""
    long_ago, tomorrow, soon, later = (_day(caller, days) for days in (-2, 1, 2, 7))
    key = TaskRow.due_key
    near = and_(key >= long_ago, key < soon)
    passed, not_passed = _overdue(caller), not_(_overdue(caller))
    ranges: tuple[tuple[ColumnElement[bool], ...], ...] = (
        (key < long_ago, and_(near, passed)),
        (and_(near, not_passed, key < tomorrow),),
        (and_(near, not_passed, key >= tomorrow), and_(key >= soon, key < later)),
        (and_(key >= later, key < NO_DUE),),
        (key == NO_DUE,),
    )
    return select(*(reduce(add, [_number(each, conditions) for each in parts]) for parts in ranges))


def _number(range_: ColumnElement[bool], conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[int]:
    return select(func.count()).select_from(TaskRow).where(*conditions, range_).scalar_subquery()


def _overdue(caller: Caller) -> ColumnElement[bool]:
    """Never null: a task without a clock time is judged by its day alone."""
    day_passed = and_(TaskRow.due_instant.is_(None), TaskRow.due_key < _day(caller, 0))
    moment_passed = and_(TaskRow.due_instant.is_not(None), TaskRow.due_instant < caller.now)
    return or_(day_passed, moment_passed)


def _day(caller: Caller, days: int) -> str:
    return _day_from(caller.today, days)


@lru_cache(maxsize=64)
def _day_from(today: date, days: int) -> str:
    return (today + timedelta(days=days)).isoformat()
