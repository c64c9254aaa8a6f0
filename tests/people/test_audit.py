"""What was done to accounts is known for a while, by whom, and never in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from people.audit import Audit
from people.consent import Consents
from people.models import AuditRow
from people.store import People
from people.user import Plan

pytestmark = pytest.mark.unit


async def test_what_is_done_to_an_account_is_noted_with_who_did_it(people: People) -> None:
    ann = await people.create_user(email="ann@example.org", password="x", actor="terminal:root")
    await people.set_plan(ann.id, Plan.PREMIUM, actor="terminal:root")
    await people.set_plan(ann.id, Plan.PREMIUM, actor="terminal:root")
    await people.set_time_zone(ann.id, "Asia/Tokyo")
    consents = Consents(people.engine)
    for given in (True, True, False):
        await consents.set(ann.id, "phone", given=given)
    entries = await Audit(people.engine).entries(ann.id)
    assert [(each.event, each.actor, each.details) for each in entries] == [
        ("account.made", "terminal:root", ""),
        ("plan.changed", "terminal:root", "economy to premium"),
        ("account.changed", "self", "time zone"),
        ("consent.given", "self", "phone"),
        ("consent.taken_back", "self", "phone"),
    ]


async def test_people_see_their_own_entries_and_admins_all(people: People) -> None:
    ann = await people.create_user(email="ann@example.org", password="x")
    bob = await people.create_user(email="bob@example.org", password="x")
    audit = Audit(people.engine)
    assert [each.user_id for each in await audit.entries(ann.id)] == [ann.id]
    assert [each.user_id for each in await audit.entries()] == [ann.id, bob.id]
    assert [each.user_id for each in await audit.entries(limit=1)] == [bob.id], "the newest"


async def test_old_entries_are_forgotten_and_young_ones_are_not(people: People) -> None:
    ann = await people.create_user(email="ann@example.org", password="x")
    audit = Audit(people.engine)
    async with people.engine.begin() as connection:
        await connection.execute(update(AuditRow).values(at=datetime.now(UTC) - timedelta(days=366)))
    await audit.note(ann.id, "sign_in")
    assert await audit.forget_older_than(365) == 1
    assert [each.event for each in await audit.entries()] == ["sign_in"]
