"""An export holds everything, is one JSON object, and shows no secret of ours."""

from __future__ import annotations

import json

import pytest
from redis.asyncio import Redis

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


async def test_of_nobody_there_is_none(places: Places, redis: Redis) -> None:
    with pytest.raises(LookupError):
        await read(places, "usr_nobody")
