"""Bring the room's tables up to date, from code: no ini file, no shell."""

import zlib
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from people.database import create_engine

_MIGRATIONS = Path(__file__).parent / "migrations"


async def migrate(url: str) -> None:
    """Bring this room's tables up to date, see `upgrade`."""
    await upgrade(url, _MIGRATIONS, version_table="people_version")


async def upgrade(url: str, migrations: Path, *, version_table: str) -> None:
    """Upgrade to the newest revision; safe to run at every start and by several processes at once.

    `version_table` is the one that the migrations' own environment names: rooms that share a database wait for
    themselves only. Raises what SQLAlchemy raises when the database cannot be reached.
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
            await connection.run_sync(_upgrade, migrations)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, migrations: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
