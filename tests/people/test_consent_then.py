"""What somebody had said to transcripts when a call of theirs ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete

from people.consent import Consents
from people.consent_then import ConsentThen, lines_kept
from people.models import AuditRow
from people.store import People

pytestmark = pytest.mark.unit


async def test_each_call_has_the_answer_of_its_time_and_of_its_door(people: People) -> None:
    user = await people.create_user(email="ann@example.org", password="correct horse")
    consents, start = Consents(people.engine), datetime.now(UTC)
    await consents.set(user.id, "browser", given=True)
    between = datetime.now(UTC)
    await consents.set(user.id, "browser", given=False)
    said = await ConsentThen.read(people.engine, user.id)
    assert said.at(start - timedelta(days=1), "browser") is None
    assert said.at(between, "browser") is True
    assert said.at(datetime.now(UTC), "browser") is False
    assert said.at(datetime.now(UTC), "phone") is None


async def test_what_the_trail_has_forgotten_the_last_answer_still_tells(people: People) -> None:
    user = await people.create_user(email="ann@example.org", password="correct horse")
    await Consents(people.engine).set(user.id, "phone", given=True)
    async with people.engine.begin() as connection:
        await connection.execute(delete(AuditRow))
    said = await ConsentThen.read(people.engine, user.id)
    assert said.at(datetime.now(UTC), "phone") is True


async def test_lines_are_counted_by_call_and_nobody_elses(people: People) -> None:
    ann = await people.create_user(email="ann@example.org", password="correct horse")
    bob = await people.create_user(email="bob@example.org", password="correct horse")
    consents, at = Consents(people.engine), datetime.now(UTC) + timedelta(minutes=1)
    for user in (ann, bob):
        await consents.set(user.id, "browser", given=True)
        await consents.keep(
            user.id, "browser", "c1", [(at, "caller", "Add milk."), (at, "assistant", "Done.")]
        )
    assert await lines_kept(people.engine, ann.id, ["c1", "c2"]) == {"c1": 2}
