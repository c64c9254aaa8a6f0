"""Who a call is about, where that is told late or by the worker that had it before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from routing import service as routing_service
from routing.decision import RouteInputs
from routing.experiments.assignment import Assignment
from routing.journal import Journal, JournalDownError
from routing.own_calls import is_own
from routing.router import decide
from routing.service import UNKNOWN_SUBJECT, RoutedCall, RoutingService
from routing.settings import RoutingSettings
from tests.routing.conftest import Bank, Cost
from tests.routing.switchboard import STACKS, Switchboard

pytestmark = pytest.mark.system

INPUTS = RouteInputs(plan="premium", stacks=STACKS)
CHEAP = Assignment(experiment="x", phase=1, arm="cheap", stack="economy", bucket=7)


@pytest.fixture
async def service(bank: Bank, tmp_path: Path) -> AsyncIterator[RoutingService]:
    settings = RoutingSettings.model_validate(
        {
            "REDIS_URL": bank.url,
            "DATABASE_URL": bank.database_url,
            "spool_dir": tmp_path / "spool",
            "slice_seconds": 1.0,
        }
    )
    async with RoutingService(settings) as service:
        yield service


async def call_of(
    service: RoutingService,
    bank: Bank,
    *,
    taken_over: bool = False,
    on_spent: Callable[[int], None] = lambda _: None,
) -> RoutedCall:
    return await service.call(
        INPUTS,
        call_id="c1",
        user_id="usr_anna",
        zone=bank.zone,
        share=1,
        on_decision=lambda _decision, _cause: None,
        on_spent=on_spent,
        taken_over=taken_over,
    )


async def test_what_a_caller_spends_is_theirs_once_the_database_can_name_them(
    service: RoutingService, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routing_service, "ASK_AGAIN_SECONDS", 0.01)
    back, asked, subject_of = asyncio.Event(), 0, Journal.subject_of

    async def away_at_first(journal: Journal, user_id: str) -> str:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise JournalDownError("OperationalError")
        await back.wait()
        return await subject_of(journal, user_id)

    monkeypatch.setattr(Journal, "subject_of", away_at_first)
    spent: asyncio.Queue[int] = asyncio.Queue()
    call = await call_of(service, bank, on_spent=spent.put_nowait)
    await call.open()
    call.router.meter(Cost("r1", 700))
    await asyncio.wait_for(spent.get(), 10)
    back.set()
    anna = await subject_of(bank.journal, "usr_anna")
    account = await bank.account("c1", user=anna)
    async with asyncio.timeout(20):  # until the next slice is held
        while not (await bank.counters(account))[1]:
            await asyncio.sleep(0.02)
    call.router.meter(Cost("r2", 300))
    await asyncio.wait_for(spent.get(), 10)
    await call.aclose()
    await bank.drain()
    charges = await bank.journal.entries(call_id="c1", kind="charge")
    assert [entry.scopes[1].split(":")[1] for entry in charges] == [UNKNOWN_SUBJECT, anna]
    assert [each["tc"] for each in await bank.counters(account)] == [1_000, 300, 300, 1_000]
    assert await is_own(bank.journal.engine, "usr_anna", "c1") == "browser"


async def test_a_call_does_not_begin_late_for_a_database_that_answers_nothing(
    service: RoutingService, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def is_silent(_journal: Journal, _user_id: str) -> str:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(Journal, "subject_of", is_silent)
    monkeypatch.setattr(routing_service, "JOURNAL_SECONDS", 0.05)
    call = await asyncio.wait_for(call_of(service, bank), 5)
    decision = await call.open()
    assert decision.stack is not None
    await call.aclose()


@pytest.mark.parametrize("taken_over", [True, False])
async def test_a_worker_that_takes_a_call_over_reads_what_was_drawn_for_it(
    service: RoutingService, bank: Bank, tmp_path: Path, taken_over: bool
) -> None:
    board = Switchboard(bank, tmp_path / "spool")
    arm = decide(INPUTS.model_copy(update={"assignment": CHEAP}))
    began = board.router("c1", first=arm)
    await began.open()
    await began.aclose()
    await board.aclose()
    call = await call_of(service, bank, taken_over=taken_over)
    decision = await call.open()
    await call.aclose()
    assert decision.inputs.assignment == (CHEAP if taken_over else None)
    assert decision.stack == ("economy" if taken_over else "premium")
