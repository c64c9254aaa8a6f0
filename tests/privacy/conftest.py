"""A person with something in every place, a real Redis with an append-only file, and databases that are files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from mcp_tasks.migrate import migrate as migrate_tasks
from people.migrate import migrate as migrate_people
from privacy.places import Places
from routing.migrate import migrate as migrate_routing
from tests.privacy.keeper import RedisOnDisk


@pytest.fixture(scope="session")
def redis_on_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisOnDisk]:
    """A Redis that writes all it is told to disk."""
    server = RedisOnDisk(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def redis(redis_on_disk: RedisOnDisk) -> AsyncIterator[Redis]:
    """It, empty."""
    async with Redis.from_url(redis_on_disk.url) as client:
        await client.flushall()
        yield client


@pytest.fixture
async def places(tmp_path: Path, redis: Redis, redis_on_disk: RedisOnDisk) -> Places:
    """Migrated SQLite files, and the Redis."""
    made = Places(
        people=f"sqlite+aiosqlite:///{tmp_path / 'people.db'}",
        tasks=f"sqlite+aiosqlite:///{tmp_path / 'tasks.db'}",
        routing=f"sqlite+aiosqlite:///{tmp_path / 'routing.db'}",
        redis=redis_on_disk.url,
    )
    await migrate_people(made.people)
    await migrate_tasks(made.tasks)
    await migrate_routing(made.routing)
    return made
