"""What is kept of what people say: with their consent, for a while, and not a line more."""

import asyncio
import logging
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from people.consent import LONGEST_LINE, Consents, Speaker
from people.keeping import forget_old
from people.settings import PeopleSettings
from people.store import People
from people.user import User

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=365)


def said(*texts: str, at: datetime = NOW) -> list[tuple[datetime, Speaker, str]]:
    return [(at, "caller", text) for text in texts]


@pytest.fixture
async def ann(people: People) -> User:
    return await people.create_user(email="ann@example.org", password="correct horse")


@pytest.fixture
def consents(people: People) -> Consents:
    return Consents(people.engine)


async def test_nothing_is_kept_of_somebody_who_was_never_asked(consents: Consents, ann: User) -> None:
    assert await consents.of(ann.id, "browser") is None
    assert not await consents.keep(ann.id, "browser", "c1", said("Buy milk"))
    assert await consents.transcript(ann.id) == []


async def test_consent_is_remembered_by_door(consents: Consents, ann: User) -> None:
    await consents.set(ann.id, "browser", given=True, now=LONG_AGO)
    assert await consents.of(ann.id, "browser") is True
    assert await consents.of(ann.id, "phone") is None
    assert await consents.keep(ann.id, "browser", "c1", said("Buy milk", "Buy bread"))
    assert not await consents.keep(ann.id, "phone", "c2", said("Call Bob"))
    assert [line.text for line in await consents.transcript(ann.id)] == ["Buy milk", "Buy bread"]


async def test_a_no_deletes_what_came_through_that_door_and_keeps_out_what_follows(
    consents: Consents, ann: User
) -> None:
    for door in ("browser", "phone"):
        await consents.set(ann.id, door, given=True, now=LONG_AGO)  # type: ignore[arg-type]
        await consents.keep(ann.id, door, "c1", said(f"by {door}"))  # type: ignore[arg-type]
    await consents.set(ann.id, "browser", given=False)
    assert not await consents.keep(ann.id, "browser", "c1", said("later"))
    assert [line.text for line in await consents.transcript(ann.id)] == ["by phone"]


async def test_one_persons_consent_is_nobody_elses(consents: Consents, people: People, ann: User) -> None:
    bob = await people.create_user(email="bob@example.org", password="correct horse")
    await consents.set(ann.id, "browser", given=True, now=LONG_AGO)
    assert not await consents.keep(bob.id, "browser", "c1", said("secret"))
    await consents.keep(ann.id, "browser", "c2", said("mine"))
    await consents.set(bob.id, "browser", given=False)
    assert [line.text for line in await consents.transcript(ann.id)] == ["mine"]
    assert await consents.transcript(bob.id) == []


async def test_lines_are_bounded(consents: Consents, ann: User) -> None:
    await consents.set(ann.id, "browser", given=True, now=LONG_AGO)
    await consents.keep(ann.id, "browser", "c1", said("x" * 100_000))
    assert [len(line.text) for line in await consents.transcript(ann.id)] == [LONGEST_LINE]


async def test_old_lines_are_forgotten_and_young_ones_are_not(consents: Consents, ann: User) -> None:
    await consents.set(ann.id, "browser", given=True, now=LONG_AGO)
    await consents.keep(ann.id, "browser", "c1", said("old", at=NOW - timedelta(days=30, seconds=1)))
    await consents.keep(ann.id, "browser", "c2", said("young", at=NOW - timedelta(days=30)))
    assert await consents.forget_older_than(30, now=NOW) == 1
    assert [line.text for line in await consents.transcript(ann.id)] == ["young"]


async def test_what_was_said_before_a_yes_is_not_kept_even_if_it_waited(
    consents: Consents, ann: User
) -> None:
    await consents.set(ann.id, "browser", given=True, now=NOW)
    before, after = said("before", at=NOW - timedelta(milliseconds=1)), said("after", at=NOW)
    assert await consents.keep(ann.id, "browser", "c1", before + after)
    assert await consents.keep(ann.id, "browser", "c1", before)
    assert [line.text for line in await consents.transcript(ann.id)] == ["after"]


