"""Tables go forward one revision at a time and back again, on SQLite and on Postgres."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from typer.testing import CliRunner

from cli.main import app
from cli.migrate import Migrate
from mcp_tasks.database import create_engine
from mcp_tasks.migrate import migrate as migrate_tasks
from mcp_tasks.one_migration import newest
from people.migrate import migrate as migrate_people
from routing.migrate import migrate as migrate_routing
from tests.conftest import CHECKOUT, clean_environment
from tests.mcp_tasks.test_postgres import postgres

__all__ = ("postgres",)

ROOMS: dict[str, tuple[str, Migrate]] = {
    "tasks": ("mcp_tasks", migrate_tasks),
    "people": ("people", migrate_people),
    "routing": ("routing", migrate_routing),
}
SEARCH = {"ix_tasks_words", "ix_tasks_sounds"}


def revisions(package: str) -> list[str]:
    """All of a room's, the first one first."""
    config = Config()
    config.set_main_option("script_location", str(CHECKOUT / package / "migrations"))
    return [one.revision for one in ScriptDirectory.from_config(config).walk_revisions()][::-1]


def schema(connection: Connection) -> dict[str, object]:
    """Tables with their columns and indexes; not Alembic's own, and not those of the search, which is made anew."""
    found = inspect(connection)
    return {
        table: (
            sorted(
                (column["name"], str(column["type"]), column["nullable"])
                for column in found.get_columns(table)
            ),
            sorted({str(index["name"]) for index in found.get_indexes(table)} - SEARCH),
        )
        for table in found.get_table_names()
        if not table.endswith("_version") and not table.startswith("tasks_words")
    }


async def schema_of(url: str) -> dict[str, object]:
    engine = create_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(schema)
    finally:
        await engine.dispose()


async def there_and_back(url: str, room: str) -> None:
    package, migrate = ROOMS[room]
    steps = ["base", *revisions(package)]
    assert len(steps) >= 2
    seen: list[dict[str, object]] = [await schema_of(url)]
    for step in steps[1:]:
        await migrate(url, step)
        seen.append(await schema_of(url))
        assert seen[-1] != seen[-2], f"{step} changes nothing that is looked at"
    for step, before in zip(steps[-2::-1], seen[-2::-1], strict=True):
        await migrate(url, step)
        assert await schema_of(url) == before, f"back to {step}"
    await migrate(url, "head")
    assert await schema_of(url) == seen[-1]


@pytest.mark.unit
@pytest.mark.parametrize("room", ROOMS)
async def test_every_revision_can_be_gone_back_from_on_sqlite(tmp_path: Path, room: str) -> None:
    await there_and_back(f"sqlite+aiosqlite:///{tmp_path / 'one.db'}", room)


@pytest.mark.system
@pytest.mark.parametrize("room", ROOMS)
async def test_every_revision_can_be_gone_back_from_on_postgres_beside_the_other_rooms(
    postgres: str, room: str
) -> None:
    engine = create_engine(postgres)
    async with engine.begin() as connection:
        for statement in ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public"):
            await connection.execute(text(statement))
    await engine.dispose()
    for other, (_, migrate) in ROOMS.items():
        if other != room:
            await migrate(postgres, "head")
    await there_and_back(postgres, room)


def command(tmp_path: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = clean_environment(
        tmp_path,
        VOICETASKS_WEB_DEMO="false",
        VOICETASKS_TASKS_TOKEN_SECRET="a secret that only tests know, 32 bytes",
        **{"DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'all.db'}", **more},
    )
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "migrate", *arguments],
        cwd=CHECKOUT,
        env=environment | {"PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.unit
@pytest.mark.parametrize("room", ROOMS)
def test_the_newest_revision_is_the_one_that_its_file_is_named_after(room: str) -> None:
    package, _ = ROOMS[room]
    assert newest(CHECKOUT / package / "migrations") == revisions(package)[-1]


@pytest.mark.unit
async def test_the_command_moves_all_rooms_forward_and_one_back(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'all.db'}"
    done = command(tmp_path)
    assert done.returncode == 0, done.stderr
    assert {"tasks", "people_users", "routing_journal"} <= (await schema_of(url)).keys()
    done = command(tmp_path, "--room", "people", "--to", "p0001", "--yes")
    assert done.returncode == 0, done.stderr
    assert {one for one in await schema_of(url) if one.startswith("people")} == {
        "people_users",
        "people_sessions",
    }


@pytest.mark.unit
def test_a_revision_of_a_newer_version_is_named_and_an_address_is_not(tmp_path: Path) -> None:
    done = command(tmp_path, "--room", "people", "--to", "p9999", "--yes")
    assert done.returncode == 1
    assert "p9999" in done.stderr
    done = command(tmp_path, DATABASE_URL="postgresql+asyncpg://user:quetzal@127.0.0.1:1/voicetasks")
    assert done.returncode == 1
    assert "quetzal" not in done.stdout + done.stderr


@pytest.mark.unit
def test_going_back_wants_a_room_and_a_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICETASKS_CLI_ENV_FILE", os.devnull)
    assert CliRunner().invoke(app, ["migrate", "--to", "p0001"]).exit_code == 2
    asked = CliRunner().invoke(app, ["migrate", "--room", "people", "--to", "p0001"], input="n\n")
    assert asked.exit_code == 1
    assert "lost" in asked.output
