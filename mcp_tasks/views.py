"""Which tasks a view shows, in which order, and how they fall into groups: by the caller's own day."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache, reduce
from operator import add
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select
from sqlalchemy.orm import defer

from mcp_tasks.caller import Caller
from mcp_tasks.derived import NO_DUE
from mcp_tasks.models import TaskRow
from mcp_tasks.task import Group, View

_APART: Final = 2
"""Days by which the date of a moment may differ from where it was set to where its owner is now: from -12 to +14 hours."""
GROUPS: Final[tuple[Group, ...]] = ("overdue", "today", "week", "later", "no_date")
_FOR_INDEXES: Final = (TaskRow.search_text, TaskRow.words, TaskRow.sounds)
"""Columns that nobody reads again."""
_PRIORITIES: Final = {"high": 0, "normal": 1, "low": 2}


def in_view(view: View, caller: Caller) -> list[ColumnElement[bool]]:
    """The conditions of a view, each a range of an index."""
    key, still_open = TaskRow.due_key, TaskRow.status == "open"
    first = key >= _day(caller, -_APART)
    match view:
        case "done":
            return [TaskRow.status == "done", TaskRow.completed_at.is_not(None)]
        case "today":
            near = (first, key < _day(caller, 1 + _APART))
            return [still_open, *near, not_(_before(caller, 0)), _before(caller, 1)]
        case "week":
            near = (first, key < _day(caller, 7 + _APART))
            return [still_open, *near, not_(_before(caller, 0)), _before(caller, 7)]
        case "overdue":
            long_ago = key < _day(caller, -_APART)
            return [still_open, key < _day(caller, 1 + _APART), or_(long_ago, _overdue(caller))]
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
    on = row.due if row.due_instant is None else row.due_instant.astimezone(caller.zone).date().isoformat()
    if on < _day(caller, 0) if row.due_instant is None else row.due_instant < caller.now:
        return "overdue"
    if on < _day(caller, 1):
        return "today"
    return "week" if on < _day(caller, 7) else "later"


def counted(caller: Caller, conditions: Sequence[ColumnElement[bool]]) -> Select[tuple[int, ...]]:
    """Count open tasks by group, in the order of GROUPS: ranges of an index, and the days around their ends one by one."""
    key = TaskRow.due_key
    long_ago, soon, safe, later = (
        _day(caller, days) for days in (-_APART, 1 + _APART, 7 - _APART, 7 + _APART)
    )
    near, around = and_(key >= long_ago, key < soon), and_(key >= safe, key < later)
    passed, not_passed = _overdue(caller), not_(_overdue(caller))
    today, week = _before(caller, 1), _before(caller, 7)
    ranges: tuple[tuple[ColumnElement[bool], ...], ...] = (
        (key < long_ago, and_(near, passed)),
        (and_(near, not_passed, today),),
        (and_(near, not_passed, not_(today)), and_(key >= soon, key < safe), and_(around, week)),
        (and_(around, not_(week)), and_(key >= later, key < NO_DUE)),
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


def _before(caller: Caller, days: int) -> ColumnElement[bool]:
    """Due before the caller's day that begins in so many days; never null. A moment falls on the day that it is there."""
    begins = datetime.combine(caller.today + timedelta(days=days), time(0), caller.zone)
    on_a_day = and_(TaskRow.due_instant.is_(None), TaskRow.due_key < _day(caller, days))
    at_a_time = and_(TaskRow.due_instant.is_not(None), TaskRow.due_instant < begins)
    return or_(on_a_day, at_a_time)


def _day(caller: Caller, days: int) -> str:
    return _day_from(caller.today, days)


@lru_cache(maxsize=64)
def _day_from(today: date, days: int) -> str:
    return (today + timedelta(days=days)).isoformat()
