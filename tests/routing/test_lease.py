"""One call's money over its life: slices, charges, Redis going away and coming back."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from routing import patience
from routing.budget import Budget
from routing.caps import Cap
from routing.forecast import Offer
from routing.lease import Lease, LeaseOverError, Verdict
from routing.redis_link import WAIT_SECONDS, BlindError
from routing.scopes import scopes_of
from tests.routing.conftest import ECONOMY, PATIENT, PREMIUM, Bank, Cost
from tests.routing.leases import LeaseMaker, Server, Shaky, Told

pytestmark = pytest.mark.system


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


async def held_for(bank: Bank) -> int:
    """What the call's lease holds, µ$."""
    (held,) = {counters["ph"] for counters in await bank.counters(await bank.account("c1"))}
    return held


async def test_a_slice_that_is_used_up_before_its_end_is_followed_by_the_next_at_once(
    bank: Bank, lease_for: LeaseMaker, told: Told
) -> None:
    lease = lease_for(slice_seconds=300)
    assert await lease.reserve(PREMIUM) == Verdict("held")
    held = await held_for(bank)
    lease.meter(Cost("r1", held - 1))
    await told.until(lambda: told.spent == [held - 1])
    assert told.verdicts == []
    lease.meter(Cost("r2", 1))
    await told.until(lambda: bool(told.verdicts))
    assert told.verdicts == [Verdict("held")]
    assert await held_for(bank) > 0


async def test_an_answer_dearer_than_all_that_is_left_is_the_last_on_that_money(
    bank: Bank, lease_for: LeaseMaker, told: Told
) -> None:
    lease = lease_for(slice_seconds=300, user_day=Cap(premium=1_000_000, total=10**12))
    assert await lease.reserve(PREMIUM) == Verdict("held")
    lease.meter(Cost("r1", 1_100_000))
    await told.until(lambda: bool(told.verdicts))
    assert told.verdicts[0].money in ("exhausted", "unpaid")


async def test_what_comes_when_all_is_settled_is_refused_and_not_taken_for_booked(
    lease_for: LeaseMaker,
) -> None:
    lease = lease_for()
    assert await lease.reserve(PREMIUM) == Verdict("held")
    await lease.aclose()
    with pytest.raises(LeaseOverError):
        lease.meter(Cost("late", 100))


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


async def asked_for_and_not_answered(
    bank: Bank, lease_for: LeaseMaker, monkeypatch: pytest.MonkeyPatch, *, answers: bool
) -> tuple[Lease, asyncio.Event]:
    """A lease that asks for its next slice. It is answered, or never, once the event is set."""
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
    return lease, released


@pytest.mark.parametrize("answers", [True, False])
async def test_what_is_released_while_its_next_slice_is_asked_for_stays_released(
    bank: Bank, lease_for: LeaseMaker, told: Told, monkeypatch: pytest.MonkeyPatch, answers: bool
) -> None:
    lease, released = await asked_for_and_not_answered(bank, lease_for, monkeypatch, answers=answers)
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
    lease, released = await asked_for_and_not_answered(bank, lease_for, monkeypatch, answers=answers)
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
