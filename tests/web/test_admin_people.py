"""Users, export and erasure by HTTP, for admins."""

from __future__ import annotations

import json

import pytest

from people.audit import Audit
from people.erasure import Erasures
from people.phones import Phones
from people.user import User
from privacy.live_calls import CALL_PREFIX, CALLS
from tests.web.offices import Offices
from tests.web.site import PASSWORD, Browser, Site

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="session")]

PATH = "/api/admin"


@pytest.fixture
def site(office: Offices) -> Site:
    return office.site


@pytest.fixture
def admin(office: Offices) -> Browser:
    return office.chief


async def somebody(site: Site, name: str) -> User:
    return await site.services.people.create_user(email=f"{name}@example.net", password=PASSWORD)


async def test_somebody_is_added_found_by_address_and_given_another_plan(site: Site, admin: Browser) -> None:
    made = await admin.post(
        f"{PATH}/users", {"email": "Zoe@example.net", "password": PASSWORD, "role": "probe"}
    )
    assert (made.status_code, made.json()["email"], made.json()["plan"]) == (
        201,
        "zoe@example.net",
        "economy",
    )
    assert "password" not in made.text
    await somebody(site, "zora")
    found = (await admin.client.get(f"{PATH}/users", params={"beginning": "ZO"})).json()
    assert ([each["email"] for each in found["users"]], found["more"]) == (
        ["zoe@example.net", "zora@example.net"],
        False,
    )
    found = (await admin.client.get(f"{PATH}/users", params={"beginning": "zo", "limit": 1})).json()
    assert (len(found["users"]), found["more"]) == (1, True)
    assert (await admin.client.get(f"{PATH}/users", params={"beginning": "%"})).json()["users"] == []

    changed = await admin.put(f"{PATH}/users/plan", {"user": "zoe@example.net", "plan": "premium"})
    assert changed.json()["plan"] == "premium"
    trail = (await admin.client.get(f"{PATH}/audit", params={"whose": "zoe@example.net"})).json()["entries"]
    assert [(each["event"], each["details"]) for each in trail] == [
        ("plan.changed", "economy to premium"),
        ("account.made", ""),
    ]
    assert {each["actor"][:6] for each in trail} == {"web:s_"}
    assert {(each["whose"], each["by"]) for each in trail} == {("zoe@example.net", "chief@example.org")}
    cut = (await admin.client.get(f"{PATH}/audit", params={"whose": "zoe@example.net", "limit": 1})).json()
    assert ([each["event"] for each in cut["entries"]], cut["more"]) == (["plan.changed"], True)


async def test_what_cannot_be_done_to_people_is_refused_with_its_reason(site: Site, admin: Browser) -> None:
    ann, nobody = {"user": site.ann.email}, {"user": "nobody@example.net"}
    for method, path, body, status, code in (
        ("POST", "/users", {"email": site.ann.email, "password": "x"}, 409, "taken"),
        ("POST", "/users", {"email": "no address", "password": "x"}, 422, "bad_user"),
        ("POST", "/users", {"email": "x@example.net", "password": ""}, 422, "invalid"),
        ("PUT", "/users/plan", nobody | {"plan": "premium"}, 404, "not_found"),
        ("PUT", "/users/plan", ann | {"plan": "golden"}, 422, "invalid"),
        ("POST", "/export", nobody, 404, "not_found"),
        ("POST", "/erase/effect", nobody, 404, "not_found"),
        ("POST", "/erase", nobody | {"confirm": "nobody@example.net"}, 404, "not_found"),
        ("POST", "/erase", ann | {"confirm": ""}, 422, "not_confirmed"),
        ("POST", "/erase", ann | {"confirm": site.bob.email}, 422, "not_confirmed"),
        ("POST", "/erase", {"user": site.ann.id, "confirm": site.ann.id}, 422, "not_confirmed"),
        ("POST", "/erase", ann, 422, "invalid"),
        ("POST", "/erase", {"user": "chief@example.org", "confirm": "chief@example.org"}, 409, "yourself"),
    ):
        answer = await admin.client.request(
            method, PATH + path, json=body, headers={"X-CSRF-Token": admin.csrf}
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), (path, body)
    assert await site.services.people.user_by_id(site.ann.id) is not None


async def test_all_that_is_kept_of_somebody_is_given_out_and_the_trail_says_who_took_it(
    site: Site, admin: Browser
) -> None:
    await Phones(site.services.people.engine).set(site.bob.id, "+49 30 901820")
    answer = await admin.post(f"{PATH}/export", {"user": site.bob.email})
    assert answer.headers["content-disposition"] == 'attachment; filename="voicetasks-export.json"'
    given = json.loads(answer.text)
    assert (given["account"]["email"], given["phones"][0]["number"]) == (site.bob.email, "+4930901820")
    assert site.ann.email not in answer.text
    last = (await Audit(site.services.people.engine).entries(site.bob.id))[-1]
    assert (last.event, last.actor[:6]) == ("account.exported", "web:s_")


async def test_somebody_is_erased_once_named_twice_and_the_proof_names_nobody(
    office: Offices, admin: Browser
) -> None:
    site = office.site
    theirs = await somebody(site, "yves")
    browser = await site.signed_in(theirs)
    seconds, _ = await office.redis.time()
    await office.redis.zadd(CALLS, {"c1": seconds * 1000})
    metadata = json.dumps({"subject": theirs.id})
    await office.redis.hset(CALL_PREFIX + "c1", mapping={"owner": "w", "metadata": metadata})
    effect = (await admin.post(f"{PATH}/erase/effect", {"user": theirs.email})).json()
    assert (effect["user"]["id"], effect["live_calls"]) == (theirs.id, 1)
    await office.redis.flushdb()

    answer = await admin.post(f"{PATH}/erase", {"user": theirs.email, "confirm": " YVES@example.net"})
    proof = answer.json()
    assert proof["complete"], proof
    assert {step["place"]: step["left"] for step in proof["steps"]} == dict.fromkeys(
        ("people", "live calls", "tasks", "journal", "redis"), 0
    )
    for word in (theirs.email, theirs.id):
        assert word not in answer.text
    assert (await browser.client.get("/api/me")).status_code == 401
    last = (await Audit(site.services.people.engine).entries())[-1]
    assert (last.event, last.user_id, last.actor[:6]) == ("account.erased", None, "web:s_")
    again = await admin.post(f"{PATH}/erase", {"user": theirs.id, "confirm": theirs.id})
    assert again.json()["complete"], "the id is enough where the address is gone, and once more does no harm"


async def test_an_address_that_begins_like_an_id_names_the_one_who_has_it(site: Site, admin: Browser) -> None:
    theirs = await somebody(site, "usr_bob")
    answer = await admin.post(f"{PATH}/erase", {"user": theirs.email, "confirm": theirs.email})
    assert answer.json()["complete"], answer.text
    assert await site.services.people.user_by_id(theirs.id) is None


async def test_an_id_that_nobody_ever_had_gets_no_proof_of_an_erasure(site: Site, admin: Browser) -> None:
    theirs = await somebody(site, "xaver")
    mistyped = theirs.id[:-1] + ("0" if theirs.id[-1] != "0" else "1")
    for wrong in (mistyped, "usr_xaver", theirs.id[:-1]):
        answer = await admin.post(f"{PATH}/erase", {"user": wrong, "confirm": wrong})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found"), wrong
    assert await Erasures(site.services.people.engine).pending() == []
    assert await site.services.people.user_by_id(theirs.id) is not None
