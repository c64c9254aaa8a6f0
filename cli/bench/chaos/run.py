"""A run of `bench chaos`: its demos, its calls side by side, and what they come to."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.bench.chaos.books import Desk, open_desk
from cli.bench.chaos.call import SENTENCES, Caller, call
from cli.bench.chaos.demo import NoDemoError, demo_of_its_own, take_addresses_of
from cli.bench.chaos.facts import Facts
from cli.bench.chaos.plan import Planned, cells, planned
from cli.bench.chaos.slow_tasks import SlowTasks
from cli.bench.chaos.state import State
from cli.bench.task_store import BenchStore
from cli.caller.voices import CachedVoice, Quality, VoiceName, make_voice
from cli.ports import HOST
from people.demo_accounts import DEMO_PASSWORD
from routing.reconcile import Drift
from tiers.catalogue import STACKS

SETTINGS: Final = {
    # What we say is read from the captions; the caller's own words are heard as they are spoken.
    "VOICETASKS_SANDBOX_VOICE": "tone",
    # A busy machine must not look like a silent vendor.
    "VOICETASKS_AGENT_WATCH_PATIENCE": "3",
    "VOICETASKS_AGENT_LEAVE_GRACE_SECONDS": "0.5",
}

Tell = Callable[[Facts], None]


@dataclass(frozen=True)
class Order:
    """What is to be run."""

    calls: int
    seed: int
    only: tuple[str, ...]
    at_once: int
    folder: Path
    """The demos' data and logs."""


class NoSuchCellError(ValueError):
    """`only` names nothing."""


async def run(order: Order, state: State, tell: Tell) -> tuple[Drift, ...]:
    """Make the calls that are not done yet; what is left between their journals and their invoices after
    reconciliation. Raises NoDemoError and NoSuchCellError.
    """
    if all(number in state.done for number in range(order.calls)):
        return ()
    async with AsyncExitStack() as stack:
        # A demo for each lane: a vendor that fails one call would else fail the call beside it.
        worlds = [
            await stack.enter_async_context(_world(order.folder / f"demo-{lane + 1}"))
            for lane in range(min(order.at_once, order.calls))
        ]
        todo = planned(cells(await worlds[0].desk.kinds(), order.only), order.calls, order.seed)
        if not todo:
            raise NoSuchCellError(
                "no such calls: the words are names of a stack, a service, a kind and a point"
            )
        async with AsyncExitStack() as voices, asyncio.TaskGroup() as group:
            voice = make_voice(VoiceName.PIPER, Quality.BROWSER)
            voices.push_async_callback(voice.aclose)
            for sentence in SENTENCES:
                await voice.speak(sentence)
            waiting = iter([each for each in todo if each.number not in state.done])
            for world in worlds:
                group.create_task(_lane(waiting, world, voice, state, tell))
        return tuple([drift for world in worlds for drift in await world.desk.reconciled()])


@dataclass(frozen=True)
class _World:
    """A demo, and what a lane of calls needs of it."""

    url: str
    desk: Desk
    tasks: SlowTasks
    stores: Mapping[str, BenchStore]
    """The tasks of a plan's caller."""


async def _lane(
    waiting: Iterator[Planned], world: _World, voice: CachedVoice, state: State, tell: Tell
) -> None:
    """One call after the other, as long as one waits."""
    desk = world.desk
    for each in waiting:
        plan = "premium" if each.cell.stack == "premium" else "economy"
        if plan == "economy":
            await desk.serve_economy_with(each.cell.stack)
        await desk.forget_health(STACKS[each.cell.stack].services)
        caller = Caller(world.url, f"{plan}@example.com", DEMO_PASSWORD, world.stores[plan], voice)
        facts = await call(each, caller, desk, world.tasks)
        state.add(facts)
        tell(facts)


@asynccontextmanager
async def _world(folder: Path) -> AsyncIterator[_World]:
    """Start a demo and open all that belongs to it."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    tasks = SlowTasks()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(tasks.serve())
        demo = await stack.enter_async_context(
            demo_of_its_own(folder, **SETTINGS, VOICETASKS_AGENT_TASKS_URL=tasks.url)
        )
        ports = demo["ports"]
        tasks.upstream = f"http://{HOST}:{ports['tasks']}"
        take_addresses_of(folder)
        desk = await stack.enter_async_context(open_desk(f"http://{HOST}:{ports['sandbox_control']}"))
        await desk.set_up()
        stores = {
            plan: await stack.enter_async_context(
                BenchStore(os.environ["VOICETASKS_WEB_TASKS_URL"], f"{plan}@example.com")
            )
            for plan in ("premium", "economy")
        }
        yield _World(str(demo["url"]), desk, tasks, stores)


__all__ = ("NoDemoError", "NoSuchCellError", "Order", "run")
