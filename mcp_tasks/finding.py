"""Search: candidates come from indexes, in steps, and what they mean is decided by `matching`."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from mcp_tasks.caller import Caller
from mcp_tasks.matching import Meant, by_likeness, by_title, by_words, title_keys
from mcp_tasks.models import TaskRow
from mcp_tasks.search_index import Asked, contains, found_by, plan_for_owner
from mcp_tasks.spoken_form import sound, telling
from mcp_tasks.task import View
from mcp_tasks.views import in_order

PAGE: Final = 200
MOST_WORDS: Final = 8
"""A query is a few words; of a longer one the first are looked for."""
SCANNED: Final = 5_000
"""Tasks of one owner that are looked through, one by one, for what no index holds: signs, the middle of a word."""
_TIES: Final = 20


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to."""

    meant: Meant
    total: int


async def find(
    session: AsyncSession, caller: Caller, conditions: Sequence[ColumnElement[bool]], view: View, query: str
) -> Found:
    """Look for a query among an owner's tasks that meet some conditions; each step only where the one before failed."""
    await plan_for_owner(session)
    dialect = session.get_bind().dialect.name
    mine = (TaskRow.owner == caller.owner, *conditions)
    if query.startswith("#") and (tag := query[1:].strip().casefold()):
        mine = (*mine, contains(f"\n#{tag}\n"))
    asked = telling(query)[:MOST_WORDS]
    if asked:
        titled = await _rows(session, view, [*mine, TaskRow.title_key.in_(title_keys(query))], _TIES)
        has_all = found_by(dialect, caller.owner, [Asked(word) for word in asked])
        rows = await _rows(session, view, [*mine, has_all], PAGE)
        total = len(rows) if len(rows) < PAGE else await _count(session, [*mine, has_all])
        if titled:
            named = by_title(query, titled)
            rest = [row for row in rows if row not in titled]
            return Found(Meant(named.match, [*named.rows, *rest], named.equal), max(total, len(titled)))
        if rows:
            return Found(by_words(query, rows), total)
        alike = await _alike(session, dialect, caller, mine, view, query, asked)
        if alike.rows:
            return Found(alike, len(alike.rows))
    rows = await _looked_through(session, caller, conditions, view, query)
    return Found(Meant("words" if rows else None, rows, 0), len(rows))


async def _rows(
    session: AsyncSession, view: View, conditions: Sequence[ColumnElement[bool]], limit: int
) -> list[TaskRow]:
    found = await session.scalars(in_order(select(TaskRow).where(*conditions), view).limit(limit))
    return list(found)


async def _count(session: AsyncSession, conditions: Sequence[ColumnElement[bool]]) -> int:
    return await session.scalar(select(func.count()).select_from(TaskRow).where(*conditions)) or 0


async def _alike(
    session: AsyncSession,
    dialect: str,
    caller: Caller,
    mine: Sequence[ColumnElement[bool]],
    view: View,
    query: str,
    asked: Sequence[str],
) -> Meant:
    """All words, or all but one, by their sound."""
    words = [Asked(word, None if word.isdigit() else sound(word)) for word in asked]
    for left in dict.fromkeys((len(words), max(len(words) - 1, 1))):
        ways = [found_by(dialect, caller.owner, some) for some in combinations(words, left)]
        near = by_likeness(query, await _rows(session, view, [*mine, or_(*ways)], PAGE))
        if near.rows:
            return near
    return Meant(None, [], 0)


async def _looked_through(
    session: AsyncSession, caller: Caller, conditions: Sequence[ColumnElement[bool]], view: View, query: str
) -> list[TaskRow]:
    some = select(TaskRow.number).where(TaskRow.owner == caller.owner, *conditions).limit(SCANNED).subquery()
    return await _rows(session, view, [TaskRow.number.in_(select(some.c.number)), contains(query)], PAGE)
