"""What makes a search fast: SQLite's FTS5, made by a migration, and Postgres's pg_trgm, made where it may be.

Both only find candidates, by words or their beginnings in `words` and by keys in `sounds`. What is meant is decided in
one place for both, in `matching`.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, column, or_, select, table, text, true
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from mcp_tasks.models import TaskRow

log = logging.getLogger(__name__)

_WORDS = table("tasks_words", column("rowid"), column("tasks_words"))
_INDEXES: Final = {"ix_tasks_words": "words", "ix_tasks_sounds": "sounds"}
MOST_HITS: Final = 1_000
_TOKEN = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Asked:
    """One word that a task must have, in spoken form."""

    word: str
    sound: str | None = None
    """A word that sounds so will do instead."""
    begins: bool = False
    """A longer word that begins so will do instead."""


async def prepare_search(engine: AsyncEngine) -> None:
    """Make Postgres's trigram indexes. Without the right to make the extension searches are right, and slower."""
    if engine.dialect.name != "postgresql":
        return
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": 0x7461736B})
            await connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
            for name, of in _INDEXES.items():
                made = f"CREATE INDEX IF NOT EXISTS {name} ON tasks USING gin ({of} gin_trgm_ops)"
                await connection.execute(text(made))
    except DBAPIError:
        log.warning("search_index_missing", exc_info=True)


def found_by(
    dialect: str, owner: str, conditions: Sequence[ColumnElement[bool]], asked: Sequence[Asked]
) -> list[ColumnElement[bool]]:
    """The conditions for an owner's tasks that have all that is asked for. `asked` holds one word at least.

    Of a word that more than 1,000 tasks have, the newest 1,000 are found.
    """
    mine = beside_index(dialect, [TaskRow.owner == owner, *conditions])
    if dialect == "sqlite":
        hits = select(_WORDS.c.rowid).where(_WORDS.c.tasks_words.op("MATCH")(_query(owner, asked)))
        newest = hits.order_by(_WORDS.c.rowid.desc()).limit(MOST_HITS)
        return [TaskRow.number.in_(newest), *mine]
    return [*mine, *(_has(each) for each in asked)]


def beside_index(dialect: str, conditions: Sequence[ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    """The same conditions in a form that no index serves.

    SQLite knows not how many tasks an owner has, and would rather walk all of them in order than sort a few.
    """
    return [one.is_(true()) for one in conditions] if dialect == "sqlite" else list(conditions)


def _query(owner: str, asked: Sequence[Asked]) -> str:
    """FTS5's language; everything in it is made of word characters, so nothing needs escaping."""
    parts = [f'owner_key : "{owner.encode().hex()}"']
    for each in asked:
        words = [f'"{token}"{" *" if each.begins else ""}' for token in _TOKEN.findall(each.word)]
        wanted = f"words : ({' AND '.join(words)})"
        parts.append(f'({wanted} OR sounds : "{each.sound}")' if each.sound else wanted)
    return " AND ".join(parts)


def _has(asked: Asked) -> ColumnElement[bool]:
    there = TaskRow.words.contains(f" {asked.word}{'' if asked.begins else ' '}", autoescape=True)
    if asked.sound is None:
        return there
    return or_(there, TaskRow.sounds.contains(f" {asked.sound} ", autoescape=True))


def contains(words: str, search_text: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """The condition that a text holds this as it is written: for signs, and for the middle of a word."""
    return search_text.contains(words.casefold(), autoescape=True)


async def plan_for_owner(session: AsyncSession) -> None:
    """Let Postgres plan a search for the owner who asks: what is best for most is slow for one with 100,000 tasks."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
