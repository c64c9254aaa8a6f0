"""What admins see and change by HTTP, and that nobody else does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from people.audit import Audit
from people.consent import Consents
from routing.breaker import Breakers
from routing.erasure import known_subject
from routing.health import BreakerRules
from tests.routing.story.told import BEGAN, moved_call
from tests.web.live_calls import goes_on, recent
from tests.web.offices import Offices
from tests.web.site import PASSWORD, Browser, Site
from tests.web.test_admin_books import charge
from tiers.catalogue import MODELS
from tiers.faults import Fault
from web import admin_watch

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="session")]

POLICY = "/api/admin/policy"
OFF = {"tiers_off": ["premium"]}


@pytest.fixture
def site(office: Offices) -> Site:
    return office.site


@pytest.fixture
def admin(office: Offices) -> Browser:
    return office.chief


async def patch(browser: Browser, body: object, **headers: str) -> Any:
    given = {"X-CSRF-Token": browser.csrf} | headers
    return await browser.client.patch(POLICY, json=body, headers=given)


async def test_every_admin_request_without_session_role_token_or_own_site_changes_nothing(
    site: Site, admin: Browser
) -> None:
    books, people = await site.services.books.open(), site.services.people
    stranger, bob = site.browser(), await site.signed_in(site.bob)
    ann = await people.create_user(email="anna@example.org", password=PASSWORD)
    operations = admin_operations(site)
    assert len(operations) > 30
    await books.store.write({"experiments": {"cheap": EXPERIMENT}}, expected="default-1", author="test")

    async def state() -> tuple[object, ...]:
        noted = await Audit(people.engine).entries()
        return await books.store.current(), await books.store.history(), noted, await people.users()

    before = await state()
    for method, path in operations:
        for browser, status in ((stranger, 401), (bob, 403)):
            headers = {"X-CSRF-Token": browser.csrf}
            answer = await browser.client.request(
                method, addressed(path), json=body_of(path, "1"), headers=headers
            )
            assert answer.status_code == status, (method, path)
        if method == "get":
            continue
        for headers in (
            {},
            {"X-CSRF-Token": bob.csrf},
            {"X-CSRF-Token": admin.csrf, "Sec-Fetch-Site": "cross-site"},
        ):
            answer = await admin.client.request(
                method, addressed(path), json=body_of(path, "1"), headers=headers
            )
            assert answer.status_code == 403, (method, path, headers)
    assert await state() == before
    # Each of them would have done something: nothing but who asked stood in the way.
    for method, path in operations:
        if method == "get":
            continue
        version = (await books.store.current()).version
        headers = {"X-CSRF-Token": admin.csrf}
        answer = await admin.client.request(
            method, addressed(path), json=body_of(path, version), headers=headers
        )
        assert answer.is_success, (method, path, answer.text)
    assert await people.user_by_id(ann.id) is None


CAP = {"premium": 1_000_000, "total": 2_000_000}
ARMS = [{"name": "control", "stack": "economy"}, {"name": "cheap", "stack": "budget"}]
EXPERIMENT = {"hypothesis": "a cheaper voice is as good", "arms": ARMS, "plan": "economy"}
ANNA = {"user": "anna@example.org"}
NEW = {"name": "other", **EXPERIMENT}
BODIES: dict[str, dict[str, Any]] = {
    "/policy": {"changes": OFF},
    "/policy/effect": {"changes": OFF},
    "/budget": {"whose": "global", "caps": {"call": CAP}},
    "/budget/effect": {"whose": "global", "caps": {"call": CAP}},
    "/experiments": NEW,
    "/experiments/effect": NEW | {"name": "third"},
    "/experiments/{name}/{action}": {},
    "/experiments/{name}/{action}/effect": {},
    "/experiments/{name}/weights": {"weights": {"cheap": 3}},
    "/experiments/{name}/weights/effect": {"weights": {"cheap": 4}},
    "/experiments/{name}/arms": {"ids": ["usr_1"]},
    "/reconcile": {"sandbox": True, "rows": []},
    "/reconcile/effect": {"sandbox": True, "rows": []},
    "/users": {"email": "new@example.org", "password": PASSWORD},
    "/users/plan": ANNA | {"plan": "premium"},
    "/export": ANNA,
    "/erase": ANNA | {"confirm": "anna@example.org"},
    "/erase/effect": ANNA,
}
"""For every request that changes something, or says what would: one that does, from the right one."""
VERSIONED = ("/policy", "/budget", "/experiments")


def admin_operations(site: Site) -> list[tuple[str, str]]:
    """Methods and paths, the erasure last."""
    paths: dict[str, dict[str, Any]] = site.app.openapi()["paths"]
    found = [
        (method, path)
        for path, operations in paths.items()
        if path.startswith("/api/admin/")
        for method in operations
    ]
    return sorted(found, key=lambda each: each[1].endswith("/erase"))


def addressed(path: str) -> str:
    return path.format(call_id="c1", name="cheap", action="start")


def body_of(path: str, version: str) -> dict[str, Any] | None:
    known = path.removeprefix("/api/admin")
    if known not in BODIES:
        return None
    versioned = known.startswith(VERSIONED) and not known.endswith("/arms")
    return BODIES[known] | ({"expected": version} if versioned else {})


async def test_a_switch_tells_what_it_will_move_and_then_does_it(office: Offices, admin: Browser) -> None:
    for number in range(3):
        await goes_on(office, f"c{number}")
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


async def test_a_change_that_would_move_nobody_says_so(office: Offices, admin: Browser) -> None:
    await goes_on(office, "c0")
    told = await admin.post(
        f"{POLICY}/effect", {"expected": "default-1", "changes": {"stacks_off": ["budget"]}}
    )
    assert (told.json()["live"], told.json()["moves"]) == (1, [])


async def test_of_two_admins_the_second_sees_the_difference_before_and_after_it_is_told_the_effect(
    office: Offices, admin: Browser
) -> None:
    second = office.deputy
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


async def test_looking_at_a_budget_of_who_never_called_writes_nothing(site: Site, admin: Browser) -> None:
    books = await site.services.books.open()
    shown = (await admin.client.get("/api/admin/budget", params={"whose": site.bob.email})).json()
    assert [each["journal"] for each in shown["scopes"]] == [0, 0]
    assert await known_subject(books.journal.engine, site.bob.id) is None
    cap = {"premium": 1_000_000, "total": 2_000_000}
    wanted = {"expected": "default-1", "whose": site.bob.email, "caps": {"call": cap}}
    told = (await admin.post("/api/admin/budget/effect", wanted)).json()
    assert [each["after"] for each in told["changes"]] == [1_000_000, 2_000_000]
    assert await known_subject(books.journal.engine, site.bob.id) is None


async def test_one_call_is_shown_in_sum_with_what_the_terminal_shows_of_it(
    site: Site, admin: Browser
) -> None:
    books = await site.services.books.open()
    entries = [*moved_call("c1"), charge("s:resp_1", 31_008), charge("s:resp_2", 500, "estimated")]
    await books.journal.append(entries)
    shown = (await admin.client.get("/api/admin/calls/c1")).json()
    assert (shown["sandbox"], shown["demo"], shown["call_id"]) == (False, False, "c1")
    assert shown["cost_microdollars"] == sum(each.microdollars for each in entries if each.kind == "charge")
    costs = shown["costs"]
    amounts = [each["microdollars"] for each in costs]
    assert (sum(amounts), amounts) == (shown["cost_microdollars"], sorted(amounts, reverse=True))
    assert (costs[0]["stack"], costs[0]["model"], amounts[0]) == ("premium", "gpt-realtime", 2 * 31_008)
    assert {each["certainty"] for each in costs} == {"actual", "estimated"}
    assert shown["decisions"] == sum(each.kind == "decision" for each in entries)
    times = [each.at_ms for each in entries]
    assert (shown["first_ms"], shown["last_ms"]) == (min(times), max(times))
    assert len(shown["outcomes"]) == sum(each.kind == "outcome" for each in entries)
    assert (await admin.client.get("/api/admin/calls/c404")).status_code == 404


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
    trail = await Audit(site.services.people.engine).entries(site.ann.id)
    read = [each for each in trail if each.event == "words.read"]
    assert [(each.details, each.actor[:6]) for each in read] == [("c1", "web:s_")] * 2
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'; style-src 'sha256-" in policy
    assert "frame-ancestors 'none'" in policy
    assert "Buy &lt;b&gt;milk&lt;/b&gt;" in page.text
    await consents.set(site.ann.id, "browser", given=False)
    assert "milk" not in (await admin.client.get("/api/admin/calls/c1/story.html")).text
    trail = await Audit(site.services.people.engine).entries(site.ann.id)
    assert [each for each in trail if each.event == "words.read"] == read, "without words nobody read any"
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


async def test_the_days_of_one_person_are_found_by_their_address(site: Site, admin: Browser) -> None:
    books = await site.services.books.open()
    subject = await books.journal.subject_of(site.bob.id)
    for call_id, whose in (("c1", subject), ("c2", "s_other")):
        scopes = (f"call:{call_id}", f"user-day:{whose}:2026-11-30")
        await books.journal.append(
            [
                replace(each, scopes=scopes)
                for each in recent(moved_call(call_id, whose))
                if each.kind == "charge"
            ]
        )

    async def cost_of(**whose: str) -> int:
        body = (await admin.client.get("/api/admin/costs", params={"days": 2} | whose)).json()
        return sum(row["microdollars"] for row in body["rows"])

    bobs = await cost_of(whose=site.bob.email)
    assert 0 < bobs < await cost_of()
    assert await cost_of(whose="ann@example.org") == 0
    answer = await admin.client.get("/api/admin/costs", params={"whose": "nobody@example.org"})
    assert answer.status_code == 404


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


@pytest.mark.parametrize(("days_before", "is_told"), [(61, False), (59, True)])
async def test_admins_are_told_of_a_model_that_ends_from_sixty_days_before(
    admin: Browser, monkeypatch: pytest.MonkeyPatch, days_before: int, is_told: bool
) -> None:
    model = MODELS["gpt-4o-mini"]
    assert model.shutdown is not None
    today = model.shutdown - timedelta(days_before)
    monkeypatch.setattr(admin_watch, "_today", lambda: today)
    body = (await admin.client.get("/api/admin/health")).json()
    told = {
        "vendor": "openai",
        "model": "gpt-4o-mini",
        "day": "2027-01-14",
        "days_left": days_before,
        "successor": "gpt-5.6-luna",
        "since": "2026-12-15",
        "succeeded": False,
    }
    assert (told in body["shutdowns"]) == is_told
    assert any(each["model"] == "gpt-4o-mini" for each in body["shutdowns"]) == is_told
