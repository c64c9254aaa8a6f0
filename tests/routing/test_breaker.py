"""Worker processes and a vendor that dies: once its breaker is open it sees one probe at a time and nobody else."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from routing.breaker import Breakers
from sandbox.app import Running, serve
from sandbox.desk import Desk
from tests.routing.conftest import Bank

pytestmark = pytest.mark.system

SERVICE = "cartesia"
COOL_SECONDS = 2.0
FOLLOWED_SECONDS = 2.0
"""A live call leaves a service that was given up within this."""


class Worker:
    """A process with a call that needs the vendor, and probes of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def told(self) -> str:
        """The next line: what its call does without."""
        assert self.process.stdout is not None
        return (await self.process.stdout.readline()).decode().strip()

    async def fail(self) -> None:
        """Have its call meet a failure."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"fail {SERVICE}\n".encode())
        await self.process.stdin.drain()

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()

    async def end(self) -> None:
        """Let it hang up; it has to end by itself and well."""
        if self.process.returncode is None:
            _, errors = await asyncio.wait_for(self.process.communicate(b""), 30)
            assert self.process.returncode == 0, errors.decode()


Hire = Callable[..., Awaitable[Worker]]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def sandbox(desk: Desk) -> AsyncIterator[Running]:
    async with serve(desk) as running:
        yield running


@pytest.fixture
async def hire(bank: Bank, sandbox: Running) -> AsyncIterator[Hire]:
    """Starts workers on the bank's Redis and the sandbox's vendor; ends them."""
    workers: list[Worker] = []

    async def start(suspect: str = "600") -> Worker:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.routing.patients",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ
            | {
                "REDIS_URL": bank.url,
                "DATABASE_URL": bank.database_url,
                "CARTESIA_API_KEY": "sandbox",
                "CARTESIA_BASE_URL": f"{sandbox.url}/cartesia",
                "VOICETASKS_ROUTING_BREAKER_FAILURES": "2",
                "VOICETASKS_ROUTING_BREAKER_COOL_SECONDS": str(COOL_SECONDS),
                "VOICETASKS_ROUTING_BREAKER_SUSPECT_SECONDS": suspect,
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


async def opened_since(bank: Bank) -> int:
    """When the breaker was opened, Unix ms by Redis; waits for it."""
    breakers = Breakers(bank.link)
    async with asyncio.timeout(30):
        while True:
            health = (await breakers.read()).services.get(SERVICE)
            if health is not None and health.since is not None:
                return health.since
            await asyncio.sleep(0.02)


async def dialled(desk: Desk, times: int) -> float:
    """Wait until the vendor was dialled so many times, and not more; gives when, by the test's clock."""
    async with asyncio.timeout(60):
        while desk.connections.ever(SERVICE) < times:
            await asyncio.sleep(0.01)
    assert desk.connections.ever(SERVICE) == times
    return time.monotonic()


@pytest.mark.dear
async def test_after_it_opens_the_vendor_sees_one_probe_at_a_time_over_all_workers_and_after_their_restart(
    bank: Bank, desk: Desk, hire: Hire
) -> None:
    desk.faults.set(SERVICE, "cut")
    one, two, witness = await asyncio.gather(hire(), hire(), hire())
    for worker in (one, two, witness):
        assert await asyncio.wait_for(worker.told(), 60) == "without"
    await one.fail()
    assert await one.told() == "without cartesia"
    assert desk.connections.ever(SERVICE) == 0
    await two.fail()
    assert await two.told() == "without cartesia"
    await opened_since(bank)
    opened = time.monotonic()
    async with asyncio.timeout(20):
        assert await witness.told() == "without cartesia"
    assert time.monotonic() - opened < FOLLOWED_SECONDS

    first = await dialled(desk, 1)
    assert first - opened > COOL_SECONDS * 0.9
    second = await dialled(desk, 2)
    assert second - first > 2 * COOL_SECONDS * 0.9

    await one.kill()
    await two.kill()
    three, four = await asyncio.gather(hire(), hire())
    for worker in (three, four):
        assert await asyncio.wait_for(worker.told(), 60) == "without cartesia"
    third = await dialled(desk, 3)
    assert third - second > 4 * COOL_SECONDS * 0.9

    desk.faults.clear()
    async with asyncio.timeout(60):
        assert [await worker.told() for worker in (witness, three, four)] == ["without"] * 3
    assert desk.connections.ever(SERVICE) == 4


@pytest.mark.dear
async def test_a_single_failure_has_the_vendor_probed_once_and_given_up_by_all_if_that_fails_too(
    desk: Desk, hire: Hire
) -> None:
    desk.faults.set(SERVICE, "cut")
    one, witness = await asyncio.gather(hire("0.5"), hire("0.5"))
    for worker in (one, witness):
        assert await asyncio.wait_for(worker.told(), 60) == "without"
    await one.fail()
    assert await one.told() == "without cartesia"
    async with asyncio.timeout(30):
        assert await witness.told() == "without cartesia"
    assert desk.connections.ever(SERVICE) == 1
    desk.faults.clear()
    async with asyncio.timeout(60):
        assert [await worker.told() for worker in (one, witness)] == ["without"] * 2
