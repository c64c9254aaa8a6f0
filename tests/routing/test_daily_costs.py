"""What calls cost by day."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing.daily_costs import DAY_MS, daily_costs
from routing.journal import Entry
from tests.routing.conftest import Bank
from tests.routing.experiments.past import charge, decision, usage

pytestmark = pytest.mark.system

FRIDAY_MS = 1_795_737_600_000
"""2026-11-27, 00:00 UTC."""
MONDAY_MS = FRIDAY_MS + 3 * DAY_MS


def corrected(estimate: Entry, microdollars: int, at_ms: int) -> Entry:
    """What a vendor's export makes of it later."""
    details = estimate.details | {"used_ms": estimate.at_ms}
    return replace(estimate, operation="reconcile:1", at_ms=at_ms, microdollars=microdollars, details=details)


async def test_a_correction_is_of_the_day_on_which_it_was_used_and_makes_no_call_of_its_own(
    bank: Bank,
) -> None:
    estimate = charge("c1", FRIDAY_MS + 1_000, usage("u1"), 5_000, subject="s_a")
    await bank.journal.append(
        [
            decision("c1", FRIDAY_MS, subject="s_a"),
            estimate,
            corrected(estimate, -2_000, MONDAY_MS + 5_000),
            decision("c2", MONDAY_MS, subject="s_a"),
            charge("c2", MONDAY_MS + 1_000, usage("u1"), 700, subject="s_a"),
        ]
    )
    found = await daily_costs(bank.journal.engine, since_ms=FRIDAY_MS)
    assert [(each.day, each.microdollars, each.calls, each.channel) for each in found] == [
        ("2026-11-27", 3_000, 1, "browser"),
        ("2026-11-30", 700, 1, "browser"),
    ]
    # A day that is not asked for is not told by halves.
    assert [each.day for each in await daily_costs(bank.journal.engine, since_ms=MONDAY_MS)] == ["2026-11-30"]


async def test_one_persons_days_are_told_apart_from_everybodys(bank: Bank) -> None:
    await bank.journal.append(
        [
            decision("c1", FRIDAY_MS, subject="s_a"),
            charge("c1", FRIDAY_MS + 1_000, usage("u1"), 5_000, subject="s_a"),
            decision("c2", FRIDAY_MS, subject="s_b"),
            charge("c2", FRIDAY_MS + 1_000, usage("u1"), 700, subject="s_b"),
        ]
    )
    found = {
        whose: [
            (each.day, each.microdollars, each.calls)
            for each in await daily_costs(bank.journal.engine, since_ms=FRIDAY_MS, subject=whose)
        ]
        for whose in ("", "s_a", "s_b", "s_c")
    }
    assert found == {
        "": [("2026-11-27", 5_700, 2)],
        "s_a": [("2026-11-27", 5_000, 1)],
        "s_b": [("2026-11-27", 700, 1)],
        "s_c": [],
    }
