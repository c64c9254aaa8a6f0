"""Migrating in a transaction that is open: one room after the other, and one migration at a time in a process.

Alembic keeps the one that goes on in globals of its modules. Two that overlap, though of different databases, take each
other's away in the middle. Only in one event loop do they.
"""

import asyncio
import zlib
from pathlib import Path
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, column, inspect, select, table, text
from sqlalchemy.ext.asyncio import AsyncConnection

_LOCKS: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


async def one_migration(
    connection: AsyncConnection, migrations: Path, *, version_table: str, to: str
) -> None:
    """Move the tables of one room to a revision, when whoever else migrates them is done; nothing is begun where they are
    the newest already.

    `version_table` is the one that the migrations' own environment names: rooms that share a database wait for
    themselves only. A revision that was passed already, or `base`, is gone back to.
    """
    # Processes that start together: the second waits and then finds nothing to do.
    if connection.dialect.name == "postgresql":
        lock = zlib.crc32(version_table.encode())
        await connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": lock})
    else:
        await connection.exec_driver_sql("BEGIN IMMEDIATE")
    if to == "head" and await connection.run_sync(_is_newest, migrations, version_table):
        return
    async with _LOCKS.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
        await connection.run_sync(_move, migrations, version_table, to)


def _is_newest(connection: Connection, migrations: Path, version_table: str) -> bool:
    """Without Alembic: it takes a tenth of the time in which a server that was restarted is back."""
    if not inspect(connection).has_table(version_table):
        return False
    versions = table(version_table, column("version_num"))
    return list(connection.scalars(select(versions.c.version_num))) == [newest(migrations)]


def newest(migrations: Path) -> str:
    """The last revision of a room: its files are numbered, and named after their revisions."""
    return max(path.name.partition("_")[0] for path in (migrations / "versions").glob("[a-z][0-9]*.py"))


def _move(connection: Connection, migrations: Path, version_table: str, to: str) -> None:
    from mcp_tasks.alembic_moves import move  # seldom needed, and slow to load

    move(connection, migrations, version_table, to)
