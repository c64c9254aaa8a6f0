"""Nobody is called who did not say so before, at a number that has not shown to be theirs, or that asked for peace."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from people.audit import Audit
from people.phones import Phones
from people.reminder_calls import Caps, ReminderCalls, Wish
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


async def rang(people: People, user_id: str, outcomes: Sequence[str]) -> None:
    """Reminders that are due one after the other from now on, each dialled once, end so."""
    calls, begin = ReminderCalls(people.engine), datetime.now(UTC)
    for count, outcome in enumerate(outcomes, 1):
        at = begin + timedelta(minutes=count)
        await calls.note([Wish(user_id, f"t{uuid4().hex[:9]}", at)])
        claimed = await calls.claim("worker", at)
        assert claimed is not None
        assert await calls.may_dial(claimed, "worker", Caps(100, 100, 100), at) is None
        await calls.settle(claimed.id, outcome)


@pytest.mark.parametrize(
    ("outcomes", "stopped"),
    [
        (["no_such_number"], False),
        (["no_such_number"] * 2, False),
        (["no_such_number", "no_such_number", "told", "no_such_number"], False),
        (["told"] + ["no_such_number"] * 3, True),
    ],
)
async def test_a_number_that_no_carrier_knows_is_called_no_more_after_three_reminders_in_a_row_and_stays_theirs(
    people: People, outcomes: list[str], stopped: bool
) -> None:
    ann = await people.create_user(email="ann@example.org", password="x")
    consents, phones = ReminderConsents(people.engine, SECRET), Phones(people.engine)
    await phones.link(ann.id, NUMBER)
    await consents.set(ann.id, given=True, how="page")
    await rang(people, ann.id, outcomes)
    assert await consents.stop_if_nobodys(ann.id, "no_such_number") is stopped
    assert await consents.of(ann.id) is not stopped
    assert await phones.holders(NUMBER) == [ann.id]


async def test_a_yes_that_is_said_again_is_not_taken_back_for_what_was_before_it(people: People) -> None:
    ann = await people.create_user(email="ann@example.org", password="x")
    consents = ReminderConsents(people.engine, SECRET)
    await Phones(people.engine).link(ann.id, NUMBER)
    await consents.set(ann.id, given=True, how="page")
    await rang(people, ann.id, ["no_such_number"] * 3)
    assert await consents.stop_if_nobodys(ann.id, "no_such_number")
    await consents.set(ann.id, given=True, how="page", now=datetime.now(UTC) + timedelta(hours=1))
    assert not await consents.stop_if_nobodys(ann.id, "no_such_number")
    assert await consents.number_to_call(ann.id) == (NUMBER, None)


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
