"""Worker processes follow the policy, each with a live call of its own."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from routing.policy_store import PolicyStore
from tests.routing.conftest import Bank

pytestmark = pytest.mark.system

WITHIN_SECONDS = 2.0


class Worker:
    """A process with a call, and what it tells of it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def told(self) -> str:
        """The next line: policy version and stack."""
        assert self.process.stdout is not None
        return (await self.process.stdout.readline()).decode().strip()

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()

    async def end(self) -> None:
        """Let it hang up; it has to end by itself and well."""
        if self.process.returncode is None:
            _, errors = await asyncio.wait_for(self.process.communicate(b""), 30)
            assert self.process.returncode == 0, errors.decode()


Hire = Callable[[], Awaitable[Worker]]


@pytest.fixture
async def hire(bank: Bank, tmp_path: Path) -> AsyncIterator[Hire]:
    """Starts workers on the bank's servers; ends them."""
    workers: list[Worker] = []

    async def start() -> Worker:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.routing.followers",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ
            | {
                "REDIS_URL": bank.url,
                "DATABASE_URL": bank.database_url,
                "VOICETASKS_ROUTING_SPOOL_DIR": str(tmp_path / "spool"),
            },
        )
        workers.append(Worker(process))
        return workers[-1]

    yield start
    try:
        for worker in workers:
            await worker.end()
    finally:
        for worker in workers:
            if worker.process.returncode is None:
                await worker.kill()


async def test_premium_switched_off_is_followed_by_four_processes_within_two_seconds_and_by_a_restarted_one(
    bank: Bank, hire: Hire
) -> None:
    workers: list[Worker] = []
    async with asyncio.timeout(120):
        while len(workers) < 4:
            worker = await hire()
            # On a busy machine Redis may not answer in the 200 ms of a call's start.
            if await worker.told() == "default-1 premium":
                workers.append(worker)
    store = PolicyStore(bank.journal.engine, bank.link)
    await store.write({"tiers_off": ["premium"]}, expected="default-1", author="ann")
    begun = time.monotonic()
    async with asyncio.timeout(20):
        followed = await asyncio.gather(*(worker.told() for worker in workers))
    took = time.monotonic() - begun
    assert took < WITHIN_SECONDS
    assert followed == ["1 economy"] * 4
    await workers[0].kill()
    restarted = await hire()
    async with asyncio.timeout(60):
        assert await restarted.told() == "1 economy"  # its first decision
