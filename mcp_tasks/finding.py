"""Search: candidates come from indexes, in steps, and what they mean is decided by `matching`."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from mcp_tasks.caller import Caller
from mcp_tasks.matching import Meant, by_likeness, by_title, by_words, half_alike, title_keys
from mcp_tasks.models import TaskRow
from mcp_tasks.other_forms import other_forms
from mcp_tasks.search_index import MOST_HITS, Asked, beside_index, contains, found_by, plan_for_owner
from mcp_tasks.spoken_form import SMALL, sound, telling
from mcp_tasks.task import View
from mcp_tasks.views import in_order

PAGE: Final = 200
MOST_WORDS: Final = 8
"""A query is a few words; of a longer one the first are looked for."""
SCANNED: Final = 2_000
"""Tasks of one owner that are looked through, one by one, for what no index holds: signs, the middle of a word."""
MOST_HALVED: Final = 4
"""Half of more words are too many ways to try, one by one."""
_TIES: Final = 20


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to."""

    meant: Meant
    total: int


async def find(
    session: AsyncSession,
    caller: Caller,
    conditions: Sequence[ColumnElement[bool]],
    view: View,
    query: str,
    limit: int,
) -> Found:
    """Look for a query among an owner's tasks that meet some conditions; each step only where the one before failed."""
    await plan_for_owner(session)
    if query.startswith("#") and (tag := query[1:].strip().casefold()):
        conditions = [*conditions, contains(f"\n#{tag}\n", TaskRow.search_text)]
    search = _Search(session, caller, conditions, view, max(limit, _TIES))
    asked = telling(query)[:MOST_WORDS]
    if asked:
        titled = await search.titled(query)
        rows, total = await search.having([Asked(word) for word in asked])
        if titled:
            best = by_title(query, titled)
            rest = [row for row in rows if row not in titled]
            return Found(Meant(best.match, [*best.rows, *rest], best.equal), max(total, len(titled)))
        if not rows:  # numbers are found whole: «4» does not begin «41»
            rows, total = await search.having([Asked(word, begins=not word.isdigit()) for word in asked])
        if len(rows) < total < MOST_HITS:  # one that fits best may be behind those that are due sooner
            whole = await search.titled_with(asked)
            rows = [*whole, *(row for row in rows if row not in whole)]
        if rows:
            best = by_words(query, rows)
            # Of so many only the newest were looked at: none of them is clearly the one.
            return Found(best if total < MOST_HITS else Meant(best.match, best.rows, 0), total)
        alike = await search.alike(query, asked)
        if alike.rows:
            return Found(alike, len(alike.rows))
    rows = await search.looked_through(query)
    if rows or not asked:
        return Found(Meant("words" if rows else None, rows, 0), len(rows))
    return await search.somewhat_alike(asked)


@dataclass(frozen=True, slots=True)
class _Search:
    """One search's bounds: whose tasks, which of them, and how many are wanted."""

    session: AsyncSession
    caller: Caller
    conditions: Sequence[ColumnElement[bool]]
    view: View
    most: int

    @property
    def _dialect(self) -> str:
        return self.session.get_bind().dialect.name

    async def titled(self, query: str) -> list[TaskRow]:
        """Those whose title sounds like the query."""
        named = [TaskRow.owner == self.caller.owner, TaskRow.title_key.in_(title_keys(query))]
        return await self._rows([*named, *beside_index(self._dialect, self.conditions)], _TIES)

    async def having(self, asked: Sequence[Asked]) -> tuple[list[TaskRow], int]:
        """Those that have all the words, and how many there are in all; past a thousand nobody counts."""
        found = found_by(self._dialect, self.caller.owner, self.conditions, asked)
        rows = await self._rows(found, self.most)
        if len(rows) < self.most:
            return rows, len(rows)
        some = select(TaskRow.id).where(*found).limit(MOST_HITS).subquery()
        return rows, await self.session.scalar(select(func.count()).select_from(some)) or 0

    async def titled_with(self, words: Sequence[str]) -> list[TaskRow]:
        """Those that have all the words in their titles, whole."""
        found = found_by(self._dialect, self.caller.owner, self.conditions, [Asked(word) for word in words])
        title = literal(" ").concat(TaskRow.title_key).concat(" ")
        there = [title.contains(f" {word} ", autoescape=True) for word in words]
        return await self._rows([*found, *there], _TIES)

    async def alike(self, query: str, asked: Sequence[str]) -> Meant:
        """Those that have all the words, or all but one, by their sound."""
        words = [Asked(word, None if word.isdigit() else sound(word)) for word in asked]
        for left in dict.fromkeys((len(words), max(len(words) - 1, 1))):
            rows: dict[str, TaskRow] = {}
            for some in combinations(words, left):
                found = found_by(self._dialect, self.caller.owner, self.conditions, some)
                rows |= {row.id: row for row in await self._rows(found, _TIES)}
            near = by_likeness(query, list(rows.values()))
            if near.rows:
                return near
        return Meant(None, [], 0)

    async def somewhat_alike(self, asked: Sequence[str]) -> Found:
        """Those that have the words in another form, or half of them: worth a question, where else «none» is said."""
        others = other_forms(asked)
        for words in others:
            rows, total = await self.having([Asked(word) for word in words])
            if rows:
                return Found(Meant("similar", rows, len(rows)), total)
        tried: dict[frozenset[str], None] = {}
        for words in (list(asked), *others):
            if len(words) <= MOST_HALVED and not SMALL.issuperset(words):
                tried |= dict.fromkeys(map(frozenset, combinations(words, (len(words) + 1) // 2)))
        numbers = {word for word in asked if word.isdigit()}
        halves: dict[str, TaskRow] = {}
        for some in tried:
            if numbers <= some:  # «bill 7» is not «bill 3»
                found = found_by(
                    self._dialect, self.caller.owner, self.conditions, [Asked(word) for word in sorted(some)]
                )
                halves |= {row.id: row for row in await self._rows(found, _TIES)}
        offered = half_alike([asked, *others], list(halves.values()))
        return Found(offered, len(offered.rows))

    async def looked_through(self, query: str) -> list[TaskRow]:
        """Those that hold the query as it is written, among as many as can be looked through."""
        mine = [TaskRow.owner == self.caller.owner, *self.conditions]
        some = aliased(TaskRow, select(TaskRow).where(*mine).limit(SCANNED).subquery())
        found = await self.session.scalars(
            select(some).where(contains(query, some.search_text)).limit(self.most)
        )
        return list(found)

    async def _rows(self, conditions: Sequence[ColumnElement[bool]], limit: int) -> list[TaskRow]:
        found = await self.session.scalars(
            in_order(select(TaskRow).where(*conditions), self.view).limit(limit)
        )
        return list(found)
