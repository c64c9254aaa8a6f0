"""Another password, and what becomes of browsers that are signed in."""

from __future__ import annotations

import json

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from privacy.live_calls import CALL_PREFIX, CALLS, SIGNED_OUT
from tests.web.site import PASSWORD, OpenSite, Site

pytestmark = pytest.mark.unit

PATH = "/api/account/password"
NEW = "another battery staple"


async def test_another_password_signs_every_other_browser_out(site: Site) -> None:
    ann, elsewhere, bob = [await site.signed_in(person) for person in (site.ann, site.ann, site.bob)]
    changed = await ann.put(PATH, {"old": PASSWORD, "new": NEW})
    assert changed.status_code == 204
    codes = [(await browser.client.get("/api/me")).status_code for browser in (ann, elsewhere, bob)]
    assert codes == [200, 401, 200]
    assert (await site.browser().sign_in(site.ann.email, PASSWORD)).status_code == 401
    assert (await site.browser().sign_in(site.ann.email, NEW)).status_code == 200
    history = (await ann.client.get("/api/account/history")).json()["entries"]
    assert "password.changed" in {each["event"] for each in history}
    assert NEW not in str(history)


async def test_whoever_has_a_copy_of_the_cookie_is_signed_out_at_once_and_the_changers_page_goes_on(
    site: Site,
) -> None:
    ann, thief = await site.signed_in(site.ann), site.browser()
    thief.client.cookies.set(site.services.sessions.cookie_name, ann.cookie)
    assert (await thief.client.get("/api/me")).json()["csrf"] == ann.csrf
    assert (await ann.put(PATH, {"old": PASSWORD, "new": NEW})).status_code == 204
    assert (await thief.client.get("/api/me")).status_code == 401
    still = await ann.client.get("/api/me")
    assert (still.status_code, still.json()["csrf"]) == (200, ann.csrf)
    assert ann.cookie != thief.cookie
    assert (await ann.put(PATH, {"old": NEW, "new": PASSWORD})).status_code == 204, "as often as they like"


@pytest.mark.system
async def test_another_password_ends_the_calls_of_that_person_and_nobody_elses(
    redis: Redis, open_site: OpenSite
) -> None:
    site = await open_site()
    for call_id, person in (("c1", site.ann), ("c2", site.bob)):
        await redis.zadd(CALLS, {call_id: 1})
        await redis.hset(CALL_PREFIX + call_id, "metadata", json.dumps({"subject": person.id}))
    ann = await site.signed_in(site.ann)
    assert (await ann.put(PATH, {"old": "wrong", "new": NEW})).status_code == 403
    assert not await redis.hexists(CALL_PREFIX + "c1", SIGNED_OUT)
    assert (await ann.put(PATH, {"old": PASSWORD, "new": NEW})).status_code == 204
    assert await redis.hexists(CALL_PREFIX + "c1", SIGNED_OUT)
    assert not await redis.hexists(CALL_PREFIX + "c2", SIGNED_OUT)


async def test_a_wrong_old_password_changes_nothing_and_is_a_try_to_sign_in(site: Site) -> None:
    ann, elsewhere = [await site.signed_in(site.ann) for _ in range(2)]
    answers = [await ann.put(PATH, {"old": f"guess {number}", "new": NEW}) for number in range(7)]
    assert (answers[0].status_code, answers[0].json()["error"]["code"]) == (403, "wrong_password")
    assert (answers[-1].status_code, answers[-1].json()["error"]["code"]) == (429, "rate_limited")
    assert (await ann.put(PATH, {"old": PASSWORD, "new": NEW})).status_code == 429
    assert (await elsewhere.client.get("/api/me")).status_code == 200


async def test_an_outage_of_the_database_is_no_wrong_try(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = await site.signed_in(site.ann)

    async def away(_: str, __: str) -> None:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(site.services.people, "verify_password", away)
        answers = [await ann.put(PATH, {"old": PASSWORD, "new": NEW}) for _ in range(8)]
    assert {answer.status_code for answer in answers} == {503}
    assert (await ann.put(PATH, {"old": PASSWORD, "new": NEW})).status_code == 204


@pytest.mark.parametrize("new", ["", "x" * 257, None])
async def test_a_password_that_may_not_be_one_is_refused(site: Site, new: str | None) -> None:
    ann = await site.signed_in(site.ann)
    assert (await ann.put(PATH, {"old": PASSWORD, "new": new})).status_code == 422
    assert (await site.browser().sign_in(site.ann.email)).status_code == 200


async def test_who_signs_in_at_a_provider_has_none_to_change(site: Site) -> None:
    ann = await site.signed_in(site.ann)
    async with site.services.people.engine.begin() as connection:
        await connection.execute(text("UPDATE people_users SET password_hash = ''"))
    refused = await ann.put(PATH, {"old": "", "new": NEW})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "no_password")


async def test_without_the_sessions_token_nothing_is_changed(site: Site) -> None:
    ann = await site.signed_in(site.ann)
    assert (await ann.client.put(PATH, json={"old": PASSWORD, "new": NEW})).status_code == 403
    assert (await site.browser().sign_in(site.ann.email)).status_code == 200
