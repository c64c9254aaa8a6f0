"""A drainer that runs: quiet while nothing is charged, quick when something is."""

from __future__ import annotations

import asyncio
import json

import pytest

from routing.ending import ended
from routing.stream import WAIT_SECONDS, StreamCounts
from tests.routing.conftest import Bank

pytestmark = [pytest.mark.system, pytest.mark.timeout(60)]


async def charge(bank: Bank, call_id: str) -> None:
    """Book something, and wait until the journal has it."""
    account = await bank.account(call_id)
    await bank.budget.meter(account, operation=bank.operation(), tier="premium", microdollars=700)
    async with asyncio.timeout(10):
        while not (await bank.journal.sums(account.scopes[0].name, upto_ms=2**53)).total:
            await asyncio.sleep(0.02)


async def asked(bank: Bank) -> int:
    """How many reads of the stream and looks for abandoned entries Redis has answered."""
    stats = await bank.link.redis.info("commandstats")
    return sum(stats.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in ("xreadgroup", "xautoclaim"))


async def test_an_empty_stream_is_read_once_a_second_and_a_charge_is_moved_at_once(bank: Bank) -> None:
    running = asyncio.create_task(bank.drainer.run())
    try:
        await asyncio.sleep(WAIT_SECONDS / 2)
        before = await asked(bank)
        await asyncio.sleep(3 * WAIT_SECONDS)
        assert await asked(bank) - before <= 2 * 4
        await charge(bank, "call-1")
    finally:
        await ended(running)


async def test_a_stream_that_was_flushed_is_drained_again(bank: Bank) -> None:
    running = asyncio.create_task(bank.drainer.run())
    try:
        await asyncio.sleep(WAIT_SECONDS / 2)
        await bank.link.redis.flushall()
        await charge(bank, "call-2")
    finally:
        await ended(running)


@pytest.mark.parametrize(
    "fields",
    [
        {"other": "{}"},
        {"entry": "{"},
        {"entry": "[]"},
        {"entry": '{"op": "x", "kind": "charge", "call": "c", "tier": "premium", "us": 1, "details": {}}'},
        {
            "entry": '{"op": "x", "kind": "charge", "call": "c", "tier": "premium", "us": "1", "scopes": "a:b", '
            '"details": {}}'
        },
        {
            "entry": '{"op": "x", "kind": "charge", "call": "c", "tier": "premium", "us": 1, "scopes": "user-day", '
            '"details": {}}'
        },
    ],
    ids=["no entry", "broken off", "no object", "a field is missing", "words for a number", "no scope"],
)
async def test_an_entry_that_cannot_be_read_is_set_aside_and_holds_nothing_up(
    bank: Bank, fields: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    redis = bank.link.redis
    bad = await redis.xadd(bank.budget.stream, fields)
    running = asyncio.create_task(bank.drainer.run())
    try:
        await charge(bank, "call-3")
    finally:
        await ended(running)
    assert (await redis.xpending(bank.budget.stream, "journal"))["pending"] == 0
    assert {
        key: json.loads(kept) for key, kept in (await redis.hgetall(f"{bank.budget.stream}:bad")).items()
    } == {bad: fields}
    assert [record.msg for record in caplog.records if record.levelname == "ERROR"] == [
        "journal.stream_unreadable"
    ]
    scope = (await bank.account("call-3")).scopes[0].name
    counted = StreamCounts(bank.link, bank.journal)
    assert (await counted.sums(scope, upto=await redis.xadd(bank.budget.stream, fields))).total == 700
