"""Redis in trouble under running calls: nobody is hung up on, nothing new is premium, and afterwards all is counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from redis.exceptions import ResponseError

from routing.decision import LostBecause
from routing.journal import Journal
from routing.keeping import keep_journal
from routing.redis_link import BlindError
from routing.settings import RoutingSettings
from tests.routing.conftest import ECONOMY, PATIENT, PREMIUM, Cost
from tests.routing.fault_proxy import FaultProxy
from tests.routing.trouble import PROMPT_SECONDS, Call, Node, Rig, rig_on

pytestmark = pytest.mark.system


@pytest.fixture
async def rig(tmp_path: Path, database_url: str) -> AsyncIterator[Rig]:
    node = Node(tmp_path / "redis")
    node.start()
    proxy = FaultProxy(node.port)
    await proxy.start()
    async with Journal(database_url) as journal:
        rig = await rig_on(node, proxy, journal, tmp_path, database_url)
        yield rig
        await rig.aclose()
    await proxy.aclose()
    await node.aclose()


async def until_it_says(why: str, node: Node) -> None:
    """Wait until a server refuses to work for a reason."""
    said = ""
    async with asyncio.timeout(20):
        while why not in said:
            try:
                await node.link.ask(node.link.redis.get("x"))
            except BlindError as error:
                said = error.why
            await asyncio.sleep(0.01)


# -- the troubles ----------------------------------------------------------------------------------------------


@asynccontextmanager
async def unreachable(rig: Rig) -> AsyncIterator[None]:
    rig.proxy.cut(and_refuse=True)
    yield
    rig.proxy.mend()


@asynccontextmanager
async def slow(rig: Rig) -> AsyncIterator[None]:
    rig.proxy.slow_seconds = 0.4
    yield
    rig.proxy.slow_seconds = 0.0


@asynccontextmanager
async def readonly(rig: Rig) -> AsyncIterator[None]:
    await rig.node.link.redis.execute_command("REPLICAOF", "127.0.0.1", "1")
    yield
    await rig.node.link.redis.execute_command("REPLICAOF", "NO", "ONE")


@asynccontextmanager
async def out_of_memory(rig: Rig) -> AsyncIterator[None]:
    await rig.node.config("maxmemory-policy", "noeviction")
    await rig.node.config("maxmemory", 1)
    yield
    await rig.node.config("maxmemory", 0)


@asynccontextmanager
async def busy(rig: Rig) -> AsyncIterator[None]:
    redis = rig.node.link.redis
    await rig.node.config("busy-reply-threshold", 20)
    endless = asyncio.create_task(redis.eval("while true do end", 0))
    await until_it_says("busy", rig.node)
    yield
    await redis.script_kill()
    with pytest.raises(ResponseError):
        await endless


Trouble = Callable[[Rig], AbstractAsyncContextManager[None]]


@pytest.mark.parametrize("trouble", [unreachable, slow, readonly, out_of_memory, busy])
async def test_in_trouble_nothing_new_is_premium_and_calls_go_on_and_afterwards_every_charge_counts_once(
    rig: Rig, trouble: Trouble
) -> None:
    call = await rig.premium_at_work()
    async with trouble(rig):
        call.router.meter(Cost("r2", 700))
        await call.until_spent(5_700)
        assert call.lease.blind_since is not None
        begun = time.monotonic()
        other = rig.call("other")
        opened = await other.router.open()
        assert time.monotonic() - begun < PROMPT_SECONDS
        assert opened.stack == "economy"
        assert opened.reasons[0].code == LostBecause.BUDGET_BLIND
        decision = await call.next_decision()  # its slice is over
        assert (decision.stack, decision.reasons[0].code) == ("economy", LostBecause.BUDGET_BLIND)
        call.router.meter(Cost("r3", 900, tier="economy"))
        other.router.meter(Cost("r1", 300, tier="economy"))
        await call.until_spent(6_600)
        await other.until_spent(300)
        assert call.lease.blind_since is not None
        assert other.lease.blind_since is not None
    await call.until_it_sees()
    await other.until_it_sees()
    await rig.balanced("other")
    await rig.balanced(call.call_id)
    assert await rig.charges(call) == {"r1": 5_000, "r2": 700, "r3": 900}
    assert await rig.charges(other) == {"r1": 300}
    assert not list(rig.spool.iterdir())  # nothing is left to be told


async def test_what_may_be_spent_blindly_used_up_leads_to_what_is_free_and_not_to_a_goodbye(rig: Rig) -> None:
    async with unreachable(rig):
        call = rig.call("c1", blind=1_000)
        assert (await call.router.open()).stack == "economy"
        call.router.meter(Cost("e1", 1_000, tier="economy"))
        assert (await call.next_decision()).stack == "local"


async def asked_again_and_again(call: Call) -> float:
    """Ask for one tier and the other for some 2 s; returns the longest that an answer took, s."""
    longest = 0.0
    for number in range(20):
        begun = time.monotonic()
        await call.lease.reserve(ECONOMY if number % 2 else PREMIUM)
        longest = max(longest, time.monotonic() - begun)
        await asyncio.sleep(0.1)
    return longest


async def test_a_redis_that_answers_each_question_just_in_time_does_not_make_a_call_wait_for_several(
    rig: Rig,
) -> None:
    call = await rig.premium(slice_seconds=300)
    async with unreachable(rig):
        call.router.meter(Cost("r1", 700))
        await call.until_spent(700)
    rig.proxy.slow_seconds, rig.proxy.slow_only = 0.15, b"EVALSHA"  # to see again takes a dozen of them
    assert await asked_again_and_again(call) < PROMPT_SECONDS
    rig.proxy.slow_seconds = 0.0
    await call.until_it_sees()
    await rig.balanced(call.call_id)


async def test_a_database_that_keeps_a_call_from_seeing_again_does_not_keep_it_waiting(rig: Rig) -> None:
    call = await rig.premium(slice_seconds=300)
    async with rig.bank.journal.engine.connect() as somebody:
        async with unreachable(rig):
            call.router.meter(Cost("r1", 700))
            await call.until_spent(700)
            await somebody.exec_driver_sql("BEGIN IMMEDIATE")
        assert await asked_again_and_again(call) < PROMPT_SECONDS
        assert call.lease.blind_since is not None  # nothing was counted anew yet
        await somebody.rollback()
    await call.until_it_sees()
    await rig.balanced(call.call_id)


async def test_a_request_that_arrives_after_everything_was_counted_anew_changes_nothing(rig: Rig) -> None:
    call = await rig.premium(slice_seconds=300)
    call.router.meter(Cost("r1", 5_000))
    await call.until_spent(5_000)
    gate = rig.proxy.hold()
    call.router.meter(Cost("r2", 700))
    await call.until_spent(5_700)
    await call.until_it_sees()
    await rig.balanced(call.call_id)
    gate.open.set()
    async with asyncio.timeout(10):
        await rig.proxy.arrived.wait()
    await rig.balanced(call.call_id)
    day = (await rig.bank.counters(await rig.bank.account(call.call_id)))[1]
    assert day["pc"] == 5_700


async def test_a_call_that_began_blind_counts_in_scopes_that_redis_knew_before(rig: Rig) -> None:
    before = await rig.premium()
    before.router.meter(Cost("r1", 5_000))
    await before.until_spent(5_000)
    async with unreachable(rig):
        call = rig.call("blind")
        assert (await call.router.open()).stack == "economy"
        call.router.meter(Cost("e1", 300, tier="economy"))
        await call.until_spent(300)
    await call.until_it_sees()
    await rig.balanced("blind")
    day = (await rig.bank.counters(await rig.bank.account("blind")))[1]
    assert day["tc"] == 5_300


async def test_what_a_call_spent_blindly_counts_although_it_ended_before_redis_came_back(rig: Rig) -> None:
    settings = RoutingSettings(
        REDIS_URL=rig.node.url,  # type: ignore[call-arg]  # named as in the environment
        DATABASE_URL=rig.bank.database_url,
        spool_dir=rig.spool,
    )
    keeping = asyncio.create_task(keep_journal(settings, name="keeper"))
    call = await rig.premium_at_work()
    async with unreachable(rig):
        call.router.meter(Cost("r2", 700))
        await call.until_spent(5_700)
        await call.router.aclose()
    async with asyncio.timeout(10):
        while list(rig.spool.iterdir()):
            await asyncio.sleep(0.02)
    later = await rig.premium()
    await rig.balanced(later.call_id)
    day = (await rig.bank.counters(await rig.bank.account("later")))[1]
    assert day["pc"] == 5_700
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


# -- Redis has lost something ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    ["epoch", "leases", "lease:{call}", "operations:{call}", "journal", "scope:call:{call}", "scope:{day}"],
)
async def test_any_key_that_is_evicted_is_made_good(rig: Rig, key: str) -> None:
    call = await rig.premium(wait_seconds=PATIENT)
    call.router.meter(Cost("r1", 5_000))
    await call.until_spent(5_000)
    day = (await rig.bank.account(call.call_id)).scopes[1].name
    gone = "{voicetasks}:" + key.format(call=call.call_id, day=day)
    assert await rig.node.link.redis.delete(gone) == 1
    call.router.meter(Cost("r1", 5_000))  # sent again: it counts once, whoever remembers it
    call.router.meter(Cost("r2", 700))
    await call.until_spent(5_700)

    counters: dict[str, int] = {}
    async with asyncio.timeout(10):
        while not counters.get("ph"):  # until its money is held again
            await rig.balanced(call.call_id)
            counters = (await rig.bank.counters(await rig.bank.account(call.call_id)))[1]
            await asyncio.sleep(0.02)
    assert counters["pc"] == 5_700
    assert await rig.charges(call) == {"r1": 5_000, "r2": 700}
    assert call.decisions.empty()


SLOWLY = {"key_load_delay": "10000", "loading_process_events_interval_bytes": "1024"}
"""10 ms for each key, and answers in between: a real Redis that is loading for a while."""


async def fatten(node: Node) -> None:
    """Make loading take some 4 s: what is tried meanwhile takes up to 2 on a busy machine."""
    for number in range(400):
        await node.link.redis.set(f"{{voicetasks}}:ballast:{number}", "x" * 1024)


async def test_an_old_snapshot_that_is_loading_for_a_while_takes_no_money_back_and_ends_no_call(
    rig: Rig,
) -> None:
    call = await rig.premium_at_work()
    await fatten(rig.node)
    await rig.node.link.redis.save()
    call.router.meter(Cost("r2", 700))  # after the snapshot, and never drained
    await call.until_spent(5_700)
    rig.node.stop()
    starting = asyncio.create_task(asyncio.to_thread(rig.node.start, **SLOWLY))
    await until_it_says("loading", rig.node)
    call.router.meter(Cost("r3", 300))
    await call.until_spent(6_000)
    assert (await call.next_decision()).stack == "economy"
    assert (await rig.call("other").router.open()).stack == "economy"
    await starting
    await call.until_it_sees()
    await rig.balanced(call.call_id)
    assert await rig.charges(call) == {"r1": 5_000, "r2": 700, "r3": 300}


async def test_a_new_primary_that_lost_the_last_second_is_found_and_gives_nothing_away(
    rig: Rig, tmp_path: Path
) -> None:
    call = await rig.premium_at_work()
    old, new = rig.node, Node(tmp_path / "replica")
    new.start()
    await new.link.redis.execute_command("REPLICAOF", "127.0.0.1", str(old.port))
    await fatten(old)
    async with asyncio.timeout(20):
        while await old.link.ask(old.link.redis.wait(1, 1000)) != 1:
            pass
    await new.link.redis.execute_command("REPLICAOF", "NO", "ONE")
    call.router.meter(Cost("r2", 700))  # answered, and lost: it was in the old primary only
    await call.until_spent(5_700)
    await new.link.redis.save()
    new.stop()
    starting = asyncio.create_task(asyncio.to_thread(new.start, **SLOWLY))
    await until_it_says("loading", new)
    # The address leads to the new one now, but connections to the old one are still open.
    rig.proxy.upstream = new.port
    await old.link.redis.execute_command("REPLICAOF", "127.0.0.1", "1")
    call.router.meter(Cost("r3", 300))
    await call.until_spent(6_000)
    assert (await call.next_decision()).stack == "economy"
    assert (await rig.call("other").router.open()).stack == "economy"
    await starting
    await call.until_it_sees()
    observer = await rig_on(new, rig.proxy, rig.bank.journal, tmp_path, rig.bank.database_url)
    await observer.balanced(call.call_id)
    day = (await observer.bank.counters(await observer.bank.account("c")))[1]
    assert day["tc"] == 6_000
    assert await rig.charges(call) == {"r1": 5_000, "r2": 700, "r3": 300}
    await call.aclose()
    await new.aclose()
