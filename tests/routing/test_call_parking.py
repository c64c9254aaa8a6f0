"""A call whose caller is away holds no money; one that another worker takes over has the dead worker's money, once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from routing.caps import Cap
from tests.routing.conftest import Bank, Cost
from tests.routing.switchboard import CHEAP_SLICE, SLICE, Switchboard

pytestmark = pytest.mark.system


@pytest.fixture
async def board(bank: Bank, tmp_path: Path) -> AsyncIterator[Switchboard]:
    board = Switchboard(bank, tmp_path / "spool")
    yield board
    await board.aclose()


async def held(bank: Bank, call_id: str) -> tuple[int, int]:
    day = (await bank.counters(await bank.account(call_id)))[1]
    return day["ph"], day["th"]


async def test_while_the_caller_is_away_nothing_is_held_and_nothing_is_decided(
    bank: Bank, board: Switchboard
) -> None:
    call = board.router("c1")
    await call.open()
    await call.park()
    assert await held(bank, "c1") == (0, 0)
    call.meter(Cost("late", 400))  # what a closing session still tells
    board.down("openai-realtime")
    call.failed("openai-realtime")
    decision = await call.take_up()
    assert decision.stack == "economy"
    assert await held(bank, "c1") == (0, CHEAP_SLICE)
    assert board.silent, "whoever took it up has the decision"
    await call.aclose()
    await bank.drain()
    account = await bank.account("c1")
    assert (await bank.journal.sums(account.scopes[0].name, upto_ms=bank.budget.now_ms)).total == 400


async def test_who_comes_back_is_served_as_before_when_there_is_money(bank: Bank, board: Switchboard) -> None:
    call = board.router("c1")
    assert (await call.open()).stack == "premium"
    await call.park()
    assert (await call.take_up()).stack == "premium"
    premium, total = await held(bank, "c1")
    assert premium == total > 0


async def test_who_comes_back_to_no_money_is_served_with_what_is_left(bank: Bank, board: Switchboard) -> None:
    call = board.router("c1")
    await call.open()
    await call.park()
    board.caps(user_day=Cap(premium=0, total=10**12))
    assert (await call.take_up()).stack == "economy"


async def test_a_worker_that_takes_a_call_over_replaces_what_the_dead_one_held(
    bank: Bank, board: Switchboard
) -> None:
    board.caps(call=Cap(premium=3 * SLICE, total=3 * SLICE))
    dead = board.router("c1")
    await dead.open()
    dead.meter(Cost("a", 400))
    other = board.router("c1", taken_over=True)
    assert (await other.open()).stack == "premium"
    premium, total = await held(bank, "c1")
    assert premium == total == SLICE, "asked for by itself, and once"
    other.meter(Cost("b", 300))
    await other.aclose()
    assert await held(bank, "c1") == (0, 0)
    await dead.aclose()
    await bank.drain()
    account = await bank.account("c1")
    assert (await bank.journal.sums(account.scopes[0].name, upto_ms=bank.budget.now_ms)).total == 700
