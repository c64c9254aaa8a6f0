"""One's own calls by HTTP: the list, stars for them, and the money."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis
from sqlalchemy import func, select

from people.consent import Consents
from routing.models import EntryRow
from routing.ratings import ratings_of
from tests.routing.experiments.past import MINUTE, charge, plain_call, usage
from tests.web.site import OpenSite, Site

pytestmark = pytest.mark.unit


async def call_of_ann(site: Site, call_id: str, at_ms: int) -> None:
    books = await site.services.books.open()
    subject = await books.journal.subject_of(site.ann.id)
    await books.journal.append(plain_call(call_id, at_ms, subject=subject))


async def test_the_list_says_when_by_what_for_how_much_and_what_was_agreed_to(open_site: OpenSite) -> None:
    site = await open_site()
    ann, bob = await site.signed_in(site.ann), await site.signed_in(site.bob)
    began = datetime.now(UTC) - timedelta(hours=1)
    first_ms = int(began.timestamp() * 1000)
    await call_of_ann(site, "c1", first_ms)
    await call_of_ann(site, "c2", first_ms + 70 * MINUTE)
    consents = Consents(site.services.people.engine)
    await consents.set(site.ann.id, "browser", given=True)
    at = datetime.now(UTC) + timedelta(minutes=1)
    await consents.keep(
        site.ann.id, "browser", "c2", [(at, "caller", "Add milk."), (at, "assistant", "Done.")]
    )
    told = (await ann.client.get("/api/calls")).json()
    newest, first = told["calls"]
    assert (newest["call_id"], newest["consent"], newest["lines_kept"]) == ("c2", True, 2)
    assert (first["call_id"], first["consent"], first["lines_kept"]) == ("c1", None, 0)
    assert first["cost_microdollars"] == 40_000
    assert first["served"] == [{"stack": "economy", "tier": "economy"}]
    assert datetime.fromisoformat(first["ended_at"]) - datetime.fromisoformat(first["began_at"]) == timedelta(
        minutes=2
    )
    page = (await ann.client.get("/api/calls", params={"limit": 1})).json()
    assert [call["call_id"] for call in page["calls"]] == ["c2"]
    rest = (await ann.client.get("/api/calls", params={"limit": 1, "before": page["next"]})).json()
    assert ([call["call_id"] for call in rest["calls"]], rest["next"]) == (["c1"], None)
    lines = (await ann.client.get("/api/transcript", params={"call_id": "c2"})).json()["lines"]
    assert [line["text"] for line in lines] == ["Add milk.", "Done."]
    assert (await ann.client.get("/api/transcript", params={"call_id": "c1"})).json()["lines"] == []
    assert (await bob.client.get("/api/calls")).json()["calls"] == []
    assert (await bob.client.get("/api/transcript", params={"call_id": "c2"})).json()["lines"] == []
    assert (await site.browser().client.get("/api/calls")).status_code == 401


async def test_of_calls_that_began_at_the_same_time_none_is_passed_over_at_a_pages_edge(
    open_site: OpenSite,
) -> None:
    site = await open_site()
    ann = await site.signed_in(site.ann)
    began_ms = time.time_ns() // 1_000_000 - 60 * MINUTE
    for call_id, at_ms in (("c1", began_ms), ("c2", began_ms), ("c3", began_ms), ("c0", began_ms - 1)):
        await call_of_ann(site, call_id, at_ms)
    seen: list[str] = []
    asked: dict[str, int | str] = {"limit": 1}
    while True:
        page = (await ann.client.get("/api/calls", params=asked)).json()
        seen += [call["call_id"] for call in page["calls"]]
        if page["next"] is None:
            assert page["next_id"] is None
            break
        asked = {"limit": 1, "before": page["next"], "before_id": page["next_id"]}
    assert seen == ["c1", "c2", "c3", "c0"]
    by_time_alone = (await ann.client.get("/api/calls", params={"before": began_ms})).json()
    assert [call["call_id"] for call in by_time_alone["calls"]] == ["c0"]


async def test_a_call_of_ones_own_gets_stars_and_another_persons_none(open_site: OpenSite) -> None:
    site = await open_site()
    ann, bob = await site.signed_in(site.ann), await site.signed_in(site.bob)
    made = site.services.call_ids.new(site.ann.id)  # the journal has nothing of it yet
    await call_of_ann(site, "by-phone", time.time_ns() // 1_000_000)
    for call_id in (made, "by-phone"):
        for stars in (2, 5):
            answer = await ann.put(f"/api/calls/{call_id}/rating", {"stars": stars})
            assert (answer.status_code, answer.json()) == (200, {"call_id": call_id, "stars": stars})
    books = await site.services.books.open()
    kept = {made: 5, "by-phone": 5}
    assert await ratings_of(books.journal.engine, list(kept)) == kept
    rows = select(func.count()).select_from(EntryRow).where(EntryRow.call_id == made)
    async with books.journal.engine.connect() as connection:
        before = await connection.scalar(rows)
        assert (await ann.put(f"/api/calls/{made}/rating", {"stars": 5})).status_code == 200
        assert await connection.scalar(rows) == before, "the same again is no news"
    refused = (
        (bob, made, {"stars": 1}, 404),
        (bob, "by-phone", {"stars": 1}, 404),
        (ann, "c9", {"stars": 1}, 404),
        (ann, made, {"stars": 0}, 422),
        (ann, made, {"stars": 6}, 422),
        (ann, made, {"stars": 3, "words": "very good"}, 422),
        (site.browser(), made, {"stars": 1}, 401),
    )
    for browser, call_id, body, status in refused:
        assert (await browser.put(f"/api/calls/{call_id}/rating", body)).status_code == status
    tokenless = await ann.client.put(f"/api/calls/{made}/rating", json={"stars": 1})
    assert tokenless.status_code == 403
    assert await ratings_of(books.journal.engine, list(kept)) == kept
    # Once a call, as it was first.
    metrics = (await ann.client.get("/metrics")).text
    assert 'voicetasks_satisfaction_sum{channel="browser"} 4.0' in metrics


async def test_the_budget_is_ones_own(open_site: OpenSite, redis: Redis) -> None:
    site = await open_site()
    ann, bob = await site.signed_in(site.ann), await site.signed_in(site.bob)
    books = await site.services.books.open()
    subject = await books.journal.subject_of(site.ann.id)
    now_ms = time.time_ns() // 1_000_000
    await books.journal.append([charge("c1", now_ms, usage("u1", "premium"), 31_008, subject=subject)])
    told = (await ann.client.get("/api/budget")).json()
    assert told["day"] == {
        "premium_microdollars": 31_008,
        "premium_cap_microdollars": 4_000_000,
        "microdollars": 31_008,
        "cap_microdollars": 5_000_000,
    }
    assert (told["month"]["microdollars"], told["call_cap_microdollars"]) == (31_008, 2_500_000)
    assert (await bob.client.get("/api/budget")).json()["month"]["microdollars"] == 0
    assert (await site.browser().client.get("/api/budget")).status_code == 401
