"""Money for looking at a screen: spent is another thing than not reserved at the moment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from routing.bill import Bill
from routing.call_router import CallRouter
from routing.caps import Cap
from routing.decision import RouteInputs
from routing.service import RoutedCall, RoutingService
from routing.settings import RoutingSettings
from routing.sight_budget import SightBudget
from tests.routing.conftest import Bank
from tests.routing.switchboard import STACKS, Switchboard
from tiers.prices import bundled

pytestmark = pytest.mark.system

WATCHED: Any = SimpleNamespace(on_change=lambda _: lambda: None)
NOBODY: Any = SimpleNamespace()


@pytest.fixture
async def board(bank: Bank, tmp_path: Path) -> AsyncIterator[Switchboard]:
    board = Switchboard(bank, tmp_path / "spool")
    yield board
    await board.aclose()


def routed(router: CallRouter, cap_microdollars: int = 150_000) -> RoutedCall:
    return RoutedCall(router, Bill(bundled()), WATCHED, WATCHED, NOBODY, SightBudget(cap_microdollars))


async def test_who_is_away_for_a_moment_has_not_spent_the_money_for_sight(board: Switchboard) -> None:
    call = routed(board.router("c1"))
    await call.open()
    assert call.sight_funds == "held"
    await call.park()
    assert call.sight_funds == "waiting"
    await call.take_up()
    assert call.sight_funds == "held"


async def test_a_free_stack_that_serves_for_want_of_vendors_has_not_spent_it_either(
    board: Switchboard,
) -> None:
    free = tuple(stack for stack in STACKS if stack.free)
    call = routed(board.router("c1", inputs=RouteInputs(plan="premium", stacks=free)))
    assert (await call.open()).stack == "local"
    assert call.sight_funds == "waiting"


@pytest.mark.parametrize("cap", ["call", "user_month"])
async def test_where_a_cap_pays_for_nothing_it_is_spent(board: Switchboard, cap: str) -> None:
    board.caps(**{cap: Cap(premium=0, total=0)})
    call = routed(board.router("c1"))
    assert (await call.open()).stack == "local"
    assert call.sight_funds == "spent"


async def test_sight_that_has_had_its_part_has_spent_it_whatever_else_is_held(board: Switchboard) -> None:
    call = routed(board.router("c1"), cap_microdollars=0)
    await call.open()
    assert call.router.holds_money
    assert call.sight_funds == "spent"


@pytest.mark.parametrize("taken_over", [True, False])
async def test_what_sight_cost_before_another_worker_took_the_call_over_is_counted_on(
    bank: Bank, tmp_path: Path, taken_over: bool
) -> None:
    account = await bank.account("c1")
    for part, microdollars in (("vision", 90_000), ("llm", 900_000), ("vision", 70_000)):
        details = {"usage": {"part": part}}
        await bank.budget.meter(
            account, operation=bank.operation(), tier="economy", microdollars=microdollars, details=details
        )
    await bank.drain()
    settings = RoutingSettings.model_validate(
        {
            "REDIS_URL": bank.url,
            "DATABASE_URL": bank.database_url,
            "spool_dir": tmp_path / "spool",
            "sight_microdollars": 160_000,
        }
    )
    async with RoutingService(settings) as service:
        call = await service.call(
            RouteInputs(plan="premium", stacks=STACKS),
            call_id="c1",
            user_id="u1",
            zone=bank.zone,
            share=1,
            on_decision=lambda _decision, _cause: None,
            on_spent=lambda _: None,
            taken_over=taken_over,
        )
        await call.open()
        assert call.sight_funds == ("spent" if taken_over else "held")
        await call.aclose()
