"""Calls that ask for money at the same time, and calls whose money runs out."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from routing.caps import Cap, Caps
from routing.decision import Cause, Decision, LostBecause
from routing.router import replay
from tests.routing.conftest import Bank, Cost
from tests.routing.switchboard import SLICE, Switchboard

pytestmark = pytest.mark.system


@pytest.fixture
async def board(bank: Bank, tmp_path: Path) -> AsyncIterator[Switchboard]:
    board = Switchboard(bank, tmp_path / "spool")
    yield board
    await board.aclose()


async def test_of_fifty_calls_at_once_exactly_as_many_are_premium_as_the_cap_pays_for(
    bank: Bank, board: Switchboard
) -> None:
    board.caps(global_day=Cap(premium=3 * SLICE + SLICE // 2, total=10**12))
    calls = [board.router(f"c{number}", subject=f"s_{number}") for number in range(50)]
    decisions = await asyncio.gather(*(call.open() for call in calls))
    assert Counter(decision.stack for decision in decisions) == {"premium": 3, "economy": 47}
    lost = {reason.code for d in decisions if d.stack == "economy" for reason in d.reasons[:1]}
    assert lost == {LostBecause.BUDGET_EXHAUSTED}


async def test_the_default_cap_holds_for_the_first_requests_of_a_user_nobody_knows(
    board: Switchboard,
) -> None:
    board.caps(user_day=Cap(premium=2 * SLICE, total=10**12))
    calls = [board.router(f"c{number}", subject="s_new") for number in range(8)]
    decisions = await asyncio.gather(*(call.open() for call in calls))
    assert Counter(decision.stack for decision in decisions) == {"premium": 2, "economy": 6}


async def test_a_call_is_served_for_free_when_no_cap_pays_for_anything(board: Switchboard) -> None:
    board.caps(user_month=Cap(premium=0, total=0))
    decision = await board.router("c1").open()
    assert decision.stack == "local"


async def test_a_premium_call_is_asked_to_economy_within_a_slice_once_the_cap_is_used_up(
    bank: Bank, board: Switchboard
) -> None:
    board.caps(user_day=Cap(premium=50_000, total=10**12))
    call = board.router("c1", slice_seconds=1)
    assert (await call.open()).stack == "premium"
    replies = 0
    async with asyncio.timeout(20):
        while board.silent:
            replies += 1
            call.meter(Cost(f"r{replies}", 9_000))
            await asyncio.sleep(0.4)
    decision, cause = await board.told()
    assert cause is Cause.MONEY
    assert decision.stack == "economy"
    assert decision.reason.startswith("Your plan includes premium, whose budget is used up")
    day = (await bank.counters(await bank.account("c1")))[1]
    assert day["pc"] + day["ph"] <= 50_000
    assert day["po"] <= 9_000  # the reply that was being generated


async def test_a_live_call_follows_a_policy_that_switches_its_tier_off(board: Switchboard) -> None:
    call = board.router("c1")
    assert (await call.open()).stack == "premium"
    board.policy = board.policy.model_copy(update={"version": "2", "tiers_off": ("premium",)})
    call.policy_changed()
    decision, cause = await board.told()
    assert cause is Cause.POLICY
    assert decision.stack == "economy"
    assert decision.policy_version == "2"


async def test_every_decision_is_in_the_journal_and_its_stored_inputs_decide_the_same(
    bank: Bank, board: Switchboard
) -> None:
    board.caps(call=Cap(premium=0, total=10**12))
    call = board.router("c1")
    opened = await call.open()
    await call.aclose()
    [entry] = await bank.journal.entries(call_id="c1", kind="decision")
    stored = Decision.model_validate(entry.details["decision"])
    assert stored == opened
    assert replay(stored.inputs) == stored


async def test_a_stored_decision_holds_nobody_elses_caps_and_still_decides_the_same(
    bank: Bank, board: Switchboard
) -> None:
    own, other = Caps(call=Cap(premium=0, total=10**6)), Caps(call=Cap(premium=1, total=2))
    board.policy = board.policy.model_copy(update={"user_caps": {"s_anna": own, "s_ben": other}})
    call = board.router("c1", subject="s_anna")
    opened = await call.open()
    await call.aclose()
    [entry] = await bank.journal.entries(call_id="c1", kind="decision")
    stored = Decision.model_validate(entry.details["decision"])
    assert stored.inputs.policy.user_caps == {"s_anna": own}
    assert "s_ben" not in str(entry.details)
    assert opened.stack == "economy"  # her own cap has no room for premium
    assert replay(stored.inputs) == stored == opened
