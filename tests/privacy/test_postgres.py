"""On Postgres: nothing of an erased person is in a dump, and another one's things are."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from mcp_tasks.database import create_engine
from mcp_tasks.migrate import migrate as migrate_tasks
from people.migrate import migrate as migrate_people
from privacy.erasure import erase
from privacy.export import exported
from privacy.places import Places
from routing.journal import Journal
from routing.migrate import migrate as migrate_routing
from tests.mcp_tasks.test_postgres import newest_postgres, postgres
from tests.privacy.keeper import RedisOnDisk, keep_everywhere

__all__ = ("postgres",)

pytestmark = pytest.mark.system


@pytest.fixture
async def places(postgres: str, redis: Redis, redis_on_disk: RedisOnDisk) -> Places:
    """One empty database for all rooms."""
    engine = create_engine(postgres)
    async with engine.begin() as connection:
        for statement in ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public"):
            await connection.execute(text(statement))
    await engine.dispose()
    for migrate in (migrate_people, migrate_tasks, migrate_routing):
        await migrate(postgres)
    return Places(people=postgres, tasks=postgres, routing=postgres, redis=redis_on_disk.url)


def dump(postgres: str) -> bytes:
    """What `pg_dump` gives."""
    host = re.search(r"host=(.*)", postgres)
    assert host is not None
    done = subprocess.run(
        [newest_postgres() / "pg_dump", "-U", "tester", "-h", host[1], "postgres"],
        capture_output=True,
        check=True,
        timeout=120,
    )
    return done.stdout.lower()


async def test_nothing_of_an_erased_person_is_in_a_dump(
    places: Places, postgres: str, redis: Redis, tmp_path: Path
) -> None:
    ann = await keep_everywhere(places, redis)
    bob = await keep_everywhere(places, redis, email="bob@example.org", call_id="c2")
    # Their words are the same; their numbers are too.
    own = (ann.user.id.encode(), ann.user.email.encode(), b"zanzibar.person")
    before = dump(postgres)
    assert all(marker.lower() in before for marker in own)
    exports = [json_of async for json_of in exported(places, ann.user.id)]
    assert len("".join(exports)) > 5_000
    proof = await erase(places, ann.user.id)
    assert proof.is_complete, proof
    after = dump(postgres)
    assert [marker for marker in own if marker.lower() in after] == []
    assert bob.user.id.encode() in after
    assert (await erase(places, bob.user.id)).is_complete
    last = dump(postgres)
    assert [marker for marker in (*ann.markers, *bob.markers) if marker.lower() in last] == []


async def test_a_call_that_is_late_makes_no_name_anew(places: Places, postgres: str, redis: Redis) -> None:
    ann = await keep_everywhere(places, redis)
    assert (await erase(places, ann.user.id)).is_complete
    async with Journal(postgres) as journal:
        late = [await journal.subject_of(ann.user.id) for _ in range(2)]
        assert len({*late, ann.subject}) == 3, "nobody can tell that they are one person's"
    assert ann.user.id.encode() not in dump(postgres)


async def test_the_operator_is_told_of_the_servers_log_and_backups(places: Places, redis: Redis) -> None:
    kept = await keep_everywhere(places, redis)
    proof = await erase(places, kept.user.id)
    notes = {step.place: step.note for step in proof.steps}
    for place in ("people", "tasks", "journal"):
        assert "write-ahead log and backups" in notes[place]
