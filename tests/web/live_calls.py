"""Calls that go on, as a worker tells the journal and Redis of them."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from zoneinfo import ZoneInfo

from privacy.live_calls import CALL_PREFIX, CALLS
from routing.budget import Account, Booked
from routing.journal import Entry
from routing.policy import DEFAULT_POLICY
from routing.router import decide
from routing.scopes import scopes_of
from tests.routing.story.told import BEGAN, INPUTS, decision
from tests.web.offices import Offices

NOBODY_KNOWN = "s_" + "0" * 24


def recent(entries: list[Entry], ago_ms: int = 60_000) -> list[Entry]:
    """The same call, not long ago."""
    shift = time.time_ns() // 1_000_000 - ago_ms - BEGAN

    def moved(entry: Entry) -> Entry:
        details = json.loads(json.dumps(dict(entry.details)))
        for event in details.get("events", ()):
            event["at"] += shift
        return replace(entry, at_ms=entry.at_ms + shift, details=details)

    return [moved(entry) for entry in entries]


async def goes_on(office: Offices, call_id: str, subject: str = NOBODY_KNOWN) -> None:
    """Have a premium call that a worker serves."""
    books = await office.site.services.books.open()
    await books.journal.append(recent([decision(1, decide(INPUTS), 0, call_id, subject)]))
    seconds, _ = await office.redis.time()
    await office.redis.zadd(CALLS, {call_id: seconds * 1000})
    await office.redis.hset(CALL_PREFIX + call_id, mapping={"owner": "w"})


async def holds(office: Offices, call_id: str, microdollars: int, subject: str = NOBODY_KNOWN) -> None:
    """Have a call hold money for premium."""
    budget = (await office.site.services.books.open()).budget
    scopes = scopes_of(call_id, subject, ZoneInfo("Etc/UTC"), await budget.time_ms())
    held = await budget.hold(
        Account(call_id, scopes, DEFAULT_POLICY.caps),
        operation=f"{call_id}:hold",
        tier="premium",
        microdollars=microdollars,
        ttl_ms=60_000,
        first=True,
    )
    assert isinstance(held, Booked)
