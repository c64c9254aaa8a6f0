"""Reserve, meter, extend and settle over four scopes at once, on a real Redis."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from routing.budget import Account, Booked, Refused
from routing.caps import Cap
from routing.journal import Entry
from routing.kinds import Tier
from tests.routing.conftest import Bank
from tests.routing.test_budget_race import in_fresh_bank

pytestmark = pytest.mark.system

TTL = 60_000


async def test_a_reservation_is_held_in_every_scope_and_premium_counts_against_both_caps(bank: Bank) -> None:
    account = await bank.account("c1")
    held = await bank.budget.hold(
        account, operation="open", tier="premium", microdollars=30_000, ttl_ms=TTL, first=True
    )
    assert held == Booked(spent=0, held=30_000)
    for counters in await bank.counters(account):
        assert (counters["ph"], counters["th"], counters["pc"], counters["tc"]) == (30_000, 30_000, 0, 0)


async def test_economy_reserves_only_the_total(bank: Bank) -> None:
    account = await bank.account("c1", call=Cap(premium=0, total=30_000))
    held = await bank.budget.hold(account, operation="open", tier="economy", microdollars=30_000, ttl_ms=TTL)
    assert isinstance(held, Booked)
    assert [each["ph"] for each in await bank.counters(account)] == [0, 0, 0, 0]


async def test_as_many_scopes_as_there_are_calls_can_be_read_at_once(bank: Bank) -> None:
    account = await bank.account("c1")
    await bank.budget.hold(account, operation="open", tier="economy", microdollars=30_000, ttl_ms=TTL)
    names = [f"call:{number}" for number in range(9_000)]
    *none, last = await bank.budget.counters([*names, account.scopes[0].name])
    assert none == [None] * 9_000
    assert last is not None
    assert last.held == 30_000


@pytest.mark.parametrize("full", ["call", "user_day", "user_month", "global_day"])
async def test_one_scope_without_room_refuses_and_touches_none(bank: Bank, full: str) -> None:
    caps = {full: Cap(premium=20_000, total=10**12)}
    account = await bank.account("c1", user="s_anna", **caps)
    refused = await bank.budget.hold(
        account, operation="open", tier="premium", microdollars=20_001, ttl_ms=TTL, first=True
    )
    assert isinstance(refused, Refused)
    assert (refused.scope.split(":")[0].replace("-", "_"), refused.why) == (full, "premium")
    assert all(each.get("th", 0) == 0 for each in await bank.counters(account))
    # The cheaper tier still finds room there.
    assert isinstance(
        await bank.budget.hold(
            account, operation="cheaper", tier="economy", microdollars=20_001, ttl_ms=TTL, first=True
        ),
        Booked,
    )


async def test_a_charge_moves_what_was_held_to_committed(bank: Bank) -> None:
    account = await bank.account("c1")
    await bank.budget.hold(account, operation="open", tier="premium", microdollars=30_000, ttl_ms=TTL)
    booked = await bank.budget.meter(account, operation="reply-1", tier="premium", microdollars=12_000)
    assert booked == Booked(spent=12_000, held=18_000, overshoot=0)
    for counters in await bank.counters(account):
        assert (counters["pc"], counters["ph"], counters["tc"], counters["th"]) == (12_000, 18_000) * 2


async def test_a_charge_above_what_is_held_takes_room_and_then_overshoots(bank: Bank) -> None:
    account = await bank.account("c1", user_day=Cap(premium=40_000, total=10**12))
    await bank.budget.hold(account, operation="open", tier="premium", microdollars=30_000, ttl_ms=TTL)
    booked = await bank.budget.meter(account, operation="reply", tier="premium", microdollars=55_000)
    assert booked == Booked(spent=55_000, held=0, overshoot=15_000)
    day = (await bank.counters(account))[1]
    assert (day["pc"], day["ph"], day["po"]) == (40_000, 0, 15_000)


async def test_the_same_operation_sent_again_changes_nothing_and_gets_the_first_answer(bank: Bank) -> None:
    account = await bank.account("c1")
    await bank.budget.hold(account, operation="open", tier="premium", microdollars=30_000, ttl_ms=TTL)
    first = await bank.budget.meter(account, operation="reply", tier="premium", microdollars=1_234)
    before = await bank.counters(account)
    for _ in range(11):
        assert (
            await bank.budget.meter(account, operation="reply", tier="premium", microdollars=1_234) == first
        )
    assert await bank.counters(account) == before
    await bank.drain()
    assert [e.microdollars for e in await bank.journal.entries(kind="charge")] == [1_234]


async def test_extending_sets_the_lease_anew_and_settling_gives_it_back(bank: Bank) -> None:
    account = await bank.account("c1")
    await bank.budget.hold(account, operation="open", tier="premium", microdollars=30_000, ttl_ms=TTL)
    await bank.budget.meter(account, operation="reply", tier="premium", microdollars=10_000)
    again = await bank.budget.hold(
        account, operation="slice-2", tier="premium", microdollars=25_000, ttl_ms=TTL
    )
    assert again == Booked(spent=10_000, held=25_000)
    settled = await bank.budget.settle(account, operation="end", tier="premium")
    assert settled == Booked(spent=10_000, held=0)
    for counters in await bank.counters(account):
        assert (counters["pc"], counters["ph"], counters["tc"], counters["th"]) == (10_000, 0, 10_000, 0)


async def test_a_downgrade_gives_premium_money_back_and_holds_economy_money_in_one_step(bank: Bank) -> None:
    account = await bank.account("c1")
    await bank.budget.hold(account, operation="open", tier="premium", microdollars=30_000, ttl_ms=TTL)
    await bank.budget.hold(account, operation="down", tier="economy", microdollars=5_000, ttl_ms=TTL)
    for counters in await bank.counters(account):
        assert (counters["ph"], counters["th"]) == (0, 5_000)


async def test_a_late_premium_charge_after_the_downgrade_counts_as_premium(bank: Bank) -> None:
    account = await bank.account("c1")
    await bank.budget.hold(account, operation="open", tier="premium", microdollars=30_000, ttl_ms=TTL)
    await bank.budget.hold(account, operation="down", tier="economy", microdollars=5_000, ttl_ms=TTL)
    await bank.budget.meter(account, operation="late", tier="premium", microdollars=700)
    for counters in await bank.counters(account):
        assert (counters["pc"], counters["tc"], counters["th"]) == (700, 700, 5_000)


async def test_a_dead_workers_lease_expires_and_what_was_metered_remains(bank: Bank) -> None:
    dead = await bank.account("dead")
    await bank.budget.hold(dead, operation="d1", tier="premium", microdollars=30_000, ttl_ms=1)
    await bank.budget.meter(dead, operation="d2", tier="premium", microdollars=4_000)
    living = await bank.account("living")
    await bank.budget.hold(living, operation="l1", tier="premium", microdollars=9_000, ttl_ms=TTL)
    day = (await bank.counters(living))[1]
    assert (day["pc"], day["ph"]) == (4_000, 9_000)
    await bank.drain()
    assert "expired" in [e.details.get("event") for e in await bank.journal.entries(call_id="dead")]


async def test_overshoot_is_debited_from_the_next_reservation_and_premium_waits_until_it_is_paid(
    bank: Bank,
) -> None:
    small = Cap(premium=40_000, total=100_000)
    account = await bank.account("c1", user_day=small)
    await bank.budget.hold(account, operation="open", tier="premium", microdollars=30_000, ttl_ms=TTL)
    await bank.budget.meter(account, operation="reply", tier="premium", microdollars=55_000)
    await bank.budget.settle(account, operation="end", tier="premium")
    later = await bank.account("c2", user_day=small)
    refused = await bank.budget.hold(
        later, operation="o2", tier="premium", microdollars=1, ttl_ms=TTL, first=True
    )
    assert isinstance(refused, Refused)
    assert refused.why == "unpaid"
    richer = replace(later, caps=(await bank.account("c2", user_day=Cap(premium=60_000, total=100_000))).caps)
    held = await bank.budget.hold(
        richer, operation="o3", tier="premium", microdollars=1_000, ttl_ms=TTL, first=True
    )
    assert isinstance(held, Booked)
    day = (await bank.counters(richer))[1]
    assert (day["pc"], day["po"], day["to"]) == (55_000, 0, 0)


async def test_blind_spending_that_no_cap_has_room_for_stands_beside_them_as_such(bank: Bank) -> None:
    small = Cap(premium=10_000, total=10_000)
    account = await bank.account("c1", user_day=small)
    await bank.budget.hold(account, operation="open", tier="economy", microdollars=3_000, ttl_ms=TTL)
    names = tuple(scope.name for scope in account.scopes)
    now = await bank.budget.time_ms()
    await bank.journal.append(
        [Entry("b1", "charge", now, "c1", tier="economy", microdollars=9_000, blind=True, scopes=names)]
    )
    await bank.budget.distrust(account)
    await bank.budget.meter(account, operation="m1", tier="economy", microdollars=0)
    day = (await bank.counters(account))[1]
    assert (day["tc"], day["th"], day["tb"], day["to"]) == (7_000, 3_000, 2_000, 0)
    await bank.budget.hold(account, operation="next", tier="economy", microdollars=500, ttl_ms=TTL)
    day = (await bank.counters(account))[1]
    assert (day["tc"], day["th"], day["tb"]) == (9_000, 500, 0)


async def test_an_estimate_that_was_too_high_is_taken_back(bank: Bank) -> None:
    account = await bank.account("c1")
    await bank.budget.hold(account, operation="open", tier="premium", microdollars=10_000, ttl_ms=TTL)
    await bank.budget.meter(account, operation="estimate", tier="premium", microdollars=5_000)
    booked = await bank.budget.meter(account, operation="actual", tier="premium", microdollars=-1_500)
    assert booked.spent == 3_500


async def test_a_call_that_outlives_the_users_day_holds_in_the_new_one(bank: Bank) -> None:
    account = await bank.account("c1")
    await bank.budget.hold(account, operation="open", tier="premium", microdollars=10_000, ttl_ms=TTL)
    stale = replace(
        account, scopes=tuple(replace(scope, ends_ms=bank.budget.now_ms) for scope in account.scopes)
    )
    assert (
        await bank.budget.hold(stale, operation="s2", tier="premium", microdollars=10_000, ttl_ms=TTL) is None
    )
    tomorrow = tomorrow_of(account)
    await bank.budget.hold(tomorrow, operation="s3", tier="premium", microdollars=8_000, ttl_ms=TTL)
    assert [each["th"] for each in await bank.counters(account)] == [8_000, 0, 8_000, 8_000]
    assert (await bank.counters(tomorrow))[1]["th"] == 8_000


def names(account: Account) -> list[str]:
    return [scope.name for scope in account.scopes]


def tomorrow_of(account: Account) -> Account:
    """The call behind its user's midnight: in its own scope, the month's and the world's day it stands as before."""
    day = replace(account.scopes[1], name="user-day:s_anna:2099-01-01")
    return replace(account, scopes=(account.scopes[0], day, *account.scopes[2:]))


