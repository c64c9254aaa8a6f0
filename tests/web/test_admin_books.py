"""The journal and its settlement, for admins by HTTP."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from people.audit import Audit
from routing.journal import Entry
from tests.routing.story.told import moved_call
from tests.routing.test_exports import openai_page, openai_result
from tests.web.live_calls import recent
from tests.web.offices import Offices
from tiers.usage import Certainty, Usage
from web.body_limit import MAX_BODY_BYTES, MAX_EXPORT_BYTES

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="session")]

RECONCILE = "/api/admin/reconcile"


def charge(event_id: str, microdollars: int, certainty: Certainty = "actual") -> Entry:
    """A charge of a minute ago."""
    usage = Usage(
        event_id=event_id,
        vendor="openai",
        model="gpt-realtime",
        part="speech_to_speech",
        stack="premium",
        units={"audio_output_tokens": 1},
        certainty=certainty,
        outcome="ok",
    )
    details = {"usage": json.loads(usage.to_json()), "price": microdollars, "price_version": "v1"}
    scopes = ("global-day:2026-11-25",)
    return Entry(
        f"c1:{event_id}", "charge", ago(60_000), "c1", "premium", microdollars, scopes=scopes, details=details
    )


def ago(ms: int) -> int:
    return time.time_ns() // 1_000_000 - ms


def invoice(**costs: int) -> dict[str, Any]:
    """The stand-ins' invoice of some requests."""
    rows = [
        {
            "vendor": "openai",
            "model": "gpt-realtime",
            "request_id": request_id,
            "units": {},
            "microdollars": microdollars,
            "status": "ok",
            "tag": "c1",
            "time": datetime.fromtimestamp(ago(60_000) / 1000, UTC).isoformat(timespec="milliseconds"),
        }
        for request_id, microdollars in costs.items()
    ]
    return {"sandbox": True, "rows": rows, "charged_ever": len(rows)}


async def test_the_journals_newest_entries_are_shown_by_call_and_kind_without_a_word_of_anybody(
    office: Offices,
) -> None:
    books = await office.site.services.books.open()
    await books.journal.append(recent(moved_call("c1")) + recent(moved_call("demo-2", "demo-s"), 90_000))
    await books.journal.append([charge("s:resp_1", 31_008)])

    async def shown(**asked: object) -> dict[str, Any]:
        answer = await office.chief.client.get("/api/admin/journal", params=asked)  # type: ignore[arg-type]
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    everything = await shown()
    times = [each["at_ms"] for each in everything["entries"]]
    assert (times, everything["more"]) == (sorted(times, reverse=True), False)
    assert {each["kind"] for each in everything["entries"]} == {"decision", "event", "outcome", "charge"}
    assert {each["call_id"] for each in everything["entries"] if each["demo"]} == {"demo-2"}
    charges = await shown(call="c1", kind="charge", limit=1)
    assert (len(charges["entries"]), charges["more"]) == (1, True)
    spent = next(each for each in everything["entries"] if each["operation"] == "c1:s:resp_1")
    assert (spent["microdollars"], spent["blind"]) == (31_008, False)
    assert spent["scopes"] == ["global-day:2026-11-25"]
    assert spent["details"]["usage"]["units"] == {"audio_output_tokens": 1}
    assert spent["what"] == "openai gpt-realtime, actual: 1 audio_output_tokens"
    first = (await shown(call="c1", kind="decision"))["entries"][-1]
    assert first["what"].startswith("premium: ")
    assert (await shown(call="nothing"))["entries"] == []
    for wrong in ({"kind": "word"}, {"limit": 1001}, {"limit": 0}, {"call": "c 1"}):
        answer = await office.chief.client.get("/api/admin/journal", params=wrong)  # type: ignore[arg-type]
        assert answer.status_code == 422


