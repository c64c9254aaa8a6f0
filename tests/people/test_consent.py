"""What is kept of what people say: with their consent, for a while, and not a line more."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from people.consent import LONGEST_LINE, Consents, Speaker
from people.keeping import forget_old_transcripts
from people.settings import PeopleSettings
from people.store import People
from people.user import User

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


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
    await consents.set(ann.id, "browser", given=True)
    assert await consents.of(ann.id, "browser") is True
    assert await consents.of(ann.id, "phone") is None
    assert await consents.keep(ann.id, "browser", "c1", said("Buy milk", "Buy bread"))
    assert not await consents.keep(ann.id, "phone", "c2", said("Call Bob"))
    assert [line.text for line in await consents.transcript(ann.id)] == ["Buy milk", "Buy bread"]


async def test_a_no_deletes_what_came_through_that_door_and_keeps_out_what_follows(
    consents: Consents, ann: User
) -> None:
    for door in ("browser", "phone"):
        await consents.set(ann.id, door, given=True)  # type: ignore[arg-type]
        await consents.keep(ann.id, door, "c1", said(f"by {door}"))  # type: ignore[arg-type]
    await consents.set(ann.id, "browser", given=False)
    assert not await consents.keep(ann.id, "browser", "c1", said("later"))
    assert [line.text for line in await consents.transcript(ann.id)] == ["by phone"]


async def test_one_persons_consent_is_nobody_elses(consents: Consents, people: People, ann: User) -> None:
    bob = await people.create_user(email="bob@example.org", password="correct horse")
    await consents.set(ann.id, "browser", given=True)
    assert not await consents.keep(bob.id, "browser", "c1", said("secret"))
    await consents.keep(ann.id, "browser", "c2", said("mine"))
    await consents.set(bob.id, "browser", given=False)
    assert [line.text for line in await consents.transcript(ann.id)] == ["mine"]
    assert await consents.transcript(bob.id) == []


async def test_lines_are_bounded(consents: Consents, ann: User) -> None:
    await consents.set(ann.id, "browser", given=True)
    await consents.keep(ann.id, "browser", "c1", said("x" * 100_000))
    assert [len(line.text) for line in await consents.transcript(ann.id)] == [LONGEST_LINE]


async def test_old_lines_are_forgotten_and_young_ones_are_not(consents: Consents, ann: User) -> None:
    await consents.set(ann.id, "browser", given=True)
    await consents.keep(ann.id, "browser", "c1", said("old", at=NOW - timedelta(days=30, seconds=1)))
    await consents.keep(ann.id, "browser", "c2", said("young", at=NOW - timedelta(days=30)))
    assert await consents.forget_older_than(30, now=NOW) == 1
    assert [line.text for line in await consents.transcript(ann.id)] == ["young"]


async def test_they_are_forgotten_without_anybody_asking(
    consents: Consents, ann: User, settings: PeopleSettings, database_url: str
) -> None:
    await consents.set(ann.id, "browser", given=True)
    await consents.keep(ann.id, "browser", "c1", said("old", at=datetime.now(UTC) - timedelta(days=31)))
    keeping = asyncio.create_task(
        forget_old_transcripts(settings.model_copy(update={"database_url": database_url}))
    )
    async with asyncio.timeout(20):
        while await consents.transcript(ann.id):
            await asyncio.sleep(0.02)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