@pytest.mark.parametrize("tight", ["call", "user_month", "global_day"])
@pytest.mark.parametrize("tier", ["premium", "economy"])
async def test_behind_midnight_what_a_call_holds_makes_way_for_its_next_slice(
    bank: Bank, tight: str, tier: Tier
) -> None:
    account = await bank.account("c1", **{tight: Cap(premium=15_000, total=15_000)})
    await bank.budget.hold(account, operation="open", tier=tier, microdollars=10_000, ttl_ms=TTL)
    tomorrow = tomorrow_of(account)
    held = await bank.budget.hold(tomorrow, operation="s2", tier=tier, microdollars=15_000, ttl_ms=TTL)
    assert held == Booked(spent=0, held=15_000)
    assert [each["th"] for each in await bank.counters(account)] == [15_000, 0, 15_000, 15_000]
    refused = await bank.budget.hold(account, operation="s3", tier=tier, microdollars=15_001, ttl_ms=TTL)
    assert isinstance(refused, Refused)
    assert [each["th"] for each in await bank.counters(account)] == [15_000, 0, 15_000, 15_000]
    assert (await bank.counters(tomorrow))[1]["th"] == 15_000
    await bank.budget.settle(tomorrow, operation="end", tier=tier)
    for side in (account, tomorrow):
        assert [(each["th"], each["ph"]) for each in await bank.counters(side)] == [(0, 0)] * 4


