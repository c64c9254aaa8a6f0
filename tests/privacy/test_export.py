"""An export holds everything, is one JSON object, and shows no secret of ours."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime

import pytest
from redis.asyncio import Redis
from sqlalchemy import insert

from people.audit import Audit
from people.database import create_engine
from people.models import ReminderDialRow
from privacy import export
from privacy.export import exported
from privacy.places import Places
from tests.privacy.keeper import EMAIL, NUMBER, keep_everywhere, link_provider

pytestmark = pytest.mark.system


async def read(places: Places, user_id: str) -> str:
    return "".join([piece async for piece in exported(places, user_id)])


async def test_everything_that_is_kept_is_in_it(places: Places, redis: Redis) -> None:
    kept = await keep_everywhere(places, redis)
    await link_provider(places, kept)
    text = await read(places, kept.user.id)
    given = json.loads(text)
    assert given["account"]["email"] == EMAIL
    assert len(given["tasks"]) == 39
    assert {"title", "notes", "due", "status", "created_at"} <= given["tasks"][0].keys()
    assert "owner" not in given["tasks"][0]
    assert len(given["changes"]) == 41
    assert len(given["transcript"]) == 60
    assert [each["channel"] for each in given["consents"]] == ["browser", "phone"]
    assert [each["number"] for each in given["phones"]] == [NUMBER]
    assert [each["issuer"] for each in given["identities"]] == ["https://id.example.org"]
    assert len(given["sessions"]) == 1
    assert [(each["call_id"], each["microdollars"]) for each in given["calls"]] == [("c1", 31_008)]
    assert [(each["call_id"], each["what"], each["ms"]) for each in given["events"]] == [("c1", "spoke", 700)]
    assert "argon2" not in text
    assert "hash of c1" not in text


async def test_it_says_whether_the_money_of_its_calls_is_real(
    places: Places, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = await keep_everywhere(places, redis)
    for variable in [variable for variable in os.environ if variable.endswith("_BASE_URL")]:
        monkeypatch.delenv(variable)
    assert json.loads(await read(places, kept.user.id))["sandbox"] is False
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:8082/openai/v1")
    assert json.loads(await read(places, kept.user.id))["sandbox"] is True


async def test_what_was_done_to_an_account_is_given_from_its_beginning_however_much_it_is(
    places: Places, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = await keep_everywhere(places, redis)
    monkeypatch.setattr(export, "LINES_AT_ONCE", 3)
    engine = create_engine(places.people)
    for number in range(8):
        await Audit(engine).note(kept.user.id, "sign_in", details=str(number))
    await engine.dispose()
    audit = json.loads(await read(places, kept.user.id))["audit"]
    assert audit[0]["event"] == "account.made"
    assert [each["details"] for each in audit[-8:]] == [str(number) for number in range(8)]
    assert audit[0].keys() == {"at", "actor", "event", "details"}


async def test_when_a_telephone_was_made_to_ring_is_in_it(places: Places, redis: Redis) -> None:
    kept = await keep_everywhere(places, redis)
    engine = create_engine(places.people)
    async with engine.begin() as connection:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        await connection.execute(insert(ReminderDialRow).values(user_id=kept.user.id, at=at))
    await engine.dispose()
    given = json.loads(await read(places, kept.user.id))
    assert [each["at"] for each in given["reminder_dials"]] == ["2026-01-01T00:00:00+00:00"]


async def test_of_nobody_there_is_none(places: Places, redis: Redis) -> None:
    with pytest.raises(LookupError):
        await read(places, "usr_nobody")
