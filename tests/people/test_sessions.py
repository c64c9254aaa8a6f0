import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from people.sessions import SessionRecords
from people.store import People

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
                records.succeed(
                    f"old {number}", f"new {number} {each}", old_ends_at=now + timedelta(seconds=30 + each)
                )
                for each in range(8)
            )
        )
        assert done.count(True) == 1
