from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from people.database import create_engine
from people.migrate import migrate
from people.settings import PeopleSettings
from people.store import People

SECRET = "a secret that only tests know, 32+ bytes"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'people.db'}"


@pytest.fixture
async def people(database_url: str) -> AsyncIterator[People]:
    await migrate(database_url)
    async with People(database_url) as store:
        yield store


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> PeopleSettings:
    for name in ("VOICETASKS_PEOPLE_DEMO", "VOICETASKS_WEB_DEMO", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VOICETASKS_TASKS_TOKEN_SECRET", SECRET)
    return PeopleSettings()


@pytest.fixture
async def postgres_url(postgres: str) -> str:
    """A Postgres that holds the people's tables and nobody."""
    engine = create_engine(postgres)
    async with engine.begin() as connection:
        for statement in ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public"):
            await connection.execute(text(statement))
    await engine.dispose()
    await migrate(postgres)
    return postgres
