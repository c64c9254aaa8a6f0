"""`bench ledger`: how fast money is reserved, metered and settled, on a Redis of the bench's own on this machine."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import quantiles
from typing import Any, Final
from zoneinfo import ZoneInfo

from cli.bench.report import Report
from cli.binaries import redis_server
from cli.ports import HOST, FreePorts
from routing.budget import Account, Booked, Budget, Request
from routing.caps import Cap, Caps
from routing.journal import Journal
from routing.migrate import migrate
from routing.redis_link import BlindError, RedisLink
from routing.scopes import scopes_of
from routing.stream import StreamCounts

RATE: Final = 500
"""Decisions a second in the open loop."""
P99_MS: Final = 10.0
FULL_SPEED: Final = 2_000
RATIO: Final = 1.5
USERS: Final = 50
BATCH: Final = 50
"""Scripts sent at once where Redis, not the client, is measured."""
START_SECONDS: Final = 10.0

BARE: Final = """
for _, key in ipairs(KEYS) do
  redis.call('GET', key)
  redis.call('INCRBY', key, 1)
end
return 1
"""

Say = Callable[[str], None]
Sent = tuple[list[str], list[Any], str]
"""Keys, arguments and sha of one script on its way."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run found."""

    times_ms: list[float]
    """Of each decision in the open loop, from when it was due."""
    speed: float
    """Decisions a second, as fast as Redis takes them."""
    decisions: int
    """How many that is told from."""
    script_us: float
    """Mean time of our script inside Redis, and of a bare one."""
    bare_us: float
    scripts: int


@dataclass
class Bench:
    """One Redis, one journal, one budget."""

    link: RedisLink
    budget: Budget
    numbers: Any

    def account(self) -> Account:
        """A new call of one of some users."""
        number = next(self.numbers)
        cap = Cap(premium=10**12, total=10**12)
        scopes = scopes_of(f"c{number}", f"s_{number % USERS}", ZoneInfo("Europe/Berlin"), self.budget.now_ms)
        return Account(f"c{number}", scopes, Caps(call=cap, user_day=cap, user_month=cap, global_day=cap))

    async def decision(self) -> None:
        """Reserve, meter and settle one call."""
        account = self.account()
        call = account.call_id
        held = await self.budget.hold(
            account, operation=f"{call}:1", tier="premium", microdollars=30_000, ttl_ms=45_000, first=True
        )
        if not isinstance(held, Booked):
            raise BlindError("refused")
        await self.budget.meter(account, operation=f"{call}:2", tier="premium", microdollars=7_000)
        await self.budget.settle(account, operation=f"{call}:3", tier="premium")


async def run(seconds: float, say: Say) -> Report:
    """Measure for so many seconds each. Raises OSError or BlindError when Redis cannot be started."""
    report = Report("ledger", sandbox=False)
    with tempfile.TemporaryDirectory(prefix="voicetasks-ledger-") as folder:
        port = FreePorts().take()
        server = await asyncio.create_subprocess_exec(
            *(redis_server(), "--port", str(port), "--bind", HOST, "--save", "", "--dir", folder),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            await _measure(report, f"redis://{HOST}:{port}/0", Path(folder), seconds, say)
        finally:
            server.terminate()
            await server.wait()
    return report


async def _measure(report: Report, url: str, folder: Path, seconds: float, say: Say) -> None:
    database = f"sqlite+aiosqlite:///{folder / 'routing.db'}"
    await migrate(database)
    link = RedisLink(url, wait_seconds=5)
    async with Journal(database) as journal:
        bench = Bench(link, Budget(link, StreamCounts(link, journal)), count())
        await _until_it_answers(bench)
        for _ in range(USERS):
            await bench.decision()  # every user's counters are there, as in the middle of a day
        say(f"open loop, {RATE} decisions a second for {seconds:.0f} s")
        times = await _open_loop(bench.decision, seconds)
        say("full speed")
        speed, decisions = await _full_speed(bench, seconds / 2)
        say("against a bare script over the same number of keys")
        ours, bare, scripts = await _against_bare(bench)
        judge(report, Measured(times, speed, decisions, ours, bare, scripts))
    await link.aclose()


def judge(report: Report, measured: Measured) -> None:
    """Hold what was measured to its targets."""
    times, ours, bare = measured.times_ms, measured.script_us, measured.bare_us
    report.at_most(
        f"reserve, meter and settle at {RATE} a second, p99", P99_MS, _percentile(times, 99), "ms", len(times)
    )
    report.details.append({"p50_ms": _percentile(times, 50), "worst_ms": round(max(times), 2)})
    report.at_least(
        "decisions a second at full speed, journal entries included",
        FULL_SPEED,
        measured.speed,
        "1/s",
        measured.decisions,
    )
    report.at_most(
        "our script's time in Redis against a bare one's", RATIO, round(ours / bare, 2), "x", measured.scripts
    )
    report.details.append({"script_us": round(ours, 1), "bare_script_us": round(bare, 1)})


async def _until_it_answers(bench: Bench) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            await bench.budget.time_ms()
        except BlindError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)
        else:
            return


