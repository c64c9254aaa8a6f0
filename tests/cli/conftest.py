"""What tests of the terminal commands share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from people.migrate import migrate as migrate_people
from people.store import People
from tests.cli.admin_terminal import Terminal
from tests.conftest import clean_environment
from tests.routing.conftest import Bank, bank, database_url, valkey

__all__ = ("bank", "database_url", "terminal", "valkey")


@pytest.fixture
async def terminal(bank: Bank, tmp_path: Path) -> AsyncIterator[Terminal]:
    """An admin's, with an empty Redis and empty databases."""
    people_url = f"sqlite+aiosqlite:///{tmp_path / 'people.db'}"
    await migrate_people(people_url)
    environment = clean_environment(
        tmp_path,
        REDIS_URL=bank.url,
        VOICETASKS_ROUTING_DATABASE_URL=bank.database_url,
        VOICETASKS_PEOPLE_DATABASE_URL=people_url,
        COLUMNS="200",
    )
    async with People(people_url) as people:
        yield Terminal(bank, people, environment)
