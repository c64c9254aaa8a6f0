"""Alembic's own part of a migration: loaded only where tables are to be moved."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def move(connection: Connection, migrations: Path, version_table: str, to: str) -> None:
    """Move tables to a revision, forward or back. Raises CommandError for one that is not known here."""
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = connection
    options = {"version_table": version_table}
    present = MigrationContext.configure(connection, opts=options).get_current_revision()
    passed = [one.revision for one in ScriptDirectory.from_config(config).iterate_revisions(present, "base")]
    if to == "base" or to in passed[1:]:
        command.downgrade(config, to)
    else:
        command.upgrade(config, to)
