"""Bring the room's tables up to date, from code: no ini file, no shell."""

import asyncio
import contextlib
import zlib
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from mcp_tasks.database import create_engine

VERSION_TABLE = "mcp_tasks_version"
_MIGRATIONS = Path(__file__).parent / "migrations"
_WAL_ATTEMPTS = 50
_WAL_PAUSE_SECONDS = 0.1
_LOCK_ID = zlib.crc32(VERSION_TABLE.encode())


async def migrate(url: str) -> None:
    """Upgrade to the newest revision; safe at every start and from several processes at once.

    Raises what SQLAlchemy raises when the database cannot be reached.
    """
    engine = create_engine(url)
    try:
        if engine.dialect.name == "sqlite":
            await _use_wal(engine)
        async with engine.begin() as connection:
            # Two servers that start together: the second waits and then finds nothing to do.
            if connection.dialect.name == "postgresql":
                await connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _LOCK_ID})
            else:
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
            await connection.run_sync(_upgrade)
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


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
