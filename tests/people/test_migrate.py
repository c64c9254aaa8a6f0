import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

from people.database import create_engine
from people.migrate import migrate
from people.models import Base

pytestmark = pytest.mark.unit


async def test_the_migrated_tables_are_the_models_tables(database_url: str) -> None:
    await migrate(database_url)

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"version_table": "people_version"})
        return list(compare_metadata(context, Base.metadata))

    engine = create_engine(database_url)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
        tables = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
    await engine.dispose()
    assert tables == {"people_version", *Base.metadata.tables}


async def test_several_processes_may_migrate_at_once_and_again(database_url: str) -> None:
    await asyncio.gather(*(migrate(database_url) for _ in range(4)))
    await migrate(database_url)
