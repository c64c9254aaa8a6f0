"""Experiments by HTTP, for admins alone."""

from __future__ import annotations

from typing import Any

import pytest

from routing.experiments.bucket import arm_of, bucket_of
from tests.routing.experiments.past import experiment_calls
from tests.web.offices import Offices
from tests.web.site import Browser, Site

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="session")]

PATH = "/api/admin/experiments"
WANTED: dict[str, Any] = {
    "name": "cheap-voice",
    "hypothesis": "a cheaper voice is as good",
    "arms": [{"name": "control", "stack": "economy"}, {"name": "cheap", "stack": "budget"}],
    "plan": "economy",
}


@pytest.fixture
def site(office: Offices) -> Site:
    return office.site


@pytest.fixture
def admin(office: Offices) -> Browser:
    return office.chief


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


async def test_workers_are_told_through_redis(site: Site, admin: Browser) -> None:
    assert (await admin.post(PATH, WANTED)).json()["told_redis"]
    books = await site.services.books.open()
    assert await books.store.board.number() == 1


async def test_what_a_change_would_do_is_told_before_it_is_written(site: Site, admin: Browser) -> None:
    async def told(path: str, body: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        answer = await admin.post(f"{PATH}{path}/effect", body)
        assert answer.status_code == 200, answer.text
        effect = answer.json()
        assert (effect["live"], effect["moves"]) == (0, [])
        changes = {
            each["path"].rpartition(".")[2]: (each["before"], each["after"]) for each in effect["changes"]
        }
        return effect["phases"], changes

    phases, changes = await told("", WANTED | {"expected": "default-1"})
    assert (phases, changes["state"]) == ([], (None, "draft"))
    phases, changes = await told("", WANTED | {"start": True})
    assert (phases, changes["state"]) == ([{"experiment": "cheap-voice", "phase": 1}], (None, "running"))
    books = await site.services.books.open()
    assert (await books.store.current()).version == "default-1"

    assert (await admin.post(PATH, WANTED | {"start": True})).json()["experiment"]["phase"] == 1
    phases, changes = await told("/cheap-voice/weights", {"expected": "1", "weights": {"cheap": 3}})
    assert phases == [{"experiment": "cheap-voice", "phase": 2}]
    assert [arm["weight"] for arm in changes["arms"][1]] == [1, 3]
    phases, changes = await told("/cheap-voice/stop", {"expected": "1"})
    assert (phases, changes) == ([], {"state": ("running", "stopped")})
    assert (await books.store.current()).version == "1"

    for path, body, status in (
        ("/effect", WANTED, 422),  # there is one of that name by now
        ("/cheap-voice/stop/effect", {"expected": "default-1"}, 409),
        ("/cheap-voice/weights/effect", {"weights": {"dear": 1}}, 422),
        ("/nothing/start/effect", {}, 404),
    ):
        assert (await admin.post(PATH + path, body)).status_code == status, path
