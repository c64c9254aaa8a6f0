"""Processes that share what they know of the services' health, with a real Redis."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from routing.breaker import Breakers, Reading
from routing.health import BreakerRules, Health
from routing.health_watch import HealthWatch
from routing.redis_link import BlindError, RedisLink
from tests.routing.conftest import PATIENT, Bank
from tests.routing.trouble import Node
from tiers.faults import Fault

pytestmark = pytest.mark.system

QUICK = BreakerRules(failures=3, window_ms=30_000, cool_ms=200, longest_ms=1_000)
DOWN = Fault.VENDOR_DOWN

Watching = Callable[..., Awaitable[HealthWatch]]


async def until(watch: HealthWatch, is_so: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for a change that makes something true."""
    changed = asyncio.Event()
    forget = watch.on_change(changed.set)
    async with asyncio.timeout(seconds):
        while not is_so():
            changed.clear()
            await changed.wait()
    forget()


def down(watch: HealthWatch) -> list[str]:
    return [one.service for one in watch.unhealthy()]


@pytest.fixture
async def watching(bank: Bank) -> AsyncIterator[Watching]:
    """Makes watches, each with a connection of its own as in a process of its own."""
    made: list[tuple[HealthWatch, RedisLink]] = []

    async def start(url: str = "", rules: BreakerRules = QUICK, wait_seconds: float = PATIENT) -> HealthWatch:
        link = RedisLink(url or bank.url, wait_seconds=wait_seconds)
        watch = HealthWatch(link, rules)
        made.append((watch, link))
        await watch.start()
        return watch

    yield start
    for watch, link in made:
        await watch.aclose()
        await link.aclose()


async def test_three_failures_of_three_processes_open_it_for_a_fourth(watching: Watching) -> None:
    processes = [await watching() for _ in range(4)]
    for process in processes[:3]:
        process.failed("cartesia", DOWN)
    await until(processes[3], lambda: down(processes[3]) == ["cartesia"], 5)
    assert processes[3].unhealthy()[0].state == "open"


async def test_failures_reported_at_the_same_instant_all_count(bank: Bank) -> None:
    breakers = Breakers(bank.link)
    rules = BreakerRules(failures=20)

    def report(number: int) -> Awaitable[Reading]:
        return breakers.change(
            "cartesia", lambda known, now: known.failed(now, DOWN, rules, f"report {number}")
        )

    await asyncio.gather(*(report(number) for number in range(19)))
    assert len((await breakers.read()).services["cartesia"].failures) == 19
    assert (await report(19)).services["cartesia"].is_open


async def test_a_process_that_starts_later_knows_at_once(watching: Watching) -> None:
    first = await watching()
    first.failed("openai-realtime", Fault.NO_CREDIT)
    await until(first, lambda: bool(down(first)))
    assert down(await watching()) == ["openai-realtime"]


async def test_of_many_who_would_probe_one_may_and_its_good_news_reach_all(watching: Watching) -> None:
    processes = [await watching() for _ in range(5)]
    processes[0].failed("cartesia", Fault.BAD_KEY)
    for process in processes:
        await until(process, lambda process=process: bool(down(process)))  # type: ignore[misc]
    async with asyncio.timeout(10):
        while not processes[0].due():
            await asyncio.sleep(0.02)
    claims = await asyncio.gather(*(process.claim("cartesia") for process in processes for _ in range(4)))
    [token] = [claim for claim in claims if claim is not None]
    await processes[1].probed("cartesia", token, None)
    for process in processes:
        await until(process, lambda process=process: not down(process))  # type: ignore[misc]


async def test_a_success_is_told_only_where_somebody_failed(bank: Bank, watching: Watching) -> None:
    watch = await watching()
    watch.worked("cartesia")
    assert not watch._reports
    watch.failed("cartesia", DOWN)
    await asyncio.wait(watch._reports)
    watch.worked("cartesia")
    await asyncio.wait(watch._reports)
    assert (await Breakers(bank.link).read()).services["cartesia"].failures == ()


async def test_what_nobody_can_read_counts_as_nothing(bank: Bank, watching: Watching) -> None:
    await bank.link.redis.hset("{voicetasks}:breakers", "cartesia", '{"since": "yesterday"}')
    watch = await watching()
    assert down(watch) == []
    watch.failed("cartesia", Fault.BAD_KEY)
    await until(watch, lambda: down(watch) == ["cartesia"])


async def test_without_redis_a_process_goes_by_what_it_meets_and_afterwards_by_what_all_know(
    tmp_path: Path, watching: Watching
) -> None:
    node = Node(tmp_path)
    node.start()
    try:
        watch = await watching(node.url, QUICK, 1.0)
        watch.failed("openai-chat", Fault.BAD_KEY)
        await until(watch, lambda: down(watch) == ["openai-chat"])
        await node.link.redis.save()
        node.stop()
        for _ in range(3):
            watch.failed("cartesia", DOWN)
        await until(watch, lambda: down(watch) == ["cartesia", "openai-chat"])
        assert await watch.claim("openai-chat") is None  # others may still see Redis
        with pytest.raises(BlindError):
            await Breakers(watch._breakers._link).read()
        node.start()
        await until(watch, lambda: down(watch) == ["openai-chat"], 20)
    finally:
        await node.aclose()


async def test_a_process_that_is_alone_for_long_probes_by_itself(bank: Bank) -> None:
    now = 0.0
    link = RedisLink("redis://127.0.0.1:1/0")
    watch = HealthWatch(link, QUICK, clock=lambda: now)
    watch.failed("cartesia", Fault.BAD_KEY)
    await asyncio.wait(watch._reports)
    now = 6.0
    assert watch.due() == ("cartesia",)
    token = await watch.claim("cartesia")
    assert token is not None
    assert await watch.claim("cartesia") is None
    await watch.probed("cartesia", token, None)
    assert down(watch) == []
    assert watch._known["cartesia"] == Health(cool=200, well_again=watch._now_ms())
    await watch.aclose()
    await link.aclose()


async def test_however_many_race_for_it_there_are_never_two_probes_at_once(watching: Watching) -> None:
    rules = BreakerRules(failures=1, cool_ms=5, longest_ms=20)
    processes = [await watching(rules=rules) for _ in range(6)]
    chance = random.Random(7)
    under_way: list[str] = []
    probes = 0

    async def race(watch: HealthWatch) -> None:
        nonlocal probes
        while probes < 40:
            watch.failed("cartesia", DOWN)
            await asyncio.wait(watch._reports)
            token = await watch.claim("cartesia")
            if token is None:
                continue
            assert under_way == []
            under_way.append(token)
            probes += 1
            await asyncio.sleep(chance.uniform(0, 0.03))
            under_way.remove(token)
            await watch.probed("cartesia", token, chance.choice([None, DOWN]))

    async with asyncio.timeout(60):
        await asyncio.gather(*(race(process) for process in processes))
    assert probes >= 40
