"""A script that ran counts once: its answer lost, the server without the script, its counter counted by somebody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from routing.budget import Booked, Budget, Request, Sums
from routing.caps import Cap
from routing.journal import Entry
from routing.redis_link import BlindError, RedisLink
from routing.stream import StreamCounts
from tests.routing.conftest import PATIENT, Bank
from tests.routing.fault_proxy import FaultProxy

pytestmark = pytest.mark.system

TTL = 60_000


@pytest.fixture
async def wire(bank: Bank) -> AsyncIterator[FaultProxy]:
    proxy = FaultProxy(urlsplit(bank.url).port or 0)
    await proxy.start()
    yield proxy
    await proxy.aclose()


async def test_a_charge_whose_answer_is_lost_again_and_again_counts_once(
    bank: Bank, wire: FaultProxy
) -> None:
    account = await bank.account("c1")
    await bank.budget.hold(account, operation="open", tier="premium", microdollars=30_000, ttl_ms=TTL)
    link = RedisLink(wire.url, wait_seconds=PATIENT)
    budget = Budget(link, StreamCounts(link, bank.journal))
    await budget.check()
    wire.lose_answers_to = b"EVALSHA"
    for _ in range(5):
        with pytest.raises(BlindError):
            await budget.meter(account, operation="reply", tier="premium", microdollars=1_234)
    wire.lose_answers_to = b""
    booked = await budget.meter(account, operation="reply", tier="premium", microdollars=1_234)
    assert wire.lost == 5
    assert booked == Booked(spent=1_234, held=28_766)
    assert [each["pc"] for each in await bank.counters(account)] == [1_234] * 4
    await bank.drain()
    assert [entry.microdollars for entry in await bank.journal.entries(kind="charge")] == [1_234]
    await link.aclose()


async def test_the_librarys_own_eleven_sendings_of_one_charge_count_once(
    bank: Bank, wire: FaultProxy
) -> None:
    account = await bank.account("c1")
    await bank.budget.hold(account, operation="open", tier="premium", microdollars=30_000, ttl_ms=TTL)
    keys, arguments = bank.budget.script_arguments(Request("meter", account, "reply", "premium", 1_234))
    wire.lose_answers_to = b"EVALSHA"
    async with Redis(port=urlsplit(wire.url).port or 0) as plain:  # it repeats by itself what got no answer
        with pytest.raises(RedisConnectionError):
            await plain.evalsha(bank.budget.script_sha, len(keys), *keys, *arguments)
    assert wire.lost == 11
    assert [each["pc"] for each in await bank.counters(account)] == [1_234] * 4
    assert [each["ph"] for each in await bank.counters(account)] == [28_766] * 4


async def test_a_server_that_has_forgotten_its_scripts_is_told_them_again(bank: Bank) -> None:
    account = await bank.account("c1")
    await bank.budget.hold(account, operation="open", tier="premium", microdollars=30_000, ttl_ms=TTL)
    await bank.link.redis.script_flush()
    booked = await bank.budget.meter(account, operation="reply", tier="premium", microdollars=1_234)
    assert booked == Booked(spent=1_234, held=28_766)


class Paused(StreamCounts):
    """Sums that are read and then held back for a while."""

    def __init__(self, bank: Bank) -> None:
        super().__init__(bank.link, bank.journal)
        self.read, self.go_on = asyncio.Event(), asyncio.Event()

    async def sums(self, scope: str, *, upto: str) -> Sums:
        found = await super().sums(scope, upto=upto)
        self.read.set()
        await self.go_on.wait()
        return found


async def test_a_count_begun_before_others_told_what_they_spent_blindly_is_done_again(bank: Bank) -> None:
    account = await bank.account("c1", user_day=Cap(premium=10_000, total=10_000))
    await bank.budget.hold(account, operation="open", tier="economy", microdollars=100, ttl_ms=TTL)
    await bank.budget.distrust(account)
    counts = Paused(bank)
    counting = asyncio.create_task(
        Budget(bank.link, counts).meter(account, operation="m1", tier="economy", microdollars=50)
    )
    await asyncio.wait_for(counts.read.wait(), 10)
    names = tuple(scope.name for scope in account.scopes)
    now = await bank.budget.time_ms()
    blind = Entry("b1", "charge", now, "c2", tier="economy", microdollars=9_000, blind=True, scopes=names)
    await bank.journal.append([blind])
    await bank.budget.missed.tell([blind])
    counts.go_on.set()
    await counting
    day = (await bank.counters(account))[1]
    assert day["tc"] == 9_050


async def test_a_charge_that_redis_knows_is_told_without_counting_anew(bank: Bank) -> None:
    account = await bank.account("c1")
    await bank.budget.hold(account, operation="open", tier="economy", microdollars=100, ttl_ms=TTL)
    await bank.budget.meter(account, operation="m1", tier="economy", microdollars=50)
    names = tuple(scope.name for scope in account.scopes)
    entry = Entry("m1", "charge", bank.budget.now_ms, "c1", tier="economy", microdollars=50, scopes=names)
    await bank.budget.missed.tell([entry])
    assert [each["tc"] for each in await bank.counters(account)] == [50] * 4  # they were left as they are
