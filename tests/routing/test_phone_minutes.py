"""A telephone's minutes stand in journal and counters, on a free stack too, and once though two workers charge them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from routing.bill import Bill
from routing.decision import RouteInputs
from routing.service import RoutedCall, RoutingService
from routing.settings import RoutingSettings
from tests.routing.conftest import Bank
from tests.routing.switchboard import STACKS
from tiers.prices import bundled
from tiers.usage import Usage


def minute(number: int, stack: str = "local") -> Usage:
    return Usage(
        f"line:{number}",
        "twilio",
        "trunk-inbound",
        "phone",
        stack,
        {"phone_ms": 60_000},
        certainty="actual",
        outcome="ok",
    )


@pytest.mark.unit
def test_a_line_that_nothing_serves_is_not_counted_as_premium() -> None:
    charge = Bill(bundled()).price(minute(0, stack=""))
    assert charge is not None
    assert (charge.tier, charge.microdollars) == ("economy", 3_400)


@pytest.mark.system
async def test_a_call_that_is_taken_over_on_a_free_stack_has_each_minute_once(
    bank: Bank, tmp_path: Path
) -> None:
    settings = RoutingSettings.model_validate(
        {"REDIS_URL": bank.url, "DATABASE_URL": bank.database_url, "spool_dir": tmp_path / "spool"}
    )
    spent: asyncio.Queue[int] = asyncio.Queue()

    async def call_of(service: RoutingService, *, taken_over: bool) -> RoutedCall:
        return await service.call(
            RouteInputs(plan="economy", channel="phone", stacks=STACKS, environment_stack="local"),
            call_id="c1",
            user_id="usr_anna",
            zone=bank.zone,
            share=1,
            on_decision=lambda _decision, _cause: None,
            on_spent=spent.put_nowait,
            taken_over=taken_over,
        )

    async with RoutingService(settings) as service:
        dead = await call_of(service, taken_over=False)
        assert (await dead.open()).stack == "local"
        dead.meter(minute(0))
        assert (
            await asyncio.wait_for(spent.get(), 20) == 3_400
        )  # booked while the call lasts: a worker may die
        successor = await call_of(service, taken_over=True)
        await successor.open()
        successor.meter(minute(0))
        successor.meter(minute(1))
        await successor.aclose()
        await dead.aclose()
    await bank.drain()
    charges = await bank.journal.entries(call_id="c1", kind="charge")
    assert [entry.microdollars for entry in charges] == [3_400, 3_400]
    account = await bank.account("c1", user=await bank.journal.subject_of("usr_anna"))
    assert [each["tc"] for each in await bank.counters(account)] == [6_800] * 4