@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # each is a bank of its own: a failure is told as it is
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    cap=st.integers(1, 20),
    steps=st.lists(
        st.tuples(st.booleans(), st.sampled_from(["premium", "economy"]), st.none() | st.integers(0, 25)),
        min_size=4,
        max_size=12,
    ),
)
def test_on_either_side_of_midnight_a_call_gets_what_the_cap_has_room_for_and_holds_that_alone(
    valkey: str, cap: int, steps: list[tuple[bool, Tier, int | None]]
) -> None:
    """Each step is on the one side or the other; without an amount it settles."""

    async def run(bank: Bank) -> None:
        limit = Cap(premium=cap, total=cap)
        caps = dict.fromkeys(("call", "user_day", "user_month", "global_day"), limit)
        before = await bank.account("c1", **caps)
        behind = tomorrow_of(before)
        lease = dict.fromkeys((*names(before), *names(behind)), (0, 0))
        for is_behind, tier, amount in steps:
            here = behind if is_behind else before
            if amount is None:
                await bank.budget.settle(here, operation=bank.operation(), tier=tier)
            else:
                held = await bank.budget.hold(
                    here, operation=bank.operation(), tier=tier, microdollars=amount, ttl_ms=TTL
                )
                assert isinstance(held, Refused if amount > cap else Booked)
            if amount is None or amount <= cap:
                money = (amount or 0, (amount or 0) if tier == "premium" else 0)
                lease = dict.fromkeys(lease, (0, 0)) | dict.fromkeys(names(here), money)
            counted = [*await bank.counters(before), *await bank.counters(behind)]
            have = dict(zip([*names(before), *names(behind)], counted, strict=True))
            assert {name: (each.get("th", 0), each.get("ph", 0)) for name, each in have.items()} == lease

    asyncio.run(in_fresh_bank(valkey, run))


