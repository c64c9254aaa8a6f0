"""A live call whose vendors fail and come back: it is told at once, and its money is right each time."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from routing.call_router import ASK_AGAIN_SECONDS
from routing.caps import Cap
from routing.decision import Cause, Decision
from routing.failed_here import SHUN_SECONDS
from routing.router import replay
from tests.routing.conftest import Bank, Cost
from tests.routing.switchboard import CHEAP_SLICE, SLICE, Switchboard

pytestmark = pytest.mark.system


@pytest.fixture
async def board(bank: Bank, tmp_path: Path) -> AsyncIterator[Switchboard]:
    board = Switchboard(bank, tmp_path / "spool")
    yield board
    await board.aclose()


async def held(bank: Bank, call_id: str) -> tuple[int, int]:
    """What the call's user holds today: by premium, and by every tier, µ$."""
    day = (await bank.counters(await bank.account(call_id)))[1]
    return day["ph"], day["th"]


async def test_a_call_leaves_a_service_that_failed_it_and_its_money_moves_with_it(
    bank: Bank, board: Switchboard
) -> None:
    call = board.router("c1")
    assert (await call.open()).stack == "premium"
    assert await held(bank, "c1") == (SLICE, SLICE)
    call.failed("openai-realtime")
    decision, cause = await board.told()
    assert (decision.stack, decision.without, cause) == ("economy", (), Cause.VENDOR)
    assert call.decision == decision
    assert await held(bank, "c1") == (0, CHEAP_SLICE)


async def test_a_part_that_fails_is_replaced_within_its_stack_and_without_asking_for_money(
    bank: Bank, board: Switchboard
) -> None:
    board.policy = board.policy.model_copy(update={"tiers_off": ("premium",)})
    call = board.router("c1")
    await call.open()
    call.failed("cartesia")
    decision, cause = await board.told()
    assert (decision.stack, decision.without, cause) == ("economy", ("cartesia",), Cause.VENDOR)
    call.failed("deepgram-stt")
    decision, _ = await board.told()
    assert decision.without == ("deepgram-stt", "cartesia")
    assert await held(bank, "c1") == (0, CHEAP_SLICE)


async def test_what_does_not_change_how_the_call_is_served_is_not_told(board: Switchboard) -> None:
    call = board.router("c1")
    await call.open()
    call.failed("cartesia")  # of a session that is closed already
    call.failed("openai-realtime")
    decision, _ = await board.told()
    assert decision.without == ("cartesia",)
    board.down("openai-realtime", "cartesia")
    call.failed("deepgram-stt")
    decision, _ = await board.told()
    assert decision.without == ("deepgram-stt", "cartesia")
    assert board.silent


async def test_premium_economy_premium_reserves_each_time_and_settles_to_nothing_held(
    bank: Bank, board: Switchboard
) -> None:
    board.caps(user_day=Cap(premium=2 * SLICE, total=3 * SLICE))
    call = board.router("c1")
    await call.open()
    for number in range(5):
        call.meter(Cost(f"p{number}", 400))
        board.down("openai-realtime")
        decision, cause = await board.told()
        assert (decision.stack, cause) == ("economy", Cause.VENDOR)
        premium, total = await held(bank, "c1")
        assert (premium, 0 < total <= CHEAP_SLICE) == (0, True)
        call.meter(Cost(f"e{number}", 300, tier="economy"))
        call.meter(Cost(f"late{number}", 100))  # of the reply that was cut off
        board.down()
        decision, cause = await board.told()
        assert (decision.stack, cause) == ("premium", Cause.HEALTH)
        premium, total = await held(bank, "c1")
        assert premium == total > 0
        day = (await bank.counters(await bank.account("c1")))[1]
        assert day["pc"] + day["ph"] <= 2 * SLICE
        assert day["tc"] + day["th"] <= 3 * SLICE
    await call.aclose()
    assert await held(bank, "c1") == (0, 0)
    await bank.drain()
    account = await bank.account("c1")
    sums = await bank.journal.sums(account.scopes[0].name, upto_ms=bank.budget.now_ms)
    assert (sums.premium, sums.total) == (5 * 500, 5 * 800)


