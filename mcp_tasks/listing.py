"""What is told of an owner's tasks: a view, a search, or what changed lately."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from mcp_tasks.asking import summary, which
from mcp_tasks.caller import Caller
from mcp_tasks.changes import history
from mcp_tasks.finding import PAGE, find
from mcp_tasks.models import TaskRow
from mcp_tasks.render import render
from mcp_tasks.task import TaskList, View
from mcp_tasks.views import GROUPS, as_told, counted, group_of, in_order

MAX_LIMIT = PAGE


async def in_a_view(
    session: AsyncSession, caller: Caller, view: View, conditions: Sequence[ColumnElement[bool]], limit: int
) -> TaskList:
    """The tasks of a view in the order in which they are told; of all open ones also how they group, and a summary.

    Of more than 200 the soonest due are ordered by urgency among themselves.
    """
    mine = [TaskRow.owner == caller.owner, *conditions]
    rows = list(await session.scalars(in_order(select(TaskRow).where(*mine), view).limit(PAGE)))
    whole = len(rows) < PAGE
    if view != "done":
        rows = as_told(rows, caller)
    answer = _answer(caller, view, rows[:limit], len(rows))
    if view == "all":
        numbers = Counter(group_of(row, caller) for row in rows)
        counts = [numbers[group] for group in GROUPS]
        if not whole:
            counts = list((await session.execute(counted(caller, mine))).one())
        answer.groups = dict(zip(GROUPS, counts, strict=True))
        answer.total = sum(counts)
        answer.summary = summary(answer.groups, rows, caller)
    elif not whole:
        answer.total = await session.scalar(select(func.count()).select_from(TaskRow).where(*mine)) or 0
    return answer


async def for_a_query(
    session: AsyncSession,
    caller: Caller,
    view: View,
    conditions: Sequence[ColumnElement[bool]],
    query: str,
    limit: int,
) -> TaskList:
    """The tasks that a query finds, the best first; which one it means, or what to ask when that is not clear."""
    found = await find(session, caller, conditions, view, query, limit)
    meant = found.meant
    answer = _answer(caller, view, meant.rows[:limit], found.total)
    answer.match = meant.match
    if meant.equal == 1 and meant.match != "similar":
        answer.meant = meant.rows[0].id
    elif meant.rows:
        answer.question = which(meant.rows[: meant.equal or len(meant.rows)], caller)
    return answer


async def changed_lately(session: AsyncSession, caller: Caller, limit: int) -> TaskList:
    """What was changed, the latest first, and the tasks as they are now."""
    changes = await history(session, caller, limit)
    ids = list(dict.fromkeys(change.task_id for change in changes))
    found = await session.scalars(select(TaskRow).where(TaskRow.owner == caller.owner, TaskRow.id.in_(ids)))
    by_id = {row.id: row for row in found}
    rows = [by_id[each] for each in ids if each in by_id]
    answer = _answer(caller, "changed", rows, len(rows))
    answer.changes = changes
    return answer


def _answer(caller: Caller, view: View, rows: Sequence[TaskRow], total: int) -> TaskList:
    tasks = [render(row, caller.now, caller.zone) for row in rows]
    return TaskList(tasks=tasks, total=total, view=view, today=caller.today.isoformat())
