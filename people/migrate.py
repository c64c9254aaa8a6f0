"""Bring the room's tables up to date, from code: no ini file, no shell."""

import zlib
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from mcp_tasks.one_migration import one_migration
from people.database import create_engine

_MIGRATIONS = Path(__file__).parent / "migrations"


async def migrate(url: str, to: str = "head") -> None:
    """Bring this room's tables up to date, see `move`."""
    await move(url, _MIGRATIONS, version_table="people_version", to=to)


async def move(url: str, migrations: Path, *, version_table: str, to: str = "head") -> None:
    """Upgrade to the newest revision; safe to run at every start and by several processes at once.

    `version_table` is the one that the migrations' own environment names: rooms that share a database wait for
    themselves only. A revision that was passed already, or `base`, is gone back to, and what was stored in newer
    tables and columns is lost then. Raises what SQLAlchemy raises when the database cannot be reached, and Alembic's
    CommandError for a revision that does not exist here (a newer version of the product has been at work).
    """
    lock = zlib.crc32(version_table.encode())
    engine = create_engine(url)
    try:
        async with engine.begin() as connection:
            # Web and worker start together: the second waits and then finds nothing to do.
            if connection.dialect.name == "postgresql":
                await connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": lock})
            else:
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
            if to == "head" and await connection.run_sync(_is_newest, migrations, version_table):
                return
            async with one_migration():
                await connection.run_sync(_move, migrations, version_table, to)
    finally:
        await engine.dispose()


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