# -- counters that Redis does not have ------------------------------------------------------------------------


async def test_a_counter_that_was_evicted_is_counted_again_from_the_journal(bank: Bank) -> None:
    account = await bank.account("c1")
    await bank.budget.hold(account, operation="open", tier="premium", microdollars=30_000, ttl_ms=TTL)
    await bank.budget.meter(account, operation="r1", tier="premium", microdollars=7_000)
    await bank.drain()
    await bank.budget.meter(account, operation="r2", tier="premium", microdollars=2_000)
    before = await bank.counters(account)
    await bank.link.redis.delete(*[f"{{voicetasks}}:scope:{scope.name}" for scope in account.scopes[1:]])
    await bank.budget.meter(account, operation="r3", tier="premium", microdollars=1_000)
    after = await bank.counters(account)
    for old, new in zip(before, after, strict=True):
        assert (new["pc"], new["ph"]) == (old["pc"] + 1_000, old["ph"] - 1_000)


async def test_a_flushed_redis_gives_nobody_a_fresh_allowance(bank: Bank) -> None:
    small = Cap(premium=20_000, total=10**12)
    account = await bank.account("c1", user_day=small)
    await bank.budget.hold(account, operation="open", tier="premium", microdollars=15_000, ttl_ms=TTL)
    await bank.budget.meter(account, operation="r1", tier="premium", microdollars=15_000)
    await bank.drain()
    await bank.link.redis.flushall()
    other = await bank.account("c2", user_day=small)
    refused = await bank.budget.hold(
        other, operation="o2", tier="premium", microdollars=15_000, ttl_ms=TTL, first=True
    )
    assert isinstance(refused, Refused)
    assert refused.why == "premium"


async def test_an_old_snapshot_put_back_is_noticed_and_counted_anew(bank: Bank) -> None:
    account = await bank.account("c1")
    await bank.budget.hold(account, operation="open", tier="premium", microdollars=30_000, ttl_ms=TTL)
    redis = bank.link.redis
    dumps = {}
    from redis.asyncio import Redis

    async with Redis.from_url(bank.url) as raw:
        for key in await raw.keys("*"):
            dumps[key] = await raw.dump(key)
        for number in range(5):
            await bank.budget.meter(account, operation=f"r{number}", tier="premium", microdollars=1_000)
        await bank.drain()
        await redis.flushall()
        for key, dump in dumps.items():
            assert dump is not None
            await raw.restore(key, 0, dump)
    booked = await bank.budget.meter(account, operation="r9", tier="premium", microdollars=1_000)
    assert booked.spent == 6_000


async def test_a_lost_lease_is_no_longer_held_after_counting_anew(bank: Bank) -> None:
    account = await bank.account("c1")
    await bank.budget.hold(account, operation="open", tier="premium", microdollars=30_000, ttl_ms=TTL)
    await bank.link.redis.delete("{voicetasks}:lease:c1")
    await bank.budget.hold(account, operation="next", tier="premium", microdollars=20_000, ttl_ms=TTL)
    assert [each["ph"] for each in await bank.counters(account)] == [20_000] * 4
