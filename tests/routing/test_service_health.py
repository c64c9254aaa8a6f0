"""What a call says of its vendors, and what becomes of it for the other calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from routing.breaker import Breakers
from routing.decision import Cause, Decision, RouteInputs, StackState
from routing.health import Health
from routing.service import RoutedCall, RoutingService
from routing.settings import RoutingSettings
from tests.routing.conftest import Bank
from tiers.faults import Fault

pytestmark = pytest.mark.system

STACKS = (
    StackState(
        name="economy", tier="economy", configured=True, free=True, alternatives=(("cartesia", "piper"),)
    ),
)


class Caller:
    """A call in a process of its own, as far as routing goes, and what it was told."""

    def __init__(self, settings: RoutingSettings) -> None:
        self._service = RoutingService(settings)
        self.told: asyncio.Queue[tuple[Decision, Cause]] = asyncio.Queue()
        self.call: RoutedCall

    async def open(self) -> Decision:
        await self._service.__aenter__()
        self.call = await self._service.call(
            RouteInputs(plan="economy", stacks=STACKS),
            call_id=uuid4().hex,
            user_id=uuid4().hex,
            zone=ZoneInfo("Europe/Berlin"),
            share=1,
            on_decision=lambda decision, cause: self.told.put_nowait((decision, cause)),
            on_spent=lambda _: None,
        )
        return await self.call.open()

    async def next(self) -> tuple[tuple[str, ...], Cause]:
        """What it is told next: the services to do without, and why."""
        decision, cause = await asyncio.wait_for(self.told.get(), 10)
        return decision.without, cause

    async def aclose(self) -> None:
        await self.call.aclose()
        await self._service.__aexit__(None, None, None)


@pytest.fixture
async def callers(bank: Bank, tmp_path: Path) -> AsyncIterator[list[Caller]]:
    """Two calls, each with connections of its own."""
    settings = RoutingSettings.model_validate(
        {"REDIS_URL": bank.url, "DATABASE_URL": bank.database_url, "spool_dir": tmp_path / "spool"}
    )
    made = [Caller(settings), Caller(settings)]
    for caller in made:
        await caller.open()
    yield made
    for caller in made:
        await caller.aclose()


async def until(bank: Bank, is_so: Callable[[Health], bool], service: str = "cartesia") -> None:
    """Wait until all know something of a service."""
    breakers = Breakers(bank.link)
    async with asyncio.timeout(20):
        while not is_so((await breakers.read()).services.get(service, Health())):
            await asyncio.sleep(0.02)


async def test_a_rate_limit_has_the_call_served_otherwise_and_is_nobody_elses_business(
    bank: Bank, callers: list[Caller]
) -> None:
    one, other = callers
    one.call.failed("cartesia", Fault.VENDOR_BUSY)
    assert await one.next() == (("cartesia",), Cause.VENDOR)
    one.call.failed("piper", Fault.VENDOR_DOWN)
    await until(bank, lambda health: len(health.failures) == 1, "piper")
    assert (await Breakers(bank.link).read()).services.keys() == {"piper"}
    assert other.told.empty()


async def test_what_leaves_no_doubt_moves_every_call_at_once(callers: list[Caller]) -> None:
    one, other = callers
    one.call.failed("cartesia", Fault.NO_CREDIT)
    assert await one.next() == (("cartesia",), Cause.VENDOR)
    assert await other.next() == (("cartesia",), Cause.VENDOR)


async def test_sight_that_fails_is_given_up_by_all_and_moves_no_voice(callers: list[Caller]) -> None:
    one, other = callers
    one.call.beside_failed("cartesia", Fault.VENDOR_BUSY)  # were it the voice, this very call would leave it
    one.call.beside_failed("gemini-sight", Fault.NO_CREDIT)
    async with asyncio.timeout(20):
        while not other.call.is_given_up("gemini-sight"):
            await asyncio.sleep(0.02)
    other.call.failed("cartesia", Fault.VENDOR_BUSY)
    assert await other.next() == (("cartesia",), Cause.VENDOR)
    assert one.told.empty()


async def test_a_connection_that_works_starts_the_count_anew(bank: Bank, callers: list[Caller]) -> None:
    one, other = callers
    one.call.failed("cartesia", Fault.VENDOR_DOWN)
    await until(bank, lambda health: len(health.failures) == 1)
    async with asyncio.timeout(20):
        while (await Breakers(bank.link).read()).services["cartesia"].failures:
            other.call.worked("cartesia")  # at first it may not have heard that it is news
            await asyncio.sleep(0.05)


async def test_the_least_bad_that_works_is_well_for_everybody(bank: Bank, callers: list[Caller]) -> None:
    one, other = callers
    for service in ("piper", "cartesia"):
        one.call.failed(service, Fault.NO_CREDIT)
    await until(bank, lambda health: health.is_open)
    async with asyncio.timeout(20):
        while not other.call.decision.least_bad:
            await other.told.get()
    used = next(service for service in ("cartesia", "piper") if service not in other.call.decision.without)
    other.call.worked(used)
    async with asyncio.timeout(20):
        while other.call.decision.least_bad:
            await asyncio.sleep(0.02)
    assert not (await Breakers(bank.link).read()).services[used].is_open
