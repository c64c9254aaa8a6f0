import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from mcp_tasks import database as tasks_database
from mcp_tasks import postgres
from people.database import DATABASE_AWAY, create_engine
from people.store import People
from routing.journal import Journal, JournalDownError
from tests.refusing_postgres import STARTING_UP, TOO_MANY, refusing_postgres

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("code", [STARTING_UP, TOO_MANY])
async def test_a_postgres_that_refuses_is_away(code: str) -> None:
    async with refusing_postgres(code) as url:
        async with People(url) as people:
            with pytest.raises(DATABASE_AWAY) as refused:
                await people.ping()
        async with Journal(url) as journal:
            with pytest.raises(JournalDownError):
                await journal.subject_of("usr_ann")
    assert "not now" not in str(refused.value)


async def test_a_postgres_that_says_nothing_is_given_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "CONNECT_SECONDS", 0.05)
    async with refusing_postgres(None) as url, People(url) as people:
        with pytest.raises(DATABASE_AWAY):
            await people.ping()


async def test_connections_to_a_file_that_many_needed_at_once_are_closed_again(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'people.db'}")
    all_there = asyncio.Barrier(3)

    async def look() -> None:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
            await all_there.wait()

    try:
        await asyncio.gather(look(), look(), look())
        assert engine.pool.checkedin() == 1  # type: ignore[attr-defined]
        async with engine.connect() as connection:
            kilobytes = (await connection.execute(text("PRAGMA cache_size"))).scalar_one()
        assert kilobytes == -256
    finally:
        await engine.dispose()


@pytest.mark.parametrize(
    ("create", "waits_ms"),
    [
        (create_engine, 5_000),
        (lambda url: create_engine(url, wait_ms=70), 70),
        (tasks_database.create_engine, 30_000),
    ],
    ids=["people", "people who wait otherwise", "tasks"],
)
async def test_every_connection_to_a_file_overwrites_what_is_deleted_and_waits_as_long_as_its_room_says(
    tmp_path: Path, create: Callable[[str], AsyncEngine], waits_ms: int
) -> None:
    engine = create(f"sqlite:///{tmp_path / 'deeper' / 'kept.db'}")
    told = {}
    async with engine.connect() as connection:
        for pragma in ("foreign_keys", "secure_delete", "busy_timeout"):
            told[pragma] = (await connection.execute(text(f"PRAGMA {pragma}"))).scalar_one()
    await engine.dispose()
    assert told == {"foreign_keys": 1, "secure_delete": 1, "busy_timeout": waits_ms}
