"""Experiments by HTTP, for admins alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from people.user import Role
from routing.experiments.bucket import arm_of, bucket_of
from tests.routing.experiments.past import experiment_calls
from tests.web.site import PASSWORD, Browser, OpenSite, Site

pytestmark = pytest.mark.unit

PATH = "/api/admin/experiments"
WANTED: dict[str, Any] = {
    "name": "cheap-voice",
    "hypothesis": "a cheaper voice is as good",
    "arms": [{"name": "control", "stack": "economy"}, {"name": "cheap", "stack": "budget"}],
    "plan": "economy",
}


@pytest.fixture
async def site(open_site: OpenSite, environment: pytest.MonkeyPatch, tmp_path: Path) -> Site:
    environment.setenv("VOICETASKS_ROUTING_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'routing.db'}")
    return await open_site()


@pytest.fixture
async def admin(site: Site) -> Browser:
    user = await site.services.people.create_user(
        email="chief@example.org", password=PASSWORD, role=Role.ADMIN
    )
    return await site.signed_in(user)


async def test_an_experiment_is_written_started_reweighted_and_stopped(site: Site, admin: Browser) -> None:
    made = await admin.post(PATH, WANTED)
    assert (made.status_code, made.json()["experiment"]["state"]) == (201, "draft")
    started = (await admin.post(f"{PATH}/cheap-voice/start")).json()
    assert (started["experiment"]["state"], started["experiment"]["phase"]) == ("running", 1)
    changed = (await admin.put(f"{PATH}/cheap-voice/weights", {"weights": {"cheap": 3}})).json()
    assert (changed["experiment"]["phase"], changed["experiment"]["arms"][1]["weight"]) == (2, 3)
    stopped = (await admin.post(f"{PATH}/cheap-voice/stop", {"note": "enough"})).json()
    books = await site.services.books.open()
    assert {each.author[:6] for each in await books.store.history()} == {"web:s_"}  # a name of the journal's
    listed = (await admin.client.get(PATH)).json()
    assert listed["policy_version"] == stopped["policy_version"] == "4"
    assert [each["experiment"]["state"] for each in listed["experiments"]] == ["stopped"]


async def test_without_an_admins_session_and_token_nothing_is_read_or_changed(
    site: Site, admin: Browser
) -> None:
    await admin.post(PATH, WANTED)
    version = (await admin.client.get(PATH)).json()["policy_version"]
    stranger, bob = site.browser(), await site.signed_in(site.bob)
    tokenless = await site.signed_in(site.ann)
    tokenless.client, tokenless.csrf = admin.client, ""
    requests = (
        ("POST", PATH, WANTED | {"name": "other"}),
        ("POST", f"{PATH}/cheap-voice/start", None),
        ("PUT", f"{PATH}/cheap-voice/weights", {"weights": {"cheap": 9}}),
        ("PUT", f"{PATH}/cheap-voice/arms", {"ids": ["usr_1"]}),
    )
    for browser, status in ((stranger, 401), (bob, 403), (tokenless, 403)):
        for method, path, body in requests:
            answer = await browser.client.request(
                method, path, json=body, headers={"X-CSRF-Token": browser.csrf}
            )
            assert answer.status_code == status, (method, path)
    for path in (PATH, f"{PATH}/cheap-voice/report"):
        assert (await stranger.client.get(path)).status_code == 401
        assert (await bob.client.get(path)).status_code == 403
    crossed = await admin.client.post(
        f"{PATH}/cheap-voice/start", headers={"X-CSRF-Token": admin.csrf, "Sec-Fetch-Site": "cross-site"}
    )
    assert crossed.status_code == 403
    assert (await admin.client.get(PATH)).json()["policy_version"] == version


async def test_the_second_of_two_admins_is_told_what_changed(admin: Browser) -> None:
    version = (await admin.post(PATH, WANTED)).json()["policy_version"]
    await admin.post(f"{PATH}/cheap-voice/start", {"expected": version})
    late = await admin.post(f"{PATH}/cheap-voice/stop", {"expected": version})
    assert (late.status_code, late.json()["error"]["code"]) == (409, "conflict")
    assert 'experiments.cheap-voice.state: "draft" → "running"' in late.json()["error"]["message"]


async def test_what_cannot_be_is_refused_with_its_reason(admin: Browser) -> None:
    dear = WANTED | {"arms": [WANTED["arms"][0], {"name": "dear", "stack": "premium"}]}
    refused = await admin.post(PATH, dear)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_policy")
    assert "nobody is served above their plan" in refused.json()["error"]["message"]
    for wrong in (WANTED | {"name": "No Name"}, WANTED | {"arms": []}, WANTED | {"more": 1}):
        assert (await admin.post(PATH, wrong)).status_code == 422
    assert (await admin.post(f"{PATH}/nothing/start")).status_code == 404
    assert (await admin.client.get(f"{PATH}/nothing/report")).status_code == 404


async def test_users_are_shown_the_arms_that_calls_give_them(admin: Browser) -> None:
    await admin.post(PATH, WANTED)
    ids = [f"usr_{number}" for number in range(100)]
    arms = (await admin.put(f"{PATH}/cheap-voice/arms", {"ids": ids})).json()["arms"]
    for unit in ids:
        number = arm_of(bucket_of("cheap-voice", unit), (0.5, 0.5))
        assert number is not None
        assert arms[unit] == ("control", "cheap")[number]


async def test_a_report_has_figures_sentences_and_points_for_a_picture(site: Site, admin: Browser) -> None:
    await admin.post(PATH, WANTED)
    await admin.post(f"{PATH}/cheap-voice/start")
    books = await site.services.books.open()
    await experiment_calls(books.journal, (await books.store.current()).experiments, 5, "cheap-voice")
    body = (await admin.client.get(f"{PATH}/cheap-voice/report")).json()
    assert (body["sandbox"], body["phase"], body["waiting"]) == (False, 1, 5)  # no vendor is a stand-in here
    assert body["sentences"][-1].startswith("Too early")
    assert body["looks"] == []


async def test_a_database_that_is_away_is_told(
    open_site: OpenSite, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    url = f"sqlite+aiosqlite:///{tmp_path / 'file' / 'routing.db'}"
    environment.setenv("VOICETASKS_ROUTING_DATABASE_URL", url)
    site = await open_site()
    user = await site.services.people.create_user(
        email="chief@example.org", password=PASSWORD, role=Role.ADMIN
    )
    admin = await site.signed_in(user)
    answer = await admin.client.get(PATH)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")


async def test_workers_are_told_through_redis(redis: Redis, site: Site, admin: Browser) -> None:
    await admin.post(PATH, WANTED)
    books = await site.services.books.open()
    assert await books.store.board.number() == 1