async def test_a_vendor_that_is_well_again_does_not_bring_premium_back_without_money(
    bank: Bank, board: Switchboard
) -> None:
    call = board.router("c1")
    await call.open()
    board.down("openai-realtime")
    await board.told()
    board.caps(user_day=Cap(premium=0, total=10**12))
    board.down()
    call.failed("cartesia")
    decision, _ = await board.told()
    assert (decision.stack, decision.without) == ("economy", ("cartesia",))
    assert await held(bank, "c1") == (0, CHEAP_SLICE)


async def test_premium_refused_for_money_is_asked_for_again_after_a_while_and_when_caps_change(
    board: Switchboard,
) -> None:
    board.caps(user_day=Cap(premium=0, total=10**12))
    call = board.router("c1")
    assert (await call.open()).stack == "economy"
    board.caps()
    board.down("deepgram-tts")
    call.failed("cartesia")
    assert (await board.told()).decision.stack == "economy"
    board.now += ASK_AGAIN_SECONDS
    board.down()
    decision, cause = await board.told()
    assert (decision.stack, cause) == ("premium", Cause.HEALTH)
    board.caps(user_day=Cap(premium=0, total=10**12))
    other = board.router("c2")
    assert (await other.open()).stack == "economy"
    board.caps()
    other.policy_changed()
    decision, cause = await board.told()
    assert (decision.stack, cause) == ("premium", Cause.HEALTH)


async def test_a_service_is_forgiven_after_a_minute_and_after_a_further_failure_later(
    board: Switchboard,
) -> None:
    call = board.router("c1")
    await call.open()
    for seconds in (SHUN_SECONDS, 2 * SHUN_SECONDS):
        call.failed("openai-realtime")
        assert (await board.told()).decision.stack == "economy"
        board.now += seconds - 1
        call.health_changed()
        call.failed("cartesia")
        assert (await board.told()).decision.without == ("cartesia",)
        board.now += 1
        call.health_changed()
        decision, cause = await board.told()
        assert (decision.stack, cause) == ("premium", Cause.HEALTH)
        board.now += 10 * SHUN_SECONDS


async def test_a_service_is_forgiven_though_nothing_else_happens(
    board: Switchboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("routing.failed_here.SHUN_SECONDS", 0.3)
    board.clock = time.monotonic
    call = board.router("c1")
    await call.open()
    call.failed("openai-realtime")
    assert (await board.told()).decision.stack == "economy"
    assert (await board.told()).decision.stack == "premium"


async def test_a_service_that_was_probed_well_is_forgiven_at_once(board: Switchboard) -> None:
    call = board.router("c1")
    await call.open()
    call.failed("openai-realtime")
    await board.told()
    board.down("openai-realtime")
    call.failed("cartesia")
    assert (await board.told()).decision.without == ("cartesia",)
    board.down()
    decision, cause = await board.told()
    assert (decision.stack, cause) == ("premium", Cause.HEALTH)


async def test_with_every_voice_down_one_is_tried_then_text_and_then_nothing_is_left(
    bank: Bank, board: Switchboard
) -> None:
    board.down("openai-realtime", "cartesia", "piper")
    call = board.router("c1")
    decision = await call.open()
    assert decision.least_bad
    served = []
    last = {"premium": "openai-realtime", "economy": "cartesia"}[decision.stack or ""]
    for service in (last, "openai-chat", "ollama"):
        call.failed(service)
        decision, cause = await board.told()
        assert cause is Cause.VENDOR
        served.append((decision.stack, decision.without))
    assert served == [("text", ()), ("text", ("openai-chat",)), (None, ())]
    assert await held(bank, "c1") == (0, 0)
    board.down()
    decision, cause = await board.told()
    assert cause is Cause.HEALTH
    assert decision.stack is not None


async def test_every_decision_of_a_troubled_call_is_in_the_journal_and_decides_the_same_again(
    bank: Bank, board: Switchboard
) -> None:
    call = board.router("c1")
    await call.open()
    for service in ("openai-realtime", "cartesia", "openai-chat", "deepgram-stt"):
        call.failed(service)
        await board.told()
    await call.aclose()
    entries = await bank.journal.entries(call_id="c1", kind="decision")
    assert len(entries) == 5
    for entry in entries:
        stored = Decision.model_validate(entry.details["decision"])
        assert replay(stored.inputs) == stored
