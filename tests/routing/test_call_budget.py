"""One call's money while two workers think that the call is theirs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from routing.blind import BlindBook
from routing.budget import Account, Booked, Refused
from routing.call_budget import CallBudget
from routing.caps import Cap, Caps
from routing.journal import Entry
from routing.lease import Lease, Verdict
from routing.live_leases import live_leases
from routing.scopes import scopes_of
from routing.spool import Spool
from tests.routing.conftest import ECONOMY, PATIENT, PLENTY, PREMIUM, Bank, Cost

pytestmark = pytest.mark.system

TTL = 60_000
Runs = Callable[..., CallBudget]


@pytest.fixture
def run(bank: Bank, tmp_path: Path) -> Runs:
    """Makes runs of one call, each on a worker of its own."""

    def make(call_id: str = "c1", *, had_lease: bool = False, **caps: Cap) -> CallBudget:
        every = {kind: PLENTY for kind in ("call", "user_day", "user_month", "global_day")}
        return CallBudget(
            bank.budget,
            BlindBook(bank.journal, Spool(tmp_path / "spool"), bank.budget.missed),
            call_id=call_id,
            subject="s_anna",
            zone=bank.zone,
            caps=lambda: Caps.model_validate(every | caps),
            had_lease=had_lease,
        )

    return make


async def held(bank: Bank, call_id: str = "c1") -> list[tuple[int, int]]:
    """What stands in each scope as held, by premium and by all."""
    return [
        (each["ph"], each["th"]) for each in await bank.counters(await bank.account(call_id, user="s_anna"))
    ]


async def test_who_comes_back_after_a_takeover_gives_nothing_of_its_successors_money_away(
    bank: Bank, run: Runs
) -> None:
    before, after = run(), run(had_lease=True)
    await before.hold("premium", 30_000, ttl_ms=TTL)
    assert await after.hold("premium", 20_000, ttl_ms=TTL) == Booked(spent=0, held=20_000)
    await before.settle("settled", "premium")
    assert await held(bank) == [(20_000, 20_000)] * 4
    assert await after.hold("premium", 25_000, ttl_ms=TTL) == Booked(spent=0, held=25_000)
    await after.settle("settled", "premium")
    assert await held(bank) == [(0, 0)] * 4
    await bank.drain()
    events = [entry.details["event"] for entry in await bank.journal.entries(kind="lease")]
    assert events == ["reserved", "settled", "settled"]


async def test_who_comes_back_after_a_takeover_holds_nothing_more(bank: Bank, run: Runs) -> None:
    before, after = run(), run(had_lease=True)
    await before.hold("economy", 30_000, ttl_ms=TTL)
    await after.hold("premium", 20_000, ttl_ms=TTL)
    for tier in ("economy", "premium"):
        refused = await before.hold(tier, 5_000, ttl_ms=TTL)
        assert refused == Refused("call:c1", "superseded")
    assert await held(bank) == [(20_000, 20_000)] * 4
    [lease] = await live_leases(bank.link)
    assert (lease.tier, lease.microdollars) == ("premium", 20_000)


async def test_what_a_superseded_worker_still_reports_is_charged(bank: Bank, run: Runs) -> None:
    before, after = run(), run(had_lease=True)
    await before.hold("premium", 30_000, ttl_ms=TTL)
    await after.hold("premium", 20_000, ttl_ms=TTL)
    entry = before.entry(Cost("late", 3_000), sliced=True)
    assert entry is not None
    assert (await before.book(entry, "premium")).spent == 3_000
    refused = await before.hold("premium", 5_000, ttl_ms=TTL)
    assert isinstance(refused, Refused)
    assert {each["pc"] for each in await bank.counters(await bank.account("c1"))} == {3_000}


async def test_what_takes_an_estimate_of_yesterday_back_takes_it_from_yesterday(
    bank: Bank, run: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, yesterday = run(), await bank.account("c1")

    async def charge(cost: Cost) -> None:
        entry = call.entry(cost, sliced=False)
        assert entry is not None
        await call.book(entry, "premium")

    await charge(Cost("r1:estimate", 9_000))
    midnight = yesterday.scopes[2].ends_ms
    monkeypatch.setattr(bank.budget, "estimated_now_ms", lambda: midnight)
    await charge(Cost("r2", 700))
    await charge(Cost("r1", -4_000, replaces="r1:estimate"))
    today = Account("c1", scopes_of("c1", "s_anna", bank.zone, midnight), yesterday.caps)
    assert [each["tc"] for each in await bank.counters(yesterday)][1:3] == [5_000, 5_000]
    assert [each["tc"] for each in await bank.counters(today)][:3] == [5_700, 700, 700]


async def test_more_taken_back_than_was_booked_leaves_no_counter_below_nothing(bank: Bank) -> None:
    account = await bank.account("c1")
    scopes, now = tuple(scope.name for scope in account.scopes), bank.budget.now_ms
    await bank.journal.append(
        [
            Entry("r1", "charge", now, "c1", tier="premium", microdollars=100, scopes=scopes),
            Entry("r2", "charge", now, "c1", tier="premium", microdollars=-400, blind=True, scopes=scopes),
        ]
    )
    await bank.budget.recount_all(account)
    for counters in await bank.counters(account):
        assert set(counters.values()) == {0}


async def test_a_successor_that_finds_no_room_takes_the_money_over_once_there_is_some(
    bank: Bank, run: Runs
) -> None:
    before, after = run(), run(had_lease=True, user_day=Cap(premium=1_000, total=10**12))
    await before.hold("premium", 30_000, ttl_ms=TTL)
    refused = await after.hold("premium", 20_000, ttl_ms=TTL)
    assert isinstance(refused, Refused)
    assert refused.why == "premium"
    assert await after.hold("economy", 5_000, ttl_ms=TTL) == Booked(spent=0, held=5_000)
    assert await held(bank) == [(0, 5_000)] * 4
    assert isinstance(await before.hold("premium", 1_000, ttl_ms=TTL), Refused)


async def test_a_lease_that_its_run_let_expire_is_anybodys(bank: Bank, run: Runs) -> None:
    before, after = run(), run(had_lease=True)
    await before.hold("premium", 30_000, ttl_ms=TTL)
    await after.hold("premium", 20_000, ttl_ms=0)
    assert await before.hold("premium", 4_000, ttl_ms=TTL) == Booked(spent=0, held=4_000)
    assert await held(bank) == [(4_000, 4_000)] * 4


async def test_a_lease_that_does_not_say_who_holds_it_is_extended_and_given_back_as_before(
    bank: Bank, run: Runs
) -> None:
    await bank.budget.hold(
        await bank.account("c1", user="s_anna"),
        operation="old",
        tier="premium",
        microdollars=30_000,
        ttl_ms=TTL,
    )
    worker = run(had_lease=True)
    await worker.hold("premium", 20_000, ttl_ms=TTL)
    await worker.settle("settled", "premium")
    assert await held(bank) == [(0, 0)] * 4


async def test_the_run_that_holds_a_lease_is_no_scope(bank: Bank, run: Runs) -> None:
    dead, living = run("dead"), run("living")
    await dead.hold("premium", 30_000, ttl_ms=0)
    names = {scope.name for scope in (await bank.account("dead", user="s_anna")).scopes}
    [lease] = await live_leases(bank.link)
    assert set(lease.scopes) == names
    await living.hold("premium", 9_000, ttl_ms=TTL)
    assert (await held(bank, "dead"))[0] == (0, 0)
    await bank.drain()
    [expired] = [
        entry
        for entry in await bank.journal.entries(call_id="dead", kind="lease")
        if entry.details["event"] == "expired"
    ]
    assert set(expired.scopes) == names


async def test_a_superseded_lease_goes_on_without_premium_until_its_worker_hears_of_it(
    bank: Bank, run: Runs, tmp_path: Path
) -> None:
    lease = Lease(
        bank.budget,
        bank.journal,
        Spool(tmp_path / "lease"),
        call_id="c1",
        subject="s_anna",
        zone=bank.zone,
        caps=lambda: Caps.model_validate(
            {kind: PLENTY for kind in ("call", "user_day", "user_month", "global_day")}
        ),
        slice_seconds=300,
        blind_microdollars=10_000,
        wait_seconds=PATIENT,
    )
    assert await lease.reserve(PREMIUM) == Verdict("held")
    await run(had_lease=True).hold("premium", 20_000, ttl_ms=TTL)
    assert await lease.reserve(PREMIUM) == Verdict("blind")
    assert await lease.reserve(ECONOMY) == Verdict("held")
    assert lease.blind_since is None
    await lease.aclose()
    assert await held(bank) == [(20_000, 20_000)] * 4
