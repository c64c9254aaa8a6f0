"""What caps would do to live calls, told to admins before they write them."""

from __future__ import annotations

import pytest

from tests.web.live_calls import goes_on, holds
from tests.web.offices import Offices

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="session")]


async def test_live_calls_hold_what_their_leases_say(
    office: Offices, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await office.chief.client.get("/api/admin/leases")).json() == {"sandbox": False, "leases": []}
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:8082/openai/v1")
    await goes_on(office, "c0")
    await holds(office, "c0", 250_000)
    told = (await office.chief.client.get("/api/admin/leases")).json()
    (lease,) = told["leases"]
    assert told["sandbox"] is True
    assert 0 < lease["expires_in_seconds"] <= 60
    assert (lease["call_id"], lease["tier"], lease["held_microdollars"]) == ("c0", "premium", 250_000)
    (live,) = (await office.chief.client.get("/api/admin/calls/live")).json()["calls"]
    assert live["held_microdollars"] == 250_000


async def test_caps_tell_which_live_calls_they_leave_no_room_before_they_are_written(office: Offices) -> None:
    books = await office.site.services.books.open()
    ann = await books.journal.subject_of(office.site.ann.id)
    for call_id, subject in (("c0", ann), ("c1", "s_" + "1" * 24)):
        await goes_on(office, call_id, subject)
        await holds(office, call_id, 250_000, subject)
    low, high = {"premium": 100_000, "total": 2_500_000}, {"premium": 250_000, "total": 2_500_000}

    async def moved(whose: str, cap: dict[str, int]) -> tuple[int, list[list[str]]]:
        wanted = {"expected": "default-1", "whose": whose, "caps": {"call": cap}}
        told = (await office.chief.post("/api/admin/budget/effect", wanted)).json()
        return told["live"], sorted(
            [each["call_id"], each["before"], each["after"]] for each in told["moves"]
        )

    assert await moved("global", high) == (2, [])
    assert await moved("global", low) == (2, [[c, "premium", "economy"] for c in ("c0", "c1")])
    assert await moved("ann@example.org", low) == (2, [["c0", "premium", "economy"]])
    assert await moved("bob@example.org", low) == (2, [])
    wanted = {"expected": "default-1", "whose": "ann@example.org", "caps": {"call": low}}
    told = (await office.chief.post("/api/admin/budget/effect", wanted)).json()
    assert told["changes"] == [{"path": "caps.call.premium", "before": 2_000_000, "after": 100_000}]
    nothing = {"premium": 0, "total": 0}
    assert (await moved("ann@example.org", nothing))[1] == [
        ["c0", "premium", None]
    ]  # no free stack is set up
    assert (await books.store.current()).version == "default-1"
