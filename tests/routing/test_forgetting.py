"""Counters that nobody used for days leave Redis, and nobody gets a fresh allowance for it."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from routing.budget import Account, Refused
from routing.caps import Cap
from routing.forgetting import IDLE_SECONDS, forget_once
from tests.routing.conftest import Bank

pytestmark = pytest.mark.system

TTL = 60_000
SMALL = Cap(premium=10_000, total=10**12)


async def age(bank: Bank, account: Account, seconds: int) -> None:
    """Make an account's counters keys that nobody used for so long."""
    async with Redis.from_url(bank.url) as raw:
        for scope in account.scopes:
            key = f"{{voicetasks}}:scope:{scope.name}"
            dump = await raw.dump(key)
            assert dump is not None
            await raw.restore(key, 0, dump, replace=True, idletime=seconds)


async def spend(bank: Bank, call_id: str, user: str, *, settle: bool = True) -> Account:
    account = await bank.account(call_id, user=user, user_month=SMALL)
    await bank.budget.hold(
        account, operation=f"{call_id}:o", tier="premium", microdollars=9_000, ttl_ms=TTL, first=True
    )
    await bank.budget.meter(account, operation=f"{call_id}:m", tier="premium", microdollars=8_000)
    if settle:
        await bank.budget.settle(account, operation=f"{call_id}:s", tier="premium")
    return account


async def test_a_counter_idle_for_two_days_is_deleted_and_counted_from_the_journal_when_it_is_needed(
    bank: Bank,
) -> None:
    account = await spend(bank, "c1", "s_anna")
    await bank.drain()
    await age(bank, account, IDLE_SECONDS + 1)
    assert await forget_once(bank.link) == 4
    assert await bank.counters(account) == [{}] * 4
    again = await bank.account("c2", user="s_anna", user_month=SMALL)
    refused = await bank.budget.hold(
        again, operation="c2:o", tier="premium", microdollars=9_000, ttl_ms=TTL, first=True
    )
    assert refused == Refused(again.scopes[2].name, "premium")


async def test_counters_in_use_and_those_of_a_live_lease_stay(bank: Bank) -> None:
    used = await spend(bank, "c1", "s_anna")
    live = await spend(bank, "c2", "s_ben", settle=False)
    await age(bank, used, IDLE_SECONDS - 60)
    await age(bank, live, IDLE_SECONDS + 60)
    before = await bank.counters(live)
    assert await forget_once(bank.link) == 0
    assert await bank.counters(live) == before
    assert all(await bank.counters(used))


async def test_more_counters_than_one_step_takes_are_all_looked_at(bank: Bank) -> None:
    account = await spend(bank, "c1", "s_anna")
    async with Redis.from_url(bank.url) as raw:
        dump = await raw.dump(f"{{voicetasks}}:scope:{account.names.split()[0]}")
        assert dump is not None
        for number in range(500):
            key = f"{{voicetasks}}:scope:call:old-{number}"
            await raw.restore(key, 0, dump, idletime=IDLE_SECONDS + 1)
    assert await forget_once(bank.link) == 500
    assert all(await bank.counters(account))


async def test_a_server_that_keeps_no_idle_times_is_left_alone(bank: Bank) -> None:
    account = await spend(bank, "c1", "s_anna")
    await bank.link.redis.config_set("maxmemory-policy", "allkeys-lfu")
    try:
        assert await forget_once(bank.link, idle_seconds=0) == 0
    finally:
        await bank.link.redis.config_set("maxmemory-policy", "noeviction")
    assert all(await bank.counters(account))