async def _open_loop(decision: Callable[[], Awaitable[None]], seconds: float) -> list[float]:
    """Start decisions by the clock whatever became of those before; ms from when each was due."""
    times: list[float] = []
    began = time.perf_counter()

    async def one(due: float) -> None:
        await decision()
        times.append(1000 * (time.perf_counter() - due))

    async with asyncio.TaskGroup() as tasks:
        for number in range(round(seconds * RATE)):
            due = began + number / RATE
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.create_task(one(due))
    return times


async def _full_speed(bench: Bench, seconds: float) -> tuple[float, int]:
    """Send as fast as Redis takes it: the scripts of many calls in one pipeline, as many workers would together."""
    done = 0
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        calls = [bench.account() for _ in range(BATCH)]
        await _pipelined(bench, [_script_of(bench, call, step) for step in range(3) for call in calls])
        done += BATCH
    return round(done / (time.perf_counter() - began)), done


async def _against_bare(bench: Bench) -> tuple[float, float, int]:
    """Mean time of a script inside Redis, ours and the bare one, in turns, µs."""
    bare = bench.link.redis.register_script(BARE)
    await bare(keys=["bare:0"])
    spent = {"ours": 0.0, "bare": 0.0}
    rounds, each = 20, 3 * BATCH
    for _ in range(rounds):
        calls = [bench.account() for _ in range(BATCH)]
        ours = [_script_of(bench, call, step) for step in range(3) for call in calls]
        keys = len(ours[0][0])
        bares: list[Sent] = [
            ([f"bare:{number}" for number in range(keys)], [], bare.sha) for _ in range(each)
        ]
        for name, scripts in (("ours", ours), ("bare", bares)):
            await bench.link.redis.config_resetstat()
            await _pipelined(bench, scripts)
            stats = await bench.link.redis.info("commandstats")
            spent[name] += stats["cmdstat_evalsha"]["usec"]
    n = rounds * each
    return spent["ours"] / n, spent["bare"] / n, n


def _script_of(bench: Bench, account: Account, step: int) -> Sent:
    operation = f"{account.call_id}:{step}"
    requests = (
        Request("hold", account, operation, "premium", 30_000, 45_000, first=True),
        Request("meter", account, operation, "premium", 7_000),
        Request("settle", account, operation, "premium"),
    )
    keys, arguments = bench.budget.script_arguments(requests[step])
    return keys, arguments, bench.budget.script_sha


async def _pipelined(bench: Bench, scripts: list[Sent]) -> None:
    pipe = bench.link.redis.pipeline(transaction=False)
    for keys, arguments, sha in scripts:
        pipe.evalsha(sha, len(keys), *keys, *arguments)
    for answer in await bench.link.ask(pipe.execute(), seconds=10):
        if isinstance(answer, list) and answer[0] != "ok":
            raise BlindError(str(answer[0]))


def _percentile(times: list[float], percent: int) -> float:
    return round(quantiles(times, n=100)[percent - 1], 2)
