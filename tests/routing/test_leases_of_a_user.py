"""Which leases stand in a user's scope is known without a look at all others, whatever became of them."""

from __future__ import annotations

import pytest

from routing.budget import Account, Booked
from routing.caps import Cap
from tests.routing.conftest import Bank
from tests.routing.test_budget import tomorrow_of

pytestmark = pytest.mark.system

TTL = 60_000
LEASES = "{voicetasks}:leases"
OTHERS = 50


async def holds(bank: Bank, account: Account, microdollars: int = 1_000, *, ttl_ms: int = TTL) -> Booked:
    held = await bank.budget.hold(
        account, operation=bank.operation(), tier="premium", microdollars=microdollars, ttl_ms=ttl_ms
    )
    assert isinstance(held, Booked)
    return held


async def many(bank: Bank) -> None:
    """Other people's calls."""
    for number in range(OTHERS):
        await holds(bank, await bank.account(f"other-{number}", user=f"s_{number}"))


async def lists(bank: Bank) -> dict[str, set[str]]:
    """Who is listed where."""
    keys = await bank.link.redis.keys(f"{LEASES}:*")
    return {key.removeprefix(f"{LEASES}:"): set(await bank.link.redis.smembers(key)) for key in keys}


async def looks(bank: Bank) -> int:
    """How many keys were read one by one since Redis began."""
    stats = await bank.link.redis.info("commandstats")
    return int(stats["cmdstat_get"]["calls"])


async def counted_anew(bank: Bank, account: Account) -> tuple[list[dict[str, int]], int]:
    """The counters of a call's user after Redis has lost them, and how many keys were read for that."""
    await bank.link.redis.delete(*(f"{{voicetasks}}:scope:{scope.name}" for scope in account.scopes[1:3]))
    before = await looks(bank)
    for index in (1, 2):
        await bank.budget.recount(account, index)
    return (await bank.counters(account))[1:3], await looks(bank) - before


async def test_a_users_scope_is_counted_from_their_own_leases_however_many_others_there_are(
    bank: Bank,
) -> None:
    await many(bank)
    account, beside = await bank.account("c1"), await bank.account("c2")
    await holds(bank, account, 30_000)
    await holds(bank, beside, 4_000)
    counters, read = await counted_anew(bank, account)
    assert [each["ph"] for each in counters] == [34_000, 34_000]
    assert read < OTHERS / 2


async def test_a_global_scope_is_counted_from_all(bank: Bank) -> None:
    await many(bank)
    account = await bank.account("c1")
    await holds(bank, account, 30_000)
    await bank.link.redis.delete(f"{{voicetasks}}:scope:{account.scopes[3].name}")
    await bank.budget.recount(account, 3)
    assert (await bank.counters(account))[3]["ph"] == 30_000 + OTHERS * 1_000


async def test_leases_that_nobody_listed_are_counted_all_the_same_and_listed_then(bank: Bank) -> None:
    """A worker of a version before lists none."""
    await many(bank)
    account = await bank.account("c1")
    await holds(bank, account, 30_000)
    whole = await lists(bank)
    await bank.link.redis.srem(f"{LEASES}:listed", "c1")
    await bank.link.redis.delete(f"{LEASES}:{account.scopes[1].name}", f"{LEASES}:{account.scopes[2].name}")
    counters, read = await counted_anew(bank, account)
    assert [each["ph"] for each in counters] == [30_000, 30_000]
    assert await lists(bank) == whole
    assert read > OTHERS
    assert (await counted_anew(bank, account))[1] < OTHERS / 2


async def test_one_that_was_taken_off_by_such_a_worker_does_not_stay_listed_for_ever(bank: Bank) -> None:
    account, gone = await bank.account("c1"), await bank.account("c2")
    await holds(bank, account, 30_000)
    await bank.budget.hold(gone, operation="g", tier="premium", microdollars=4_000, ttl_ms=TTL)
    await bank.budget.settle(gone, operation="end", tier="premium")
    await bank.link.redis.sadd(f"{LEASES}:listed", "c2")
    counters, _ = await counted_anew(bank, account)
    assert [each["ph"] for each in counters] == [30_000, 30_000]
    assert (await lists(bank))["listed"] == {"c1"}


async def test_nothing_is_left_of_a_call_that_has_ended_or_died_or_has_gone_into_another_day(
    bank: Bank,
) -> None:
    account, dead = await bank.account("c1"), await bank.account("dead", user="s_ben")
    await holds(bank, dead, ttl_ms=1)
    await holds(bank, account)
    day, month = (scope.name for scope in account.scopes[1:3])
    assert await lists(bank) == {"listed": {"c1"}, day: {"c1"}, month: {"c1"}}, "the dead one was reaped"
    later = tomorrow_of(account)
    await holds(bank, later)
    assert await lists(bank) == {"listed": {"c1"}, later.scopes[1].name: {"c1"}, month: {"c1"}}
    assert await bank.link.redis.ttl(f"{LEASES}:{month}") > 86_400
    await bank.budget.settle(later, operation="end", tier="premium")
    assert await lists(bank) == {}


async def test_a_cap_holds_where_the_counters_were_lost_and_the_list_as_well(bank: Bank) -> None:
    small = Cap(premium=40_000, total=10**12)
    account = await bank.account("c1", user_day=small)
    await holds(bank, account, 30_000)
    await bank.link.redis.delete(*(await bank.link.redis.keys(f"{LEASES}:*")))
    await bank.link.redis.delete(f"{{voicetasks}}:scope:{account.scopes[1].name}")
    beside = await bank.account("c2", user_day=small)
    refused = await bank.budget.hold(beside, operation="o", tier="premium", microdollars=20_000, ttl_ms=TTL)
    assert not isinstance(refused, Booked)
