"""Where the stack that should serve is too dear for what a cap leaves, the next one that is not serves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any

import pytest

from routing.caps import Cap
from routing.decision import Cause, LostBecause, RouteInputs, StackState
from routing.explanation import explain
from routing.forecast import Offer
from tests.routing.conftest import Bank, Cost
from tests.routing.switchboard import CHEAP_SLICE, INPUTS, SLICE, Switchboard

pytestmark = pytest.mark.system

PAID = tuple(
    StackState(name=name, tier=tier, configured=True, voice=name != "text", alternatives=((f"{name}-api",),))
    for name, tier in (
        ("premium", "premium"),
        ("economy", "economy"),
        ("budget", "economy"),
        ("text", "economy"),
    )
)
EVERY = RouteInputs(plan="premium", stacks=PAID)
CHEAP = EVERY.model_copy(update={"plan": "economy"})
BUDGET_SLICE = Offer.of("budget", "economy").first_slice
TEXT_SLICE = Offer.of("text", "economy").first_slice


@pytest.fixture
async def board(bank: Bank, tmp_path: Path) -> AsyncIterator[Switchboard]:
    board = Switchboard(bank, tmp_path / "spool")
    yield board
    await board.aclose()


@pytest.mark.parametrize(
    ("room", "stack"),
    [
        (CHEAP_SLICE, "economy"),
        (CHEAP_SLICE - 1, "budget"),
        (BUDGET_SLICE, "budget"),
        (BUDGET_SLICE - 1, "text"),
        (TEXT_SLICE, "text"),
        (TEXT_SLICE - 1, None),
    ],
)
@pytest.mark.parametrize("inputs", [EVERY, CHEAP], ids=["premium", "economy"])
async def test_a_call_begins_with_the_first_stack_whose_own_first_slice_is_paid_for(
    bank: Bank, board: Switchboard, inputs: RouteInputs, room: int, stack: str | None
) -> None:
    board.caps(user_day=Cap(premium=0, total=room))
    decision = await board.router("c1", inputs=inputs).open()
    assert decision.stack == stack
    lost = {reason.stack: reason for reason in decision.reasons}
    dearer = ["economy", "budget", "text"][: ["economy", "budget", "text", None].index(stack)]
    for name in dearer:
        assert lost[name].code is LostBecause.BUDGET_EXHAUSTED
        assert lost[name].sentence == f"{name} would go beyond the day's cap for economy."
    slices = {"economy": CHEAP_SLICE, "budget": BUDGET_SLICE, "text": TEXT_SLICE}
    day = (await bank.counters(await bank.account("c1")))[1]
    assert day["th"] == (0 if stack is None else slices[stack])


async def test_a_free_stack_that_stands_above_a_paid_one_serves_before_it(
    bank: Bank, board: Switchboard
) -> None:
    board.caps(user_day=Cap(premium=0, total=TEXT_SLICE))
    decision = await board.router("c1", inputs=INPUTS).open()
    assert decision.stack == "local"
    assert {each.stack: each.code for each in decision.reasons}["text"] is LostBecause.LOWER_ON_LADDER
    assert (await bank.counters(await bank.account("c1")))[1]["th"] == 0


@pytest.mark.parametrize("room", [0, TEXT_SLICE, BUDGET_SLICE, CHEAP_SLICE, CHEAP_SLICE + SLICE])
async def test_however_many_stacks_a_tier_has_redis_is_asked_once_for_its_money(
    bank: Bank, board: Switchboard, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    await board.router("c0", inputs=EVERY).open()  # Redis knows the day and everybody's counters from here on
    spent = (await bank.counters(await bank.account("c0")))[1]["th"]
    board.caps(user_day=Cap(premium=spent, total=spent + room))
    asked = 0
    ask = bank.link.ask

    async def counted(answer: Awaitable[Any], **named: Any) -> Any:
        nonlocal asked
        asked += 1
        return await ask(answer, **named)

    monkeypatch.setattr(bank.link, "ask", counted)
    await board.router("c1", inputs=EVERY).open()
    assert asked == 2  # premium, which is refused, and the others


async def test_a_live_call_goes_down_the_stacks_of_its_tier_as_its_money_runs_out(
    bank: Bank, board: Switchboard
) -> None:
    cap = 10_000
    board.caps(call=Cap(premium=0, total=cap))
    call = board.router("c1", inputs=CHEAP, slice_seconds=1)
    assert (await call.open()).stack == "economy"
    # Each leaves less than another second of what serves can cost, and enough for one of what comes next.
    for number, (stack, spends, successor) in enumerate(
        (("economy", 9_300, "budget"), ("budget", 600, "text"), ("text", 90, None))
    ):
        call.meter(Cost(f"r{number}", spends, tier="economy", stack=stack))
        decision, cause = await board.told()
        assert (decision.stack, cause) == (successor, Cause.MONEY)
        counters = (await bank.counters(await bank.account("c1")))[0]
        assert counters["tc"] + counters["th"] <= cap
        assert counters["to"] == 0
    assert counters["tc"] == 9_990
    assert counters["th"] == 0


async def test_money_that_came_back_serves_a_call_that_would_have_ended(
    bank: Bank, board: Switchboard
) -> None:
    """What was too dear a moment ago is asked for once more before a call ends for want of money."""
    board.caps(user_day=Cap(premium=0, total=CHEAP_SLICE + TEXT_SLICE))
    other = board.router("c0", inputs=CHEAP)
    await other.open()
    call = board.router("c1", inputs=CHEAP)
    assert (await call.open()).stack == "text"
    await other.aclose()
    call.failed("text-api")
    decision, cause = await board.told()
    assert (decision.stack, cause) == ("economy", Cause.VENDOR)


async def test_a_stack_of_the_tier_that_is_no_dearer_takes_over_on_what_is_held(
    bank: Bank, board: Switchboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = board.router("c1", inputs=CHEAP)
    await call.open()
    monkeypatch.setattr(bank.budget, "hold", None)  # a vendor's failure waits for no answer of Redis
    call.failed("economy-api")
    decision, _ = await board.told()
    assert decision.stack == "budget"
    assert (await bank.counters(await bank.account("c1")))[1]["th"] == CHEAP_SLICE


async def test_a_dearer_stack_of_the_tier_has_a_reservation_of_its_own(
    bank: Bank, board: Switchboard
) -> None:
    board.caps(user_day=Cap(premium=0, total=BUDGET_SLICE))
    call = board.router("c1", inputs=CHEAP)
    assert (await call.open()).stack == "budget"
    board.caps(user_day=Cap(premium=0, total=CHEAP_SLICE - 1))
    call.policy_changed()  # everything is asked for anew, and still not paid for
    board.policy = board.policy.model_copy(update={"stacks_off": ("budget",)})
    call.policy_changed()
    decision, _ = await board.told()
    assert decision.stack == "text"
    board.caps(user_day=Cap(premium=0, total=CHEAP_SLICE))
    call.policy_changed()
    decision, _ = await board.told()
    assert decision.stack == "economy"
    assert (await bank.counters(await bank.account("c1")))[1]["th"] == CHEAP_SLICE


async def test_what_was_too_dear_is_explained_by_its_name(bank: Bank, board: Switchboard) -> None:
    board.caps(user_day=Cap(premium=0, total=BUDGET_SLICE))
    call = board.router("c1", inputs=EVERY)
    await call.open()
    await call.aclose()
    [entry] = await bank.journal.entries(call_id="c1", kind="decision")
    explained = explain(entry)
    assert explained.replayed == "same"
    assert (
        "Premium found no room below a cap; economy had its money reserved. No room for a slice of economy, premium."
    ) in explained.sentences
