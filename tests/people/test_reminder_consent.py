"""Nobody is called who did not say so before, at a number that has not shown to be theirs, or that asked for peace."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from people.audit import Audit
from people.phones import Phones
from people.reminder_consent import ReminderConsents
from people.store import People

pytestmark = pytest.mark.unit

NUMBER = "+14155550132"
SECRET = SecretStr("a secret that only tests know, 32+ bytes")


async def test_a_call_needs_consent_and_a_number_that_is_theirs(people: People) -> None:
    ann = await people.create_user(email="ann@example.org", password="x")
    consents, phones = ReminderConsents(people.engine, SECRET), Phones(people.engine)
    assert await consents.number_to_call(ann.id) == (None, "no_consent")
    await consents.set(ann.id, given=True, how="page")
    assert await consents.number_to_call(ann.id) == (None, "no_number")
    await phones.set(ann.id, NUMBER)
    assert await consents.number_to_call(ann.id) == (None, "not_verified")
    await phones.link(ann.id, NUMBER)
    assert await consents.number_to_call(ann.id) == (NUMBER, None)
    await consents.is_nobodys(ann.id)
    assert await consents.number_to_call(ann.id) == (None, "not_verified")


async def test_consent_is_recorded_with_when_and_how_and_ends_at_once(people: People) -> None:
    ann = await people.create_user(email="ann@example.org", password="x")
    consents = ReminderConsents(people.engine, SECRET)
    first = datetime(2026, 11, 1, tzinfo=UTC)
    await consents.set(ann.id, given=True, how="page", now=first)
    await consents.set(ann.id, given=True, how="page")
    async with people.engine.connect() as connection:
        row = (await connection.execute(text("SELECT at, how FROM people_reminder_consents"))).one()
    assert str(row.at).startswith("2026-11-01"), "since it was said first"
    assert row.how == "page"
    await consents.set(ann.id, given=False, how="voice")
    assert not await consents.of(ann.id)
    assert [
        (each.event, each.details)
        for each in await Audit(people.engine).entries(ann.id)
        if each.event.startswith("reminder")
    ] == [("reminder_calls.allowed", "page"), ("reminder_calls.stopped", "voice")]


async def test_whoever_picks_up_can_end_calls_to_a_number_for_all_who_link_it(people: People) -> None:
    consents, phones = ReminderConsents(people.engine, SECRET), Phones(people.engine)
    ann = await people.create_user(email="ann@example.org", password="x")
    await phones.link(ann.id, NUMBER)
    await consents.set(ann.id, given=True, how="page")
    await consents.never_again(NUMBER)
    await consents.never_again(NUMBER)
    assert not await consents.of(ann.id)
    mallory = await people.create_user(email="mallory@example.org", password="x")
    await phones.link(mallory.id, NUMBER)
    await consents.set(mallory.id, given=True, how="page")
    assert await consents.number_to_call(mallory.id) == (None, "do_not_call")
    async with people.engine.connect() as connection:
        kept = str((await connection.execute(text("SELECT * FROM people_do_not_call"))).all())
    assert NUMBER[1:] not in kept
