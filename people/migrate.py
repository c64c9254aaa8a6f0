"""Bring the room's tables up to date, from code: no ini file, no shell."""

from pathlib import Path

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
    tables and columns is lost then. Raises what SQLAlchemy raises when the database cannot be reached, NewerTablesError
    where a newer version of the product has been at work, and Alembic's CommandError for a revision that does not exist
    here.
    """
    engine = create_engine(url)
    try:
        async with engine.begin() as connection:
            await one_migration(connection, migrations, version_table=version_table, to=to)
    finally:
        await engine.dispose()
