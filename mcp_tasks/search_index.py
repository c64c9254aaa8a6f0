"""What makes a search fast: SQLite's FTS5, made by a migration, and Postgres's pg_trgm, made where it may be.

Both only find candidates, by the beginnings of words in `words` and by whole keys in `sounds`. What is meant is
decided in one place for both, in `matching`.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, and_, column, or_, select, table, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from mcp_tasks.models import TaskRow

log = logging.getLogger(__name__)

_WORDS = table("tasks_words", column("rowid"), column("tasks_words"))
_INDEXES: Final = {"ix_tasks_words": "words", "ix_tasks_sounds": "sounds"}
_TOKEN = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Asked:
    """One word that a task must have, in spoken form; with a sound, the sound will do instead."""

    word: str
    sound: str | None = None

    @property
    def whole(self) -> bool:
        """Numbers are found whole: «4» does not begin «41»."""
        return self.word.isdigit()


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


async def compact(engine: AsyncEngine) -> None:
    """Make SQLite's full-text index forget words of tasks that are gone; run it before a VACUUM that has to.

    Until then a deleted word may stand in the index' older segments. It takes seconds on 100,000 tasks.
    """
    if engine.dialect.name == "sqlite":
        async with engine.begin() as connection:
            await connection.execute(text("INSERT INTO tasks_words(tasks_words) VALUES ('optimize')"))


def found_by(dialect: str, owner: str, asked: Sequence[Asked]) -> ColumnElement[bool]:
    """The condition that a task of this owner has all that is asked for. `asked` holds one word at least."""
    if dialect == "sqlite":
        hits = select(_WORDS.c.rowid).where(_WORDS.c.tasks_words.op("MATCH")(_query(owner, asked)))
        return TaskRow.number.in_(hits)
    return and_(*(_has(each) for each in asked))


def _query(owner: str, asked: Sequence[Asked]) -> str:
    """FTS5's language; everything in it is made of word characters, so nothing needs escaping."""
    parts = [f'owner_key : "{owner.encode().hex()}"']
    for each in asked:
        words = [f'"{token}"{"" if each.whole else " *"}' for token in _TOKEN.findall(each.word)]
        wanted = f"words : ({' AND '.join(words)})"
        parts.append(f'({wanted} OR sounds : "{each.sound}")' if each.sound else wanted)
    return " AND ".join(parts)


def _has(asked: Asked) -> ColumnElement[bool]:
    begins = TaskRow.words.contains(f" {asked.word}{' ' if asked.whole else ''}", autoescape=True)
    return (
        or_(begins, TaskRow.sounds.contains(f" {asked.sound} ", autoescape=True)) if asked.sound else begins
    )


def contains(words: str) -> ColumnElement[bool]:
    """The condition that a text holds this as it is written: for signs, and for the middle of a word."""
    return TaskRow.search_text.contains(words.casefold(), autoescape=True)


async def plan_for_owner(session: AsyncSession) -> None:
    """Let Postgres plan a search for the owner who asks: what is best for most is slow for one with 100,000 tasks."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
