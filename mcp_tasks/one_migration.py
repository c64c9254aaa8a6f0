"""Migrating in a transaction that is open: one room after the other, and one migration at a time in a process.

Alembic keeps the one that goes on in globals of its modules. Two that overlap, though of different databases, take each
other's away in the middle. Only in one event loop do they.
"""

import asyncio
import zlib
from pathlib import Path
from weakref import WeakKeyDictionary

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
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
    head = ScriptDirectory.from_config(_config(connection, migrations)).get_current_head()
    return _present(connection, version_table) == head


def _move(connection: Connection, migrations: Path, version_table: str, to: str) -> None:
    config = _config(connection, migrations)
    present = _present(connection, version_table)
    passed = [one.revision for one in ScriptDirectory.from_config(config).iterate_revisions(present, "base")]
    if to == "base" or to in passed[1:]:
        command.downgrade(config, to)
    else:
        command.upgrade(config, to)


def _present(connection: Connection, version_table: str) -> str | None:
    return MigrationContext.configure(
        connection, opts={"version_table": version_table}
    ).get_current_revision()


def _config(connection: Connection, migrations: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
