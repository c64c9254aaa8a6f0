"""List today, search and create, at the store and through MCP, on SQLite and on Postgres."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from typing import Final

import httpx
import jwt

from cli.bench.report import Report
from cli.bench.tasks.crowd import BUSY, THINGS, VERBS, ZONE, fill, one_of, title_of
from cli.bench.tasks.postgres import own_postgres
from cli.ports import HOST, FreePorts
from mcp_tasks.caller import Caller
from mcp_tasks.client import TaskClient
from mcp_tasks.database import create_engine
from mcp_tasks.edit import NewTask
from mcp_tasks.identity import ALGORITHM, AUDIENCE
from mcp_tasks.migrate import migrate
from mcp_tasks.store import TaskStore

STORE_MS: Final = 20.0
MCP_MS: Final = 40.0
FEWEST: Final = 40
START_SECONDS: Final = 30.0
_SECRET: Final = "the bench's own, long enough for HS256"  # noqa: S105 (a server that lives for the bench)

Say = Callable[[str], None]


class TaskBenchError(RuntimeError):
    """The bench cannot run; the message says why."""


class Work:
    """What is asked, and by whom: every other time by the busy owner, else by one of the crowd."""

    def __init__(self, tasks: int, users: int) -> None:
        self._dice = random.Random(2)  # noqa: S311 (a mix of questions, not a secret)
        self._tasks, self._users = tasks, users

    def owner(self, number: int) -> str:
        """Who asks."""
        return BUSY if number % 2 == 0 else one_of(self._dice.randrange(self._users))

    def query(self, number: int) -> str:
        """A word, two words, a whole title, one misheard, or words that are nowhere."""
        thing, verb = self._dice.choice(THINGS), self._dice.choice(VERBS)
        queries = (
            thing,
            f"{verb} {thing}",
            title_of(self._dice.randrange(self._tasks)),
            f"by {thing}",
            "zebra",
        )
        return queries[number // 2 % len(queries)]


async def run(tasks: int, users: int, seconds: float, databases: list[str], say: Say) -> Report:
    """Measure each of the three for so many seconds each. Raises TaskBenchError, BinaryNotFoundError, PostgresError."""
    report = Report("tasks", sandbox=False)
    with tempfile.TemporaryDirectory(prefix="voicetasks-tasks-") as folder:
        for name in databases:
            async with _database(name, Path(folder)) as url:
                await _measure(report, name, url, tasks, users, seconds, say)
    return report


@contextlib.asynccontextmanager
async def _database(name: str, folder: Path) -> AsyncIterator[str]:
    if name == "sqlite":
        yield f"sqlite:///{folder / 'tasks.db'}"
        return
    async with own_postgres() as postgres:
        yield postgres.url


async def _measure(
    report: Report, name: str, url: str, tasks: int, users: int, seconds: float, say: Say
) -> None:
    say(f"{name}: storing {tasks} tasks of one owner and one for each of {users} others")
    began = time.monotonic()
    await migrate(url)
    store = TaskStore(create_engine(url))
    filling = create_engine(url)
    await fill(filling, tasks, users, say)
    await filling.dispose()
    report.details.append({"database": name, "filled_seconds": round(time.monotonic() - began, 1)})
    work = Work(tasks, users)
    try:
        await _lines(report, f"{name}, store", STORE_MS, _at_the_store(store, work), seconds, say)
    finally:
        await store.close()
    async with _served(url) as address:
        owners = [BUSY]

        async def token() -> str:
            return _token(owners[0])

        async with TaskClient(address, token) as client:
            await _lines(report, f"{name}, MCP", MCP_MS, _by_mcp(client, owners, work), seconds, say)


Ask = Callable[[int], Awaitable[None]]


def _at_the_store(store: TaskStore, work: Work) -> dict[str, Ask]:
    def caller(number: int) -> Caller:
        return Caller(work.owner(number), ZONE, datetime.now(UTC))

    async def today(number: int) -> None:
        await store.list_tasks(caller(number), "today", "", 50)

    async def search(number: int) -> None:
        await store.list_tasks(caller(number), "all", work.query(number), 50)

    async def create(number: int) -> None:
        await store.create(caller(number), None, NewTask(f"A new task with the number {number}"))

    return {"list today": today, "search": search, "create": create}


def _by_mcp(client: TaskClient, owners: list[str], work: Work) -> dict[str, Ask]:
    async def call(number: int, tool: str, **arguments: str) -> None:
        owners[0] = work.owner(number)
        outcome = await client.call(tool, arguments)
        if outcome.is_error:
            raise TaskBenchError(f"the task server refused {tool}: {outcome.code}")

    async def today(number: int) -> None:
        await call(number, "list_tasks", view="today")

    async def search(number: int) -> None:
        await call(number, "list_tasks", query=work.query(number))

    async def create(number: int) -> None:
        await call(number, "create_task", title=f"A new task with the number {number}")

    return {"list today": today, "search": search, "create": create}


async def _lines(
    report: Report, where: str, target: float, asks: dict[str, Ask], seconds: float, say: Say
) -> None:
    for what, ask in asks.items():
        say(f"{where}: {what}")
        began = time.process_time()
        times = await _times(ask, seconds)
        # Of this process alone: on a machine that is shared it tells more than the clock on the wall.
        cpu_ms = round(1000 * (time.process_time() - began) / len(times), 2)
        cut = quantiles(times, n=100)
        report.at_most(f"{where}: {what}, p95", target, round(cut[94], 2), "ms", len(times))
        worst = round(max(times), 2)
        report.details.append(
            {"line": f"{where}: {what}", "p50_ms": round(cut[49], 2), "worst_ms": worst, "own_cpu_ms": cpu_ms}
        )


async def _times(ask: Ask, seconds: float) -> list[float]:
    """Ask one after the other, the first few uncounted; milliseconds of each."""
    for number in range(6):
        await ask(number)
    times: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < FEWEST:
        began = time.perf_counter()
        await ask(len(times))
        times.append(1000 * (time.perf_counter() - began))
    return times


def _token(owner: str) -> str:
    now = int(time.time())
    claims = {"aud": AUDIENCE, "sub": owner, "iat": now, "exp": now + 600, "zoneinfo": ZONE.key}
    return jwt.encode(claims, _SECRET, ALGORITHM)


@contextlib.asynccontextmanager
async def _served(url: str) -> AsyncIterator[str]:
    """A task server of the bench's own on this database; gives the address of its tools."""
    port = FreePorts().take()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("VOICETASKS_")} | {
        "VOICETASKS_TASKS_PORT": str(port),
        "VOICETASKS_TASKS_DATABASE_URL": url,
        "VOICETASKS_TASKS_TOKEN_SECRET": _SECRET,
        "VOICETASKS_TASKS_CALLS_PER_MINUTE": "0",
    }
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "mcp_tasks"),
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await _until_ready(f"http://{HOST}:{port}/readyz", server)
        yield f"http://{HOST}:{port}/mcp"
    finally:
        if server.returncode is None:
            server.terminate()
        await server.wait()


async def _until_ready(url: str, server: asyncio.subprocess.Process) -> None:
    deadline = time.monotonic() + START_SECONDS
    async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
        while time.monotonic() < deadline and server.returncode is None:
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get(url)).status_code == httpx.codes.OK:
                    return
            await asyncio.sleep(0.05)
    raise TaskBenchError("the task server did not start")
