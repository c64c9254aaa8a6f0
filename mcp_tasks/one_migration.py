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


class NewerTablesError(Exception):
    """A newer version of the product has brought the tables further than this one knows, and nothing was done.

    Revisions add: whoever only uses the tables that it knows can go on. Whoever starts had better not.
    """


async def one_migration(
    connection: AsyncConnection, migrations: Path, *, version_table: str, to: str
) -> None:
    """Move the tables of one room to a revision, when whoever else migrates them is done; nothing is begun where they are
    the newest already.

    `version_table` is the one that the migrations' own environment names: rooms that share a database wait for
    themselves only. A revision that was passed already, or `base`, is gone back to. Raises NewerTablesError where the newest
    one is asked for and the tables are newer still.
    """
    # Processes that start together: the second waits and then finds nothing to do.
    if connection.dialect.name == "postgresql":
        lock = zlib.crc32(version_table.encode())
        await connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": lock})
    else:
        await connection.exec_driver_sql("BEGIN IMMEDIATE")
    if to == "head":
        present, last = await connection.run_sync(_present, version_table), newest(migrations)
        if present == last:
            return
        if present > last:  # they are numbered
            raise NewerTablesError(f"{version_table} is {present}, and this version knows {last} at most")
    async with _LOCKS.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
        await connection.run_sync(_move, migrations, version_table, to)


def _present(connection: Connection, version_table: str) -> str:
    """The revision of the tables, empty where there are none. Without Alembic: it takes a tenth of the time in which a
    server that was restarted is back.
    """
    if not inspect(connection).has_table(version_table):
        return ""
    versions = table(version_table, column("version_num"))
    return str(connection.scalar(select(versions.c.version_num)) or "")


def newest(migrations: Path) -> str:
    """The last revision of a room: its files are numbered, and named after their revisions."""
    return max(path.name.partition("_")[0] for path in (migrations / "versions").glob("[a-z][0-9]*.py"))


def _move(connection: Connection, migrations: Path, version_table: str, to: str) -> None:
    from mcp_tasks.alembic_moves import move  # seldom needed, and slow to load

    move(connection, migrations, version_table, to)
