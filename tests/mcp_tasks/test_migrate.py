import asyncio
import importlib.resources
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from mcp_tasks.database import create_engine
from mcp_tasks.migrate import VERSION_TABLE, is_ours, migrate
from mcp_tasks.models import Base
from mcp_tasks.one_migration import NewerTablesError
from tests.mcp_tasks.aged import forward_and_back

pytestmark = pytest.mark.unit


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(
        connection, opts={"version_table": VERSION_TABLE, "include_name": is_ours}
    )
    return list(compare_metadata(context, Base.metadata))


async def test_the_migrations_make_exactly_the_tables_of_the_models(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tasks.db'}"
    await migrate(url)
    await migrate(url)
    engine = create_engine(url)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
        names = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
        ours = {name for name in names if is_ours(name, "table", None)}
        assert ours == {"tasks", "tasks_changes", "tasks_operations", VERSION_TABLE}
        assert "tasks_words" in names
        assert (await connection.execute(text("PRAGMA journal_mode"))).scalar() == "wal"
        assert (await connection.execute(text("PRAGMA foreign_keys"))).scalar() == 1
        assert (await connection.execute(text("PRAGMA busy_timeout"))).scalar() == 30_000
    await engine.dispose()


async def test_where_the_tables_are_the_newest_nothing_slow_is_loaded(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tasks.db'}"
    await migrate(url)
    start = f"import asyncio, sys; from mcp_tasks.migrate import migrate; asyncio.run(migrate({url!r}))"
    told = f"{start}; print('alembic' in sys.modules)"
    run = await asyncio.create_subprocess_exec(sys.executable, "-c", told, stdout=asyncio.subprocess.PIPE)
    said, _ = await asyncio.wait_for(run.communicate(), 60)
    assert said.decode().strip() == "False"


async def test_servers_that_start_together_migrate_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tasks.db'}"
    await asyncio.gather(*(migrate(url) for _ in range(4)))
    engine = create_engine(url)
    async with engine.connect() as connection:
        versions = (
            (await connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}"))).scalars().all()
        )
    await engine.dispose()
    assert len(versions) == 1


async def test_tables_of_a_newer_version_are_left_alone_and_told_of(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tasks.db'}"
    await migrate(url)
    engine = create_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = 't9999'"))
    await engine.dispose()
    with pytest.raises(NewerTablesError, match="t9999"):
        await migrate(url)


def test_everything_that_a_migration_needs_lies_in_the_package() -> None:
    folder = importlib.resources.files("mcp_tasks") / "migrations"
    assert (folder / "env.py").is_file()
    assert any(one.name.startswith("t0001") for one in (folder / "versions").iterdir())


async def test_tasks_of_the_first_version_are_found_afterwards_and_can_go_back(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tasks.db'}"
    await forward_and_back(url)
