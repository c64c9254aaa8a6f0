"""Counters that nobody used for days leave Redis, and nobody gets a fresh allowance for it."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import pytest
from redis.asyncio import Redis

from routing import forgetting
from routing.budget import Account, Refused
from routing.caps import Cap
from routing.forgetting import AT_ONCE, IDLE_SECONDS, forget_once
from routing.redis_link import RedisLink
from tests.routing.conftest import PATIENT, Bank

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


# -- beside thousands of calls ---------------------------------------------------------------------------------

T = TypeVar("T")
LEASES = 3_000
IDLE = 1_000


class CountingLink(RedisLink):
    """Counts the commands, those of scripts too, that Redis carries out for each question."""

    def __init__(self, url: str) -> None:
        super().__init__(url, wait_seconds=PATIENT)
        self.raw = Redis.from_url(url, decode_responses=True)
        self.steps: list[int] = []
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        """Happens after each question."""

    async def ask(self, answer: Awaitable[T], *, seconds: float | None = None) -> T:
        await self.raw.config_resetstat()
        found = await super().ask(answer, seconds=seconds)
        stats = await self.raw.info("commandstats")
        self.steps.append(sum(each["calls"] for each in stats.values()))
        if self.meanwhile is not None:
            await self.meanwhile()
        return found

    async def aclose(self) -> None:
        await super().aclose()
        await self.raw.aclose()


@pytest.fixture
async def counting(bank: Bank) -> AsyncIterator[CountingLink]:
    link = CountingLink(bank.url)
    yield link
    await link.aclose()


async def crowd(bank: Bank) -> None:
    """Thousands of calls that hold money in scopes that look idle, and idle scopes that nobody stands in."""
    account = await spend(bank, "c1", "s_anna")
    async with Redis.from_url(bank.url) as raw:
        dump = await raw.dump(f"{{voicetasks}}:scope:{account.scopes[0].name}")
        assert dump is not None
        pipe = raw.pipeline(transaction=False)
        for number in range(LEASES):
            names = f"call:live-{number} user-day:s_{number}:2026-01-01"
            pipe.zadd("{voicetasks}:leases", {f"live-{number}": 10**15 + number})
            pipe.set(f"{{voicetasks}}:lease:live-{number}", struct.pack("<dd", 1, 255) + names.encode())
            pipe.restore(f"{{voicetasks}}:scope:call:live-{number}", 0, dump, idletime=IDLE_SECONDS + 60)
        for number in range(IDLE):
            pipe.restore(f"{{voicetasks}}:scope:call:old-{number}", 0, dump, idletime=IDLE_SECONDS + 60)
        await pipe.execute()


async def live_scopes(bank: Bank) -> int:
    async with Redis.from_url(bank.url) as raw:
        return int(
            await raw.exists(*(f"{{voicetasks}}:scope:call:live-{number}" for number in range(LEASES)))
        )


async def test_beside_thousands_of_calls_no_step_looks_at_more_than_a_few_hundred_keys_and_theirs_stay(
    bank: Bank, counting: CountingLink
) -> None:
    await crowd(bank)
    assert await forget_once(counting) == IDLE
    assert await live_scopes(bank) == LEASES
    assert len(counting.steps) > LEASES / AT_ONCE
    assert max(counting.steps) < 3 * AT_ONCE < LEASES


async def test_calls_that_come_and_go_while_the_leases_are_read_hide_no_other(
    bank: Bank, counting: CountingLink
) -> None:
    await crowd(bank)
    ended = iter(range(0, LEASES, 2))

    async def others_go_on() -> None:
        for _ in range(AT_ONCE // 2):
            if (number := next(ended, None)) is not None:
                await counting.raw.zrem("{voicetasks}:leases", f"live-{number}")
                await counting.raw.zadd(
                    "{voicetasks}:leases", {f"live-{number + 1}": 10**15 + LEASES + number}
                )

    counting.meanwhile = others_go_on
    await forget_once(counting)
    async with Redis.from_url(bank.url) as raw:
        keys = [f"{{voicetasks}}:scope:call:live-{number}" for number in range(1, LEASES, 2)]
        assert await raw.exists(*keys) == LEASES // 2


async def test_a_lease_that_is_given_after_the_leases_were_read_keeps_its_scopes(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = await spend(bank, "c1", "s_anna")
    await age(bank, old, IDLE_SECONDS + 60)
    stand_in = forgetting._stand_in

    async def then_a_call_comes(link: RedisLink, prefix: str) -> set[str]:
        found = await stand_in(link, prefix)
        await spend(bank, "c2", "s_anna", settle=False)
        return found

    monkeypatch.setattr(forgetting, "_stand_in", then_a_call_comes)
    live = await bank.account("c2", user="s_anna")
    # However short a time is asked for: what was touched since the look at the leases stays.
    assert await forget_once(bank.link, idle_seconds=0) == 1  # only the counter of the call that is over
    assert all(await bank.counters(live))
