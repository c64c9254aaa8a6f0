"""The lists of calls: who went on in a time, and what they cost in all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing.call_records import recent_calls
from routing.journal import Entry
from tests.routing.conftest import Bank
from tests.routing.experiments.past import charge, decision, usage

pytestmark = pytest.mark.system

T = 1_795_737_600_000
DAY_MS = 24 * 3600 * 1000


async def test_what_comes_to_a_call_of_long_ago_is_its_own_and_does_not_make_it_a_new_one(bank: Bank) -> None:
    estimate = charge("old", T + 1_000, usage("u1"), 5_000, subject="s_a")
    settled = usage("r1", certainty="reconciled", replaces="u1")
    later = T + 10 * DAY_MS
    await bank.journal.append(
        [
            decision("old", T, subject="s_a"),
            estimate,
            replace(charge("old", later, settled, -2_000, subject="s_a"), operation="reconcile:1"),
            Entry(
                operation="old:stars",
                kind="outcome",
                at_ms=later,
                call_id="old",
                details={"subject": "s_a", "event": "stars", "stars": 5},
            ),
            decision("new", T + 9 * DAY_MS - 60_000, subject="s_a"),
            charge("new", T + 9 * DAY_MS - 30_000, usage("u1"), 300, subject="s_a"),
            charge("new", T + 9 * DAY_MS + 30_000, usage("u2"), 400, subject="s_a"),
        ]
    )
    engine = bank.journal.engine
    [straddling] = await recent_calls(engine, since_ms=T + 9 * DAY_MS)
    assert (straddling.call_id, straddling.microdollars, straddling.decisions) == ("new", 700, 1)
    newest, old = await recent_calls(engine, since_ms=T, subject="s_a")
    assert (newest.call_id, old.call_id) == ("new", "old")
    assert (old.first_ms, old.last_ms, old.microdollars) == (T, T + 1_000, 3_000)
