"""What admins see and change by HTTP, and that nobody else does."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from redis.asyncio import Redis

from people.audit import Audit
from people.consent import Consents
from people.user import Role
from privacy.live_calls import CALL_PREFIX, CALLS
from routing.breaker import Breakers
from routing.health import BreakerRules
from routing.journal import Entry
from routing.router import decide
from tests.routing.story.told import BEGAN, INPUTS, decision, moved_call
from tests.web.site import PASSWORD, Browser, OpenSite, Site
from tiers.faults import Fault

pytestmark = pytest.mark.system

POLICY = "/api/admin/policy"
OFF = {"tiers_off": ["premium"]}


@pytest.fixture
async def site(redis: Redis, open_site: OpenSite) -> Site:
    return await open_site()


@pytest.fixture
async def admin(site: Site) -> Browser:
    return await another_admin(site, "chief@example.org")


async def another_admin(site: Site, email: str) -> Browser:
    user = await site.services.people.create_user(email=email, password=PASSWORD, role=Role.ADMIN)
    return await site.signed_in(user)


async def patch(browser: Browser, body: object, **headers: str) -> Any:
    given = {"X-CSRF-Token": browser.csrf} | headers
    return await browser.client.patch(POLICY, json=body, headers=given)


def recent(entries: list[Entry], ago_ms: int = 60_000) -> list[Entry]:
    """The same call, not long ago."""
    shift = time.time_ns() // 1_000_000 - ago_ms - BEGAN

    def moved(entry: Entry) -> Entry:
        details = json.loads(json.dumps(dict(entry.details)))
        for event in details.get("events", ()):
            event["at"] += shift
        return replace(entry, at_ms=entry.at_ms + shift, details=details)

    return [moved(entry) for entry in entries]


async def goes_on(site: Site, redis: Redis, call_id: str) -> None:
    """A premium call that a worker serves."""
    books = await site.services.books.open()
    await books.journal.append(recent([decision(1, decide(INPUTS), 0, call_id, "s_" + "0" * 24)]))
    seconds, _ = await redis.time()
    await redis.zadd(CALLS, {call_id: seconds * 1000})
    await redis.hset(CALL_PREFIX + call_id, mapping={"owner": "w"})


async def test_every_admin_request_without_session_role_token_or_own_site_changes_nothing(
    site: Site, admin: Browser
) -> None:
    books = await site.services.books.open()
    stranger, bob = site.browser(), await site.signed_in(site.bob)
    paths: dict[str, dict[str, Any]] = site.app.openapi()["paths"]
    operations = [
        (method, path, operation)
        for path, found in paths.items()
        if path.startswith("/api/admin/")
        for method, operation in found.items()
    ]
    assert len(operations) > 15
    noted = len(await Audit(site.services.people.engine).entries())
    for method, path, operation in operations:
        address = path.format(call_id="c1", name="cheap", action="start")
        body = {"expected": "default-1", "changes": OFF} if "requestBody" in operation else None
        for browser, status in ((stranger, 401), (bob, 403)):
            headers = {"X-CSRF-Token": browser.csrf}
            answer = await browser.client.request(method, address, json=body, headers=headers)
            assert answer.status_code == status, (method, path)
        if method == "get":
            continue
        for headers in (
            {},
            {"X-CSRF-Token": bob.csrf},
            {"X-CSRF-Token": admin.csrf, "Sec-Fetch-Site": "cross-site"},
        ):
            answer = await admin.client.request(method, address, json=body, headers=headers)
            assert answer.status_code == 403, (method, path, headers)
    assert (await books.store.current()).version == "default-1"
    assert await books.store.history() == ()
    assert len(await Audit(site.services.people.engine).entries()) == noted


async def test_a_switch_tells_what_it_will_move_and_then_does_it(
    site: Site, redis: Redis, admin: Browser
) -> None:
    for number in range(3):
        await goes_on(site, redis, f"c{number}")
    live = (await admin.client.get("/api/admin/calls/live")).json()
    assert {(each["stack"], each["channel"]) for each in live["calls"]} == {("premium", "browser")}
    told = (await admin.post(f"{POLICY}/effect", {"expected": "default-1", "changes": OFF})).json()
    assert (told["live"], [(each["before"], each["after"]) for each in told["moves"]]) == (
        3,
        [("premium", "economy")] * 3,
    )
    assert (await admin.client.get(POLICY)).json()["version"] == "default-1"  # nothing was written yet
    done = (await patch(admin, {"expected": "default-1", "changes": OFF, "note": "too dear"})).json()
    assert (done["version"], done["told_redis"]) == ("1", True)
    assert done["changes"] == [{"path": "tiers_off", "before": [], "after": ["premium"]}]
    shown = (await admin.client.get(POLICY)).json()
    assert (shown["version"], shown["in_redis"], shown["policy"]["tiers_off"]) == ("1", "1", ["premium"])
    assert shown["stacks"]["premium"] == "premium"
    (version,) = (await admin.client.get(f"{POLICY}/history")).json()["versions"]
    assert (version["note"], version["author"][:6]) == ("too dear", "web:s_")


async def test_a_change_that_would_move_nobody_says_so(site: Site, redis: Redis, admin: Browser) -> None:
    await goes_on(site, redis, "c0")
    told = await admin.post(
        f"{POLICY}/effect", {"expected": "default-1", "changes": {"stacks_off": ["budget"]}}
    )
    assert (told.json()["live"], told.json()["moves"]) == (1, [])


async def test_of_two_admins_the_second_sees_the_difference_before_and_after_it_is_told_the_effect(
    site: Site, admin: Browser
) -> None:
    second = await another_admin(site, "deputy@example.org")
    await patch(admin, {"expected": "default-1", "changes": OFF})
    wanted = {"expected": "default-1", "changes": {"local_enabled": False}}
    for late in (await patch(second, wanted), await second.post(f"{POLICY}/effect", wanted)):
        assert late.status_code == 409
        body = late.json()
        assert (body["error"]["code"], body["version"]) == ("conflict", "1")
        assert body["difference"] == [{"path": "tiers_off", "before": [], "after": ["premium"]}]
    again = await patch(second, wanted | {"expected": "1"})
    assert again.status_code == 200
    policy = (await admin.client.get(POLICY)).json()["policy"]
    assert (policy["tiers_off"], policy["local_enabled"]) == (["premium"], False)


async def test_what_cannot_be_is_refused_with_its_reason(admin: Browser) -> None:
    for changes, said in (
        ({"stacks_off": ["nothing"]}, "there is no stack"),
        ({"caps": {"call": {"premium": -1}}}, "caps.call.premium"),
        ({"version": "9"}, "version"),
    ):
        refused = await patch(admin, {"expected": "default-1", "changes": changes})
        assert refused.status_code == 422
        assert said in refused.json()["error"]["message"]


async def test_calls_are_found_by_id_person_stack_and_door(site: Site, admin: Browser) -> None:
    books = await site.services.books.open()
    subject = await books.journal.subject_of(site.ann.id)
    await books.journal.append(
        recent(moved_call("c1", subject)) + recent(moved_call("demo-2", "demo-s"), 30_000)
    )

    async def found(**search: object) -> list[str]:
        answer = await admin.client.get("/api/admin/calls", params=search)  # type: ignore[arg-type]
        return [each["call_id"] for each in answer.json()["calls"]]

    assert await found() == ["demo-2", "c1"]
    assert await found(id="c") == ["c1"]
    assert await found(id="%") == []
    assert await found(whose="ann@example.org") == ["c1"]
    assert await found(whose="bob@example.org") == []
    assert await found(whose="nobody@example.org") == []
    assert await found(stack="economy", channel="browser") == ["demo-2", "c1"]
    assert await found(stack="budget") == []
    assert await found(channel="phone") == []
    body = (await admin.client.get("/api/admin/calls", params={"limit": 1})).json()
    assert (body["more"], body["calls"][0]["demo"], body["calls"][0]["stacks"]) == (
        True,
        True,
        ["premium", "economy"],
    )
    assert (await admin.client.get("/api/admin/calls", params={"days": 0})).status_code == 422


async def test_a_story_is_told_as_json_and_as_a_page_that_loads_nothing(site: Site, admin: Browser) -> None:
    books = await site.services.books.open()
    await books.journal.append(moved_call())
    consents = Consents(site.services.people.engine)
    began = datetime.fromtimestamp(BEGAN / 1000, UTC)
    await consents.set(site.ann.id, "browser", given=True, now=began)
    await consents.keep(site.ann.id, "browser", "c1", [(began, "caller", "Buy <b>milk</b>")])
    told = (await admin.client.get("/api/admin/calls/c1/story")).json()
    assert (told["call_id"], [each["text"] for each in told["words"]]) == ("c1", ["Buy <b>milk</b>"])
    page = await admin.client.get("/api/admin/calls/c1/story.html")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'; style-src 'sha256-" in policy
    assert "frame-ancestors 'none'" in policy
    assert "Buy &lt;b&gt;milk&lt;/b&gt;" in page.text
    await consents.set(site.ann.id, "browser", given=False)
    assert "milk" not in (await admin.client.get("/api/admin/calls/c1/story.html")).text
    explained = (await admin.client.get("/api/admin/calls/c1/explain")).json()
    assert [each["replayed"] for each in explained["decisions"]] == ["same", "same"]
    for path in ("c404/story", "c404/story.html", "c404/explain"):
        assert (await admin.client.get(f"/api/admin/calls/{path}")).status_code == 404


async def test_budgets_are_shown_and_set_for_everybody_and_for_one(site: Site, admin: Browser) -> None:
    shown = (await admin.client.get("/api/admin/budget")).json()
    assert (shown["redis_answers"], [each["kind"] for each in shown["scopes"]]) == (True, ["global_day"])
    cap = {"premium": 1_000_000, "total": 2_000_000}
    wanted = {"expected": "default-1", "whose": "global", "caps": {"global_day": cap}}
    assert (await admin.put("/api/admin/budget", wanted)).json()["version"] == "1"
    assert (await admin.put("/api/admin/budget", wanted)).status_code == 409
    theirs = {"expected": "1", "whose": "ann@example.org", "caps": {"call": cap}}
    assert (await admin.put("/api/admin/budget", theirs)).json()["version"] == "2"
    ann = (await admin.client.get("/api/admin/budget", params={"whose": "ann@example.org"})).json()
    assert (ann["own_caps"], ann["caps"]["call"], len(ann["scopes"])) == (True, cap, 2)
    assert (await admin.put("/api/admin/budget", theirs | {"expected": "2", "caps": {}})).status_code == 200
    ann = (await admin.client.get("/api/admin/budget", params={"whose": "ann@example.org"})).json()
    assert not ann["own_caps"]
    for wrong, status in (
        (theirs | {"whose": "nobody@example.org"}, 404),
        (theirs | {"caps": {"global_day": cap}}, 422),
        (wanted | {"caps": {}}, 422),
        (wanted | {"expected": "3", "caps": {"week": cap}}, 422),
    ):
        assert (await admin.put("/api/admin/budget", wrong)).status_code == status


async def test_each_day_has_its_cost_by_stack_and_door_and_made_up_calls_apart(
    site: Site, admin: Browser
) -> None:
    books = await site.services.books.open()
    await books.journal.append(recent(moved_call("c1")) + recent(moved_call("demo-2", "demo-s")))
    body = (await admin.client.get("/api/admin/costs", params={"days": 2})).json()
    rows = {(row["stack"], row["demo"]): row for row in body["rows"]}
    assert rows["premium", False]["microdollars"] == 31_008
    assert (rows["economy", False]["microdollars"], rows["economy", False]["channel"]) == (500, "browser")
    assert rows["premium", True]["calls"] == 1
    assert {row["day"] for row in body["rows"]} <= {
        datetime.fromtimestamp(each.at_ms / 1000, UTC).date().isoformat()
        for each in await books.journal.entries()
    }


async def test_a_vendors_breaker_has_a_history(site: Site, admin: Browser) -> None:
    books = await site.services.books.open()
    breakers, rules = Breakers(books.link), BreakerRules(cool_ms=0)
    assert (await admin.client.get("/api/admin/health")).json()["turns"] == []
    await breakers.change("openai-llm", lambda known, now: known.failed(now, Fault.BAD_KEY, rules, "r1"))
    await breakers.change("openai-llm", lambda known, now: known.failed(now, Fault.BAD_KEY, rules, "r2"))
    await breakers.change("openai-llm", lambda known, now: known.worked(now, against_advice=True))
    body = (await admin.client.get("/api/admin/health")).json()
    assert [(each["turned"], each["fault"]) for each in body["turns"]] == [
        ("closed", ""),
        ("opened", "bad_key"),
    ]
    assert next(each for each in body["services"] if each["service"] == "openai-llm")["state"] == "closed"


async def test_the_trail_users_and_leases_are_shown(site: Site, admin: Browser) -> None:
    trail = (await admin.client.get("/api/admin/audit")).json()["entries"]
    assert (trail[0]["event"], trail[0]["details"]) == ("sign_in", "password")
    people = (await admin.client.get("/api/admin/users")).json()["users"]
    assert people[0]["email"] == "ann@example.org"
    assert "password" not in json.dumps(people)
    assert (await admin.client.get("/api/admin/leases")).json() == []


async def test_without_redis_the_journal_is_shown_and_what_needs_it_says_so(open_site: OpenSite) -> None:
    site = await open_site()
    admin = await another_admin(site, "chief@example.org")
    live = (await admin.client.get("/api/admin/calls/live")).json()
    assert (live["calls"], live["why_behind"]) == ([], "Redis does not answer")
    assert (await admin.client.get("/api/admin/budget")).json()["redis_answers"] is False
    for path in ("health", "leases"):
        answer = await admin.client.get(f"/api/admin/{path}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    written = await patch(admin, {"expected": "default-1", "changes": OFF})
    assert written.json()["told_redis"] is False
