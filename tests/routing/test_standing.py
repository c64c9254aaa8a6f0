"""How things stand with money, as whoever watches is told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from routing.caps import Cap
from routing.journal import Entry
from routing.spool import Spool
from routing.standing import (
    BACKUP_AT,
    DaySpent,
    LeaseCounts,
    global_day,
    journal_queue,
    last_backup,
    lease_counts,
)
from tests.routing.conftest import Bank

pytestmark = pytest.mark.system


async def test_leases_are_held_until_their_worker_is_overdue(bank: Bank) -> None:
    assert await lease_counts(bank.link) == LeaseCounts(0, 0)
    for call_id, ttl_ms in (("c1", 60_000), ("c2", 60_000), ("c3", 1)):
        account = await bank.account(call_id)
        await bank.budget.hold(
            account,
            operation=bank.operation(),
            tier="economy",
            microdollars=10,
            ttl_ms=ttl_ms,
            first=True,
        )
    await asyncio.sleep(0.01)
    assert await lease_counts(bank.link) == LeaseCounts(held=2, overdue=1)


async def test_entries_wait_in_the_stream_and_on_disk_until_they_are_in_the_database(
    bank: Bank, tmp_path: Path
) -> None:
    folder = tmp_path / "spool"
    assert await journal_queue(bank.link, folder) == 0
    account = await bank.account("c1")
    for _ in range(3):
        await bank.budget.meter(account, operation=bank.operation(), tier="economy", microdollars=5)
    spool = Spool(folder)
    await spool.append([Entry("o1", "outcome", 0, "c1"), Entry("o2", "outcome", 0, "c1")])
    assert await journal_queue(bank.link, folder) == 5
    await bank.drain()
    assert await journal_queue(bank.link, folder) == 2
    await bank.budget.meter(account, operation=bank.operation(), tier="economy", microdollars=5)
    assert await journal_queue(bank.link, folder) == 3
    spool.close()


async def test_of_everybodys_day_is_told_what_is_spent_and_held_beyond_its_cap_too(bank: Bank) -> None:
    assert await global_day(bank.budget) == DaySpent(0, 0)
    account = await bank.account("c1", global_day=Cap(premium=5_000, total=5_000))
    await bank.budget.hold(
        account, operation=bank.operation(), tier="economy", microdollars=1_000, ttl_ms=60_000, first=True
    )
    assert await global_day(bank.budget) == DaySpent(premium=0, total=1_000)
    await bank.budget.meter(account, operation=bank.operation(), tier="premium", microdollars=7_000)
    day = await global_day(bank.budget)
    assert day.premium == 7_000
    assert day.total >= 7_000


async def test_when_the_last_backup_was_made_is_told_and_none_is_told_as_zero(bank: Bank) -> None:
    assert await last_backup(bank.link) == 0
    await bank.link.redis.set(BACKUP_AT, "1796000000")
    assert await last_backup(bank.link) == 1796000000
