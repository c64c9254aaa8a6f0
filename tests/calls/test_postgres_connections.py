"""How many connections to Postgres each process holds under live calls: what docs/sizing.md reckons with."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import pytest

from mcp_tasks.postgres import NAME
from tests.calls.room_caller import calling
from tests.deploy.test_connections import told
from tests.mcp_tasks.test_postgres import postgres

__all__ = ["postgres"]

pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]

CALLS = 3
LOOK_SECONDS = 0.1


class Watch:
    """The most connections that each process ever had, by its number."""

    def __init__(self) -> None:
        self.most: Counter[int] = Counter()
        self.now: Counter[int] = Counter()

    async def run(self, url: str) -> None:
        """Look until cancelled."""
        connection = await asyncpg.connect(url)
        try:
            while True:
                names = await connection.fetch("SELECT application_name FROM pg_stat_activity")
                ours = [row[0].split() for row in names if row[0].startswith(f"{NAME} ")]
                self.now = Counter(int(number) for _, number in ours)
                self.most |= self.now
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await connection.close()


@pytest.mark.dear
async def test_no_process_has_more_connections_than_the_sizing_reckons_with(
    start_demo: Any,
    postgres: str,
) -> None:
    async with AsyncExitStack() as stack:
        demo = start_demo(
            DATABASE_URL=postgres,
            VOICETASKS_SANDBOX_EAR="told",
            VOICETASKS_SANDBOX_VOICE="tone",
        ).wait_ready()
        watch = Watch()
        looking = asyncio.create_task(watch.run(postgres))
        callers = []
        for number in range(CALLS):
            email = f"{'premium' if number % 2 else 'economy'}@example.com"
            _, caller = await stack.enter_async_context(calling(demo.url, email, consent=True))
            await caller.quiet(80)
            callers.append(caller)
        for caller in callers:
            await caller.type("Remind me to buy stamps tomorrow")
        for caller in callers:
            await caller.hears("stamps", 60)
        kept = watch.now
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
    worker = demo.pids["worker"]
    others = {demo.pids[name] for name in ("web", "tasks")} | {worker}
    calls = {pid: most for pid, most in watch.most.items() if pid not in others}
    print(f"calls {calls}, worker {watch.most[worker]}, {kept=}, web {watch.most[demo.pids['web']]}")
    assert len(calls) >= CALLS
    assert max(calls.values()) <= told(r"a call keeps (\d+)")
    assert watch.most[worker] <= told(r"a worker's own at most (\d+)")
    assert watch.most[demo.pids["web"]] <= told(r"a web server at most (\d+)")
    assert watch.most[demo.pids["tasks"]] <= told(r"a task server at most (\d+)")
