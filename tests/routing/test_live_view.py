"""The calls that go on, with all the money that they have cost so far."""

from __future__ import annotations

import pytest

from routing.caps import Cap
from routing.live_view import live_views
from tests.routing.conftest import Bank

pytestmark = pytest.mark.system


async def test_a_live_call_shows_what_it_spent_beyond_a_cap_and_while_redis_was_away(bank: Bank) -> None:
    account = await bank.account("c1", call=Cap(premium=1_000, total=1_000))
    await bank.budget.meter(
        account, operation=bank.operation(), tier="premium", microdollars=5_000, details={}
    )
    [counted] = await bank.budget.counters(["call:c1"])
    assert counted is not None
    assert counted.overshoot > 0
    [view], why_behind = await live_views(bank.journal, bank.link, bank.budget, ["c1"])
    assert (view.microdollars, why_behind) == (5_000, "")
