import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from people.sessions import SessionRecords
from people.store import People
from tests.mcp_tasks.test_postgres import postgres

__all__ = ("postgres",)

pytestmark = pytest.mark.unit


async def test_a_record_stands_until_it_ends_for_its_user_only(people: People) -> None:
    ann = await people.create_user(email="ann@example.org", password="p")
    records = SessionRecords(people.engine)
    await records.add("h1", ann.id, datetime.now(UTC) + timedelta(hours=1))
    assert await records.stands("h1", ann.id)
    assert not await records.stands("h1", "usr_other")
    assert not await records.stands("h2", ann.id)
    await records.end("h1")
    await records.end("h1")
    assert not await records.stands("h1", ann.id)


async def test_a_record_that_ran_out_does_not_stand_and_is_swept_by_the_next(people: People) -> None:
    ann = await people.create_user(email="ann@example.org", password="p")
    records = SessionRecords(people.engine)
    await records.add("old", ann.id, datetime.now(UTC) - timedelta(seconds=1))
    assert not await records.stands("old", ann.id)
    await records.add("new", ann.id, datetime.now(UTC) + timedelta(hours=1))
    async with people.engine.connect() as connection:
        left = (await connection.execute(text("SELECT id_hash FROM people_sessions"))).scalars().all()
    assert left == ["new"]


async def test_deleting_a_user_ends_their_sessions(people: People) -> None:
    ann = await people.create_user(email="ann@example.org", password="p")
    records = SessionRecords(people.engine)
    await records.add("h1", ann.id, datetime.now(UTC) + timedelta(hours=1))
    async with people.engine.begin() as connection:
        await connection.execute(text("DELETE FROM people_users"))
    assert not await records.stands("h1", ann.id)


async def test_of_many_who_would_succeed_one_session_one_does(people: People) -> None:
    ann = await people.create_user(email="ann@example.org", password="p")
    records = SessionRecords(people.engine)
    now = datetime.now(UTC)
    for number in range(10):
        await records.add(f"old {number}", ann.id, now + timedelta(hours=1))
        done = await asyncio.gather(
            *(
                records.succeed(f"old {number}", f"new {number} {each}", family_hash=f"f{number}")
                for each in range(8)
            )
        )
        assert done.count(True) == 1


async def test_who_ends_a_session_ends_its_successors_and_no_other(people: People) -> None:
    ann = await people.create_user(email="ann@example.org", password="p")
    records = SessionRecords(people.engine)
    now = datetime.now(UTC)
    for name, family in (("here", "f1"), ("elsewhere", "f2"), ("from before", "")):
        await records.add(name, ann.id, now + timedelta(hours=1), family_hash=family)
    assert await records.succeed("here", "here next", family_hash="f1")
    assert await records.succeed("from before", "after", family_hash="f3")
    await records.end("here", family_hash="f1")
    await records.end("from before", family_hash="f3")
    standing = [
        await records.stands(name, ann.id)
        for name in ("here", "here next", "from before", "after", "elsewhere")
    ]
    assert standing == [False, False, False, False, True]


async def test_a_session_ends_once_its_successor_is_shown_and_not_when_that_is_handed_out(
    people: People,
) -> None:
    ann = await people.create_user(email="ann@example.org", password="p")
    records = SessionRecords(people.engine)
    await records.add("old", ann.id, datetime.now(UTC) + timedelta(hours=1), family_hash="f")
    await records.add("elsewhere", ann.id, datetime.now(UTC) + timedelta(hours=1), family_hash="f2")
    no_grace = timedelta(0)
    assert await records.succeed("old", "lost", family_hash="f", grace=no_grace)
    assert await records.stands("old", ann.id, grace=no_grace)
    assert await records.succeed("old", "new", family_hash="f", grace=no_grace), "the first was lost"
    assert not await records.stands("lost", ann.id), "one successor"
    assert await records.stands("old", ann.id, grace=no_grace)
    assert await records.stands("new", ann.id, grace=no_grace)
    assert not await records.stands("old", ann.id), "its successor has arrived"
    assert not await records.succeed("old", "another", family_hash="f", grace=no_grace)
    assert await records.stands("new", ann.id)
    assert await records.stands("elsewhere", ann.id)


@pytest.mark.system
async def test_a_successor_that_is_being_written_on_postgres_ends_too(postgres_url: str) -> None:
    async with People(postgres_url) as people:
        ann = await people.create_user(email="ann@example.org", password="p")
        records = SessionRecords(people.engine)
        now = datetime.now(UTC)
        await records.add("old", ann.id, now + timedelta(hours=1), family_hash="f")
        async with people.engine.connect() as connection:
            values = {"soon": now + timedelta(seconds=30), "end": now + timedelta(hours=1), "id": ann.id}
            await connection.execute(
                text("UPDATE people_sessions SET expires_at = :soon WHERE id_hash = 'old'"), values
            )
            await connection.execute(
                text("INSERT INTO people_sessions VALUES ('new', :id, :end, 'f')"), values
            )
            ending = asyncio.create_task(records.end("old", family_hash="f"))
            async with people.engine.connect() as onlooker, asyncio.timeout(20):
                while not await onlooker.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                    await asyncio.sleep(0.02)
            assert not ending.done(), "it waits for the other one"
            await connection.commit()
        await ending
        assert not await records.stands("old", ann.id)
        assert not await records.stands("new", ann.id)
