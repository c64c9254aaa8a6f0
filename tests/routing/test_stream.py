"""A drainer that runs: quiet while nothing is charged, quick when something is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable

import pytest

from routing.budget import Booked
from routing.ending import ended
from routing.journal import Entry
from routing.stream import GROUP, WAIT_SECONDS, StreamCounts
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
        {
            "entry": f'{{"op": "{"x" * 201}", "kind": "charge", "call": "c", "tier": "premium", "us": 1, '
            '"scopes": "a:b", "details": {}}'
        },
        {
            "entry": '{"op": "x\\u0000", "kind": "charge", "call": "c", "tier": "premium", "us": 1, "scopes": "a:b", '
            '"details": {}}'
        },
    ],
    ids=[
        "no entry",
        "broken off",
        "no object",
        "a field is missing",
        "words for a number",
        "no scope",
        "longer than a database takes",
        "a character that Postgres does not take",
    ],
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


async def charge_many(bank: Bank, first: int, count: int) -> None:
    """Put charges of other calls into the stream, 1 µ$ each for everybody's day."""
    day = (await bank.account("others")).scopes[-1].name
    pipeline = bank.link.redis.pipeline(transaction=False)
    for number in range(first, first + count):
        entry = {
            "op": f"others:{number}",
            "kind": "charge",
            "call": "others",
            "tier": "economy",
            "us": 1,
            "scopes": f"call:others user-day:s_others:2026-11-01 user-month:s_others:2026-11 {day}",
            "details": {},
        }
        pipeline.xadd(bank.budget.stream, {"entry": json.dumps(entry)})
    await pipeline.execute()


@pytest.mark.parametrize("taken", [0, 2], ids=["nothing is under way", "a drainer has taken some"])
async def test_who_has_no_counter_yet_does_not_wait_for_what_the_journal_has(
    bank: Bank, monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    await charge_many(bank, 0, 3_000)
    await bank.drain()
    await charge_many(bank, 3_000, taken)
    await bank.link.redis.xreadgroup(GROUP, "slow", {bank.budget.stream: ">"})
    await charge_many(bank, 3_000 + taken, 1)
    written: list[str] = []
    append = bank.journal.append

    async def counted(entries: Iterable[Entry]) -> int:
        kept = list(entries)
        written.extend(entry.operation for entry in kept)
        return await append(kept)

    monkeypatch.setattr(bank.journal, "append", counted)
    account = await bank.account("c1", user="s_new")
    held = await bank.budget.hold(
        account, operation="open", tier="premium", microdollars=30_000, ttl_ms=60_000
    )
    assert isinstance(held, Booked)
    assert set(written) == {f"others:{number}" for number in range(3_000, 3_001 + taken)}
    assert (await bank.counters(account))[-1]["tc"] == 3_001 + taken