async def test_a_yes_that_is_said_again_holds_since_it_was_said_first(consents: Consents, ann: User) -> None:
    await consents.set(ann.id, "browser", given=True, now=LONG_AGO)
    await consents.set(ann.id, "browser", given=True, now=NOW + timedelta(minutes=1))
    await consents.keep(ann.id, "browser", "c1", said("between"))
    assert [line.text for line in await consents.transcript(ann.id)] == ["between"]
    await consents.set(ann.id, "browser", given=False, now=NOW)
    await consents.set(ann.id, "browser", given=True, now=NOW + timedelta(minutes=1))
    await consents.keep(ann.id, "browser", "c1", said("between"))
    assert await consents.transcript(ann.id) == []


async def test_a_line_on_its_way_does_not_slip_in_behind_the_no_that_deletes_everything(
    consents: Consents, people: People, ann: User
) -> None:
    await consents.set(ann.id, "browser", given=True, now=LONG_AGO)
    await consents.keep(ann.id, "browser", "c1", said("earlier"))
    on_its_way, loop = asyncio.Event(), asyncio.get_running_loop()

    def look(_: Any, __: Any, statement: str, *___: Any) -> None:
        # The first statement that has to wait for the other's lock.
        if statement.startswith(("INSERT", "BEGIN")):
            loop.call_soon_threadsafe(on_its_way.set)

    event.listen(people.engine.sync_engine, "before_cursor_execute", look)
    other = sqlite3.connect(str(people.engine.url.database), isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        keeping = asyncio.create_task(consents.keep(ann.id, "browser", "c1", said("on its way")))
        async with asyncio.timeout(20):
            await on_its_way.wait()
        other.execute("UPDATE people_consents SET given = 0")
        other.execute("DELETE FROM people_transcripts")
        other.execute("COMMIT")
        assert not await keeping
    finally:
        other.close()
    assert await consents.transcript(ann.id) == []


async def test_however_lines_and_a_no_fall_together_nothing_is_left(
    consents: Consents, ann: User, database_url: str
) -> None:
    async with People(database_url) as page:
        for _ in range(10):
            await consents.set(ann.id, "browser", given=True, now=LONG_AGO)
            await asyncio.gather(
                *(consents.keep(ann.id, "browser", "c1", said("words")) for _ in range(3)),
                Consents(page.engine).set(ann.id, "browser", given=False),
            )
            assert await consents.transcript(ann.id) == []


async def test_two_pages_can_answer_for_the_first_time_at_once(
    consents: Consents, ann: User, database_url: str
) -> None:
    async with People(database_url) as page:
        await asyncio.gather(
            consents.set(ann.id, "browser", given=False),
            Consents(page.engine).set(ann.id, "browser", given=False),
        )
    assert await consents.of(ann.id, "browser") is False


async def test_a_transcript_is_read_piece_by_piece(consents: Consents, ann: User) -> None:
    await consents.set(ann.id, "browser", given=True, now=LONG_AGO)
    await consents.keep(ann.id, "browser", "c1", said("one", "two", "three"))
    first = await consents.transcript(ann.id, limit=2)
    rest = await consents.transcript(ann.id, after=first[-1].id, limit=2)
    assert [line.text for line in first + rest] == ["one", "two", "three"]


async def test_they_are_forgotten_without_anybody_asking(
    consents: Consents, ann: User, settings: PeopleSettings, database_url: str
) -> None:
    await consents.set(ann.id, "browser", given=True, now=LONG_AGO)
    await consents.keep(ann.id, "browser", "c1", said("old", at=datetime.now(UTC) - timedelta(days=31)))
    keeping = asyncio.create_task(forget_old(settings.model_copy(update={"database_url": database_url})))
    async with asyncio.timeout(20):
        while await consents.transcript(ann.id):
            await asyncio.sleep(0.02)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def test_a_database_that_refuses_connections_does_not_end_the_forgetting(
    settings: PeopleSettings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("people.keeping.AGAIN_SECONDS", 0.01)
    away = settings.model_copy(update={"database_url": "postgresql://ann@127.0.0.1:1/people"})
    with caplog.at_level(logging.WARNING, "people.keeping"):
        keeping = asyncio.create_task(forget_old(away))
        async with asyncio.timeout(20):
            while len(caplog.records) < 2:
                await asyncio.sleep(0.02)
    assert not keeping.done()
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
