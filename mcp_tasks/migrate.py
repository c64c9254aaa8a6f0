"""Bring the room's tables up to date, from code: no ini file, no shell."""

import asyncio
import contextlib
from pathlib import Path

from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from mcp_tasks.database import create_engine
from mcp_tasks.one_migration import one_migration
from mcp_tasks.search_index import prepare_search

VERSION_TABLE = "mcp_tasks_version"
_MIGRATIONS = Path(__file__).parent / "migrations"
_WAL_ATTEMPTS = 50
_WAL_PAUSE_SECONDS = 0.1


async def migrate(url: str, to: str = "head") -> None:
    """Upgrade to the newest revision; safe at every start and from several processes at once.

    A revision that was passed already is gone back to, and what was stored in newer columns is lost then.
    Raises what SQLAlchemy raises when the database cannot be reached, and NewerTablesError where a newer version of the
    product has been at work.
    """
    engine = create_engine(url)
    try:
        if engine.dialect.name == "sqlite":
            await _use_wal(engine)
        async with engine.begin() as connection:
            await one_migration(connection, _MIGRATIONS, version_table=VERSION_TABLE, to=to)
        if to == "head":
            await prepare_search(engine)
    finally:
        await engine.dispose()


async def _use_wal(engine: AsyncEngine) -> None:
    """Let readers and a writer work at once. This pragma does not heed busy_timeout, so it is tried again."""
    for _ in range(_WAL_ATTEMPTS - 1):
        with contextlib.suppress(OperationalError):
            async with engine.connect() as connection:
                await connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            return
        await asyncio.sleep(_WAL_PAUSE_SECONDS)
    async with engine.connect() as connection:
        await connection.exec_driver_sql("PRAGMA journal_mode=WAL")


def is_ours(name: str | None, kind: str, _: object) -> bool:
    """Whether Alembic compares a table with the models: those of the full-text index are SQLite's affair."""
    return kind != "table" or not str(name).startswith("tasks_words")
