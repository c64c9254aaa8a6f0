"""How many connections to Postgres each process holds under live calls: what docs/sizing.md reckons with."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
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
    """How often each process was seen with how many connections, by its number."""

    def __init__(self) -> None:
        self.seen: defaultdict[int, Counter[int]] = defaultdict(Counter)

    def kept(self, pid: int) -> int:
        """So many it had most of the time."""
        ((many, _),) = self.seen[pid].most_common(1)
        return many

    def most(self, pid: int) -> int:
        """So many it had for a moment."""
        return max(self.seen[pid])

    async def run(self, url: str) -> None:
        """Look until cancelled."""
        connection = await asyncpg.connect(url)
        try:
            while True:
                names = await connection.fetch("SELECT application_name FROM pg_stat_activity")
                ours = [row[0].split() for row in names if row[0].startswith(f"{NAME} ")]
                for pid, many in Counter(int(number) for _, number in ours).items():
                    self.seen[pid][many] += 1
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
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
    worker, web, tasks = (demo.pids[name] for name in ("worker", "web", "tasks"))
    calls = watch.seen.keys() - {worker, web, tasks}
    assert len(calls) >= CALLS
    assert max(map(watch.kept, calls)) <= told(r"a call keeps (\d+)")
    assert max(map(watch.most, calls)) <= told(r"and has (\d+) for a moment")
    assert watch.most(worker) <= told(r"a worker's own at most (\d+)")
    assert watch.most(web) <= told(r"a web server at most (\d+)")
    assert watch.most(tasks) <= told(r"a task server at most (\d+)")
