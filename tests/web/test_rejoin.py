"""Another token for one's own call, and for nobody else's."""

from __future__ import annotations

import jwt
import pytest
from livekit import rtc
from redis.asyncio import Redis

from tests.web.site import LIVEKIT_SECRET, OpenSite, Site
from web.rooms import room_name

pytestmark = pytest.mark.system


async def a_call(site: Site) -> str:
    call_id = site.services.call_ids.new(site.ann.id)
    await site.services.rooms.open(call_id, user_id=site.ann.id, channel="browser")
    return call_id


async def test_the_caller_gets_another_way_in_with_the_same_grants(
    livekit: str, redis: Redis, open_site: OpenSite
) -> None:
    site = await open_site()
    call_id = await a_call(site)
    answer = await (await site.signed_in(site.ann)).post(f"/api/calls/{call_id}/token")
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert (made["call_id"], made["room"]) == (call_id, room_name(call_id))
    claims = jwt.decode(made["token"], LIVEKIT_SECRET, algorithms=["HS256"])
    assert claims["sub"] == site.ann.id
    assert claims["video"]["room"] == room_name(call_id)
    assert not claims["video"].get("canUpdateOwnMetadata")


async def test_another_users_call_and_one_that_has_ended_are_not_found(
    livekit: str, redis: Redis, open_site: OpenSite
) -> None:
    site = await open_site()
    call_id = await a_call(site)
    bob = await site.signed_in(site.bob)
    assert (await bob.post(f"/api/calls/{call_id}/token")).status_code == 404
    ann = await site.signed_in(site.ann)
    ended = site.services.call_ids.new(site.ann.id)
    assert (await ann.post(f"/api/calls/{ended}/token")).status_code == 404


async def test_who_comes_back_unasked_takes_the_call_from_no_other_connection(
    livekit: str, redis: Redis, open_site: OpenSite
) -> None:
    site = await open_site()
    call_id = await a_call(site)
    ann = await site.signed_in(site.ann)
    way_in = f"/api/calls/{call_id}/token"
    assert (await ann.post(way_in, {"instead_of": "PA_of_mine"})).status_code == 200, "nobody holds it"
    there = rtc.Room()
    await there.connect(livekit, site.services.rooms.token(call_id, user_id=site.ann.id))
    try:
        held = {"instead_of": there.local_participant.sid}
        assert (await ann.post(way_in, held)).status_code == 200
        refused = await ann.post(way_in, {"instead_of": "PA_of_mine"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "moved")
        assert (await ann.post(way_in)).status_code == 200, "whoever asks for it gets it"
    finally:
        await there.disconnect()


async def test_without_the_csrf_token_or_a_session_there_is_no_way_in(
    livekit: str, redis: Redis, open_site: OpenSite
) -> None:
    site = await open_site()
    call_id = await a_call(site)
    assert (await site.browser().post(f"/api/calls/{call_id}/token")).status_code == 401
    ann = await site.signed_in(site.ann)
    ann.csrf = "forged"
    assert (await ann.post(f"/api/calls/{call_id}/token")).status_code == 403
