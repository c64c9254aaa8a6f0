import asyncio
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from mcp_tasks.migrate import migrate as migrate_tasks
from people.database import create_engine
from people.migrate import _MIGRATIONS, migrate
from people.models import Base
from people.phones import Phones
from people.store import People
from routing.migrate import migrate as migrate_routing

pytestmark = pytest.mark.unit

ROOMS = (migrate, migrate_tasks, migrate_routing)
NUMBER = "+14155550132"


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


async def test_rooms_migrate_side_by_side_in_one_process(tmp_path: Path) -> None:
    of = {name: f"sqlite+aiosqlite:///{tmp_path / name}" for name in "abcdef"}

    async def all_rooms(url: str) -> None:
        await asyncio.gather(*(room(f"{url}-{room.__module__}.db") for room in ROOMS))

    for _ in range(2):  # the second time there is nothing to do
        await asyncio.gather(*(all_rooms(url) for url in of.values()))
    await asyncio.gather(*(migrate(f"{url}-{migrate.__module__}.db", to="base") for url in of.values()))


REMINDERS = {
    f"people_{name}" for name in ("reminder_consents", "reminder_calls", "reminder_dials", "do_not_call")
}
GONE = {"p0004": REMINDERS, "p0003": REMINDERS | {"people_pins", "people_pin_tries", "people_phone_codes"}}


@pytest.mark.parametrize("before", ["p0003", "p0004"])
async def test_people_stay_when_newer_tables_go_and_come_back(database_url: str, before: str) -> None:
    await migrate(database_url)
    async with People(database_url) as people:
        ann = await people.create_user(email="ann@example.org", password="x")

        def back(connection: Connection) -> None:
            config = Config()
            config.set_main_option("script_location", str(_MIGRATIONS))
            config.attributes["connection"] = connection
            command.downgrade(config, before)

        async with people.engine.begin() as connection:
            await connection.run_sync(back)
            tables = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
            assert await connection.scalar(text("SELECT count(*) FROM people_users")) == 1
        assert not tables & GONE[before]
        await migrate(database_url)
        assert await people.user_by_id(ann.id) == ann
        await people.ping()


async def test_who_linked_a_number_before_calls_were_told_apart_keeps_it_as_one_that_nobody_vouched_for(
    database_url: str,
) -> None:
    await migrate(database_url)
    async with People(database_url) as people:
        ann = await people.create_user(email="ann@example.org", password="x")
        phones = Phones(people.engine)
        assert await phones.link(ann.id, NUMBER, attested=True)
        assert await phones.is_linked_attested(ann.id, NUMBER)
        linked = await phones.of(ann.id)
        await migrate(database_url, "p0006")
        await migrate(database_url)
        assert await phones.of(ann.id) == linked
        assert await phones.holders(NUMBER) == [ann.id]
        assert not await phones.is_linked_attested(ann.id, NUMBER)
