"""Money under a race: whoever is killed, late, twice or wrong about the time, no cap is ever passed."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from routing.budget import Budget
from routing.caps import Cap
from routing.journal import Journal
from routing.migrate import migrate
from routing.redis_link import RedisLink
from routing.stream import Drainer, StreamCounts
from tests.routing.conftest import Bank

pytestmark = pytest.mark.system

PROCESSES, RACERS_EACH = 8, 25
SNAPSHOT = """
local found = {}
for _, key in ipairs(redis.call('KEYS', '{voicetasks}:scope:*')) do
  local e, pc, ph, tc, th = struct.unpack('<ddddd', redis.call('GET', key))
  found[#found + 1] = { key, pc, ph, tc, th }
end
return found
"""


async def watch(bank: Bank, cap: Cap, done: asyncio.Event) -> int:
    """Look from outside, as often as Redis lets us, until told to stop."""
    snapshot = bank.link.redis.register_script(SNAPSHOT)
    looks = 0
    while not done.is_set():
        for key, pc, ph, tc, th in await bank.link.ask(snapshot(), seconds=10):
            assert pc + ph <= cap.premium, (key, pc, ph)
            assert tc + th <= cap.total, (key, tc, th)
            assert min(pc, ph, tc, th) >= 0, (key, pc, ph, tc, th)
        looks += 1
        await asyncio.sleep(0.002)  # the racers need the processor too
    return looks


async def start_racers(bank: Bank, number: int, users: int, cap: Cap) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.routing.racers",
        bank.url,
        bank.database_url,
        *map(str, (number, RACERS_EACH, users, cap.premium, cap.total)),
        stderr=asyncio.subprocess.PIPE,
    )


async def race(bank: Bank, cap: Cap, users: int, kills: list[float]) -> None:
    done = asyncio.Event()
    looking = asyncio.create_task(watch(bank, cap, done))
    processes = [await start_racers(bank, number, users, cap) for number in range(PROCESSES)]

    async def kill(process: asyncio.subprocess.Process, after: float) -> None:
        try:
            await asyncio.wait_for(process.wait(), after)
        except TimeoutError:
            process.kill()

    killing = [asyncio.create_task(kill(p, after)) for p, after in zip(processes, kills, strict=False)]
    try:
        async with asyncio.timeout(120):
            outputs = [await process.communicate() for process in processes]
            await asyncio.gather(*killing)
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
        done.set()
    assert await looking > 10
    unharmed = [
        (p.returncode, err)
        for p, (_, err) in zip(processes[len(kills) :], outputs[len(kills) :], strict=True)
    ]
    assert [code for code, _ in unharmed] == [0] * len(unharmed), unharmed


async def balance(bank: Bank, cap: Cap) -> None:
    """Afterwards the counters are what the journal says and what live leases hold."""
    redis = bank.link.redis
    reaper = await bank.account("reaper", user="s_nobody", user_day=cap, user_month=cap, global_day=cap)
    async with asyncio.timeout(10):
        number = 0
        while set(await redis.zrange("{voicetasks}:leases", 0, -1)) - {"reaper"}:
            await bank.budget.hold(
                reaper, operation=f"reap-{number}", tier="economy", microdollars=0, ttl_ms=60_000
            )
            number += 1
            await asyncio.sleep(0.02)
    listed = [await redis.smembers(key) for key in await redis.keys("{voicetasks}:leases:*")]
    assert all(each == {"reaper"} for each in listed), listed
    await bank.drain()
    names = [key.removeprefix("{voicetasks}:scope:") for key in await redis.keys("{voicetasks}:scope:*")]
    for name, have in zip(names, await bank.budget.counters(names), strict=True):
        assert have is not None
        sums = await bank.journal.sums(name, upto_ms=bank.budget.now_ms)
        assert have.premium_held == have.held == 0, (name, have)
        assert have.premium_committed + have.premium_overshoot + have.premium_blind == sums.premium, name
        assert have.committed + have.overshoot + have.blind == sums.total, name


async def in_fresh_bank(url: str, work: Callable[[Bank], Awaitable[None]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database_url = f"sqlite+aiosqlite:///{Path(folder) / 'routing.db'}"
        await migrate(database_url)
        link = RedisLink(url, wait_seconds=10)
        await link.redis.flushall()
        async with Journal(database_url) as journal:
            budget = Budget(link, StreamCounts(link, journal))
            await work(Bank(budget, link, journal, Drainer(link, journal, name="test"), url, database_url))
        await link.aclose()


@pytest.mark.dear
@settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # each run takes seconds: a failure is told as it is
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    premium=st.integers(min_value=0, max_value=400_000),
    more=st.integers(min_value=0, max_value=400_000),
    users=st.integers(min_value=1, max_value=20),
    kills=st.lists(st.floats(min_value=0.8, max_value=4.0), min_size=1, max_size=4),
)
def test_no_cap_is_ever_passed_and_the_journal_balances(
    valkey: str, premium: int, more: int, users: int, kills: list[float]
) -> None:
    cap = Cap(premium=premium, total=premium + more)

    async def run(bank: Bank) -> None:
        await race(bank, cap, users, kills)
        await balance(bank, cap)

    asyncio.run(in_fresh_bank(valkey, run))