async def test_estimates_are_settled_once_after_their_effect_was_told_and_the_trail_says_by_whom(
    office: Offices,
) -> None:
    site, admin = office.site, office.chief
    settled_before = (await noted(office)).get("books.settled")  # other tests share the office
    books = await site.services.books.open()
    await books.journal.append([charge("s:resp_1", 30_000), charge("s:resp_2:estimate", 10_000, "estimated")])
    export = invoice(resp_1=30_300, resp_2=12_000)
    told = (await admin.post(f"{RECONCILE}/effect", export)).json()
    assert (told["sandbox"], told["form"], told["corrections"]) == (True, "sandbox invoice", 1)
    (model,) = told["models"]
    assert (model["invoiced"], model["journal"], model["drift_before"]) == (42_300, 42_000, -2_300)
    assert (model["drift"], model["settled"], model["corrected"]) == (-300, 1, 2_000)
    assert len(await books.journal.entries()) == 2  # nothing was written yet
    assert (await noted(office)).get("books.settled") == settled_before

    # An estimate that came meanwhile: what would be settled is not what was told.
    await books.journal.append([charge("s:resp_3:estimate", 5_000, "estimated")])
    longer = invoice(resp_1=30_300, resp_2=12_000, resp_3=6_000)
    refused = await admin.post(f"{RECONCILE}?expected={told['settlement']}", longer)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "conflict")
    assert len(await books.journal.entries()) == 3

    done = (await admin.post(f"{RECONCILE}?expected={told['settlement']}", export)).json()
    assert done == told
    assert (await noted(office))["books.settled"].details == "sandbox invoice, 1 estimates"
    assert (await noted(office))["books.settled"].actor[:6] == "web:s_"
    again = (await admin.post(RECONCILE, export)).json()
    assert (again["corrections"], again["models"][0]["drift"]) == (0, -300)
    corrections = [each for each in await books.journal.entries() if each.operation.startswith("reconcile:")]
    assert [each.microdollars for each in corrections] == [2_000]


async def test_a_period_that_has_just_ended_is_settled_where_somebody_says_that_all_of_it_was_counted(
    office: Offices,
) -> None:
    books = await office.site.services.books.open()
    await books.journal.append([charge("s:resp_9:estimate", 90_000, "estimated")])
    used = openai_result(model="gpt-realtime", output_tokens=100, output_audio_tokens=100)
    page = json.loads(openai_page(used))
    ended = ago(0) // 1000
    page["data"][0] |= {"start_time": ended - 3_600, "end_time": ended}
    waits = (await office.chief.post(f"{RECONCILE}/effect", page)).json()
    assert (waits["corrections"], len(waits["notes"])) == (0, 1)
    told = (await office.chief.post(f"{RECONCILE}/effect?whole=true", page)).json()
    assert told["corrections"] > 0
    done = (await office.chief.post(f"{RECONCILE}?whole=true&expected={told['settlement']}", page)).json()
    assert done == told


async def test_what_is_no_export_or_too_long_is_refused_and_long_ones_are_read_from_admins_alone(
    office: Offices,
) -> None:
    admin = office.chief
    for body in (b"", b"no JSON", b"[]", b'{"rows": 1}', b'{"sandbox": true, "rows": [{}]}', b"[" * 50_000):
        refused = await sent(admin.client, admin.csrf, body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "bad_export"), body[:20]
    padded = json.dumps(invoice()).encode() + b" " * MAX_BODY_BYTES
    assert (await sent(admin.client, admin.csrf, padded)).status_code == 200
    stranger = office.site.browser()
    assert (await sent(stranger.client, "", padded)).status_code == 401
    too_long = await sent(admin.client, admin.csrf, b" " * (MAX_EXPORT_BYTES + 1))
    assert (too_long.status_code, too_long.json()["error"]["message"]) == (
        413,
        "The request's body is longer than 4096 kB.",
    )


async def sent(client: httpx.AsyncClient, csrf: str, body: bytes) -> httpx.Response:
    """A file that is looked at."""
    return await client.post(f"{RECONCILE}/effect", content=body, headers={"X-CSRF-Token": csrf})


async def noted(office: Offices) -> dict[str, Any]:
    """The newest note of each kind in the trail."""
    return {each.event: each for each in await Audit(office.site.services.people.engine).entries()}
