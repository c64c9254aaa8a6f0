"""What a call spends while Redis is away is kept: in the journal, on disk, in the log where neither can be had."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from routing.journal import Journal, JournalDownError
from routing.lease import Lease
from routing.spool import drain_abandoned, spool_files
from tests.routing.conftest import ECONOMY, Bank, Cost
from tests.routing.leases import Server, Shaky, Told

pytestmark = pytest.mark.system


async def test_what_is_spent_with_redis_and_database_away_waits_on_disk(
    shaky: Shaky, server: Server, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shaky.lease.reserve(ECONOMY)
    append = shaky.journal.append

    async def down(_entries: object) -> int:
        raise JournalDownError("OperationalError")

    monkeypatch.setattr(shaky.journal, "append", down)
    server.stop()
    shaky.lease.meter(Cost("e1", 300, tier="economy"))
    await told.until(lambda: told.spent[-1:] == [300])
    assert len(list((tmp_path / "spool").iterdir())) == 1
    monkeypatch.setattr(shaky.journal, "append", append)
    server.start()
    await told.until(lambda: bool(told.verdicts))
    assert [e.operation for e in await shaky.journal.entries(kind="charge")] == ["c1:e1"]
    assert list((tmp_path / "spool").iterdir()) == []
    assert (await shaky.bank.counters(await shaky.bank.account("c1")))[1]["tc"] == 300


# -- Redis, database and disk away -----------------------------------------------------------------------------


@dataclass
class Outage:
    """A call that spent 300 µ$ which only its process knows: Redis, database and disk were away."""

    lease: Lease
    journal: Journal
    spool: Path
    caplog: pytest.LogCaptureFixture
    _mend: Callable[[], None]

    def database_is_back(self) -> None:
        self._mend()

    def disk_is_back(self) -> None:
        self.spool.unlink()

    async def operations(self) -> list[str]:
        return [entry.operation for entry in await self.journal.entries(kind="charge")]

    def lost(self) -> list[int]:
        return [
            record.__dict__["microdollars"]
            for record in self.caplog.records
            if record.message == "budget.lost"
        ]


@pytest.fixture
async def outage(
    shaky: Shaky,
    server: Server,
    told: Told,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Outage:
    caplog.set_level(logging.WARNING)
    await shaky.lease.reserve(ECONOMY)
    append = shaky.journal.append

    async def down(_entries: object) -> int:
        raise JournalDownError("OperationalError")

    monkeypatch.setattr(shaky.journal, "append", down)
    (tmp_path / "spool").write_text("where the folder would be")
    server.stop()
    shaky.lease.meter(Cost("e1", 100, tier="economy"))
    shaky.lease.meter(Cost("e2", 200, tier="economy"))
    await told.until(lambda: told.spent[-1:] == [300])
    assert [r.message for r in caplog.records].count("budget.only_in_memory") == 2
    return Outage(
        shaky.lease,
        shaky.journal,
        tmp_path / "spool",
        caplog,
        lambda: monkeypatch.setattr(shaky.journal, "append", append),
    )


async def test_what_only_the_process_knew_is_in_the_journal_when_the_call_ends_with_the_database_back(
    outage: Outage,
) -> None:
    outage.database_is_back()
    await outage.lease.aclose()
    assert await outage.operations() == ["c1:e1", "c1:e2"]
    assert outage.lost() == []


async def test_what_only_the_process_knew_is_found_on_disk_when_the_call_ends_with_the_disk_back(
    outage: Outage, bank: Bank
) -> None:
    outage.disk_is_back()
    await outage.lease.aclose()
    (left,) = spool_files(outage.spool)
    outage.database_is_back()
    assert await drain_abandoned(left, outage.journal, bank.budget.missed) == 2
    assert await outage.operations() == ["c1:e1", "c1:e2"]
    assert outage.lost() == []


async def test_with_the_database_and_the_disk_back_redis_is_told_later_by_whoever_finds_the_file(
    outage: Outage,
) -> None:
    outage.database_is_back()
    outage.disk_is_back()
    await outage.lease.aclose()
    assert await outage.operations() == ["c1:e1", "c1:e2"]
    assert len(spool_files(outage.spool)) == 1


async def test_money_that_can_be_kept_nowhere_at_the_end_of_a_call_is_told_in_the_log(outage: Outage) -> None:
    await outage.lease.aclose()
    assert outage.lost() == [300]


async def test_a_database_that_does_not_answer_at_the_end_of_a_call_is_not_waited_for_and_the_disk_has_it(
    outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asyncio.Event()

    async def hangs(_entries: object) -> int:
        asked.set()
        await asyncio.Event().wait()
        return 0

    monkeypatch.setattr("routing.blind.LAST_TRY_SECONDS", 0.2)
    monkeypatch.setattr(outage.journal, "append", hangs)
    outage.disk_is_back()
    async with asyncio.timeout(20):
        await outage.lease.aclose()
    assert asked.is_set()
    assert len(spool_files(outage.spool)) == 1
    assert outage.lost() == []


async def test_what_only_the_process_knew_goes_to_disk_with_the_next_charge_that_gets_there(
    outage: Outage, bank: Bank, told: Told
) -> None:
    outage.disk_is_back()
    outage.lease.meter(Cost("e3", 50, tier="economy"))
    await told.until(lambda: told.spent[-1:] == [350])
    await outage.lease.aclose()
    outage.database_is_back()
    (left,) = spool_files(outage.spool)
    assert await drain_abandoned(left, outage.journal, bank.budget.missed) == 3
