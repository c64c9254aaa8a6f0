"""A run of `bench chaos`: its demo, its calls two at a time, and what they come to."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.bench.chaos.books import Desk, open_desk
from cli.bench.chaos.call import SENTENCES, Caller, call
from cli.bench.chaos.demo import NoDemoError, demo_of_its_own
from cli.bench.chaos.facts import Facts
from cli.bench.chaos.plan import Planned, cells, planned
from cli.bench.chaos.slow_tasks import SlowTasks
from cli.bench.chaos.state import State
from cli.bench.task_store import BenchStore
from cli.caller.voices import CachedVoice, Quality, VoiceName, make_voice
from cli.environment import load
from cli.ports import HOST
from cli.settings import cli_settings
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
    """The demo's data and logs."""


class NoSuchCellError(ValueError):
    """`only` names nothing."""


async def run(order: Order, state: State, tell: Tell) -> tuple[Drift, ...]:
    """Make the calls that are not done yet; what is left between their journal and their invoice after
    reconciliation. Raises NoDemoError and NoSuchCellError.
    """
    if all(number in state.done for number in range(order.calls)):
        return ()
    await asyncio.to_thread(order.folder.mkdir, parents=True, exist_ok=True)
    async with _world(order.folder) as (desk, tasks, url, voice):
        todo = planned(cells(await desk.kinds(), order.only), order.calls, order.seed)
        if not todo:
            raise NoSuchCellError(
                "no such calls: the words are names of a stack, a service, a kind and a point"
            )
        todo = [each for each in todo if each.number not in state.done]
        tasks_url = os.environ["VOICETASKS_WEB_TASKS_URL"]
        premium, others = (
            [each for each in todo if (each.cell.stack == "premium") is wanted] for wanted in (True, False)
        )
        lanes = [todo] if order.at_once == 1 else [premium, others]
        async with asyncio.TaskGroup() as group:
            for lane in lanes:
                group.create_task(_lane(lane, url, tasks_url, desk, tasks, voice, state, tell))
        return await desk.reconciled()


async def _lane(
    lane: Sequence[Planned],
    url: str,
    tasks_url: str,
    desk: Desk,
    tasks: SlowTasks,
    voice: CachedVoice,
    state: State,
    tell: Tell,
) -> None:
    """One call after the other."""
    for each in lane:
        plan = "premium" if each.cell.stack == "premium" else "economy"
        async with BenchStore(tasks_url, f"{plan}@example.com") as store:
            if plan == "economy":
                await desk.serve_economy_with(each.cell.stack)
            await desk.forget_health(STACKS[each.cell.stack].services)
            facts = await call(
                each, Caller(url, f"{plan}@example.com", DEMO_PASSWORD, store, voice), desk, tasks
            )
        state.add(facts)
        tell(facts)


@asynccontextmanager
async def _world(folder: Path) -> AsyncIterator[tuple[Desk, SlowTasks, str, CachedVoice]]:
    """Start all that calls need."""
    tasks = SlowTasks()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(tasks.serve())
        demo = await stack.enter_async_context(
            demo_of_its_own(folder, **SETTINGS, VOICETASKS_AGENT_TASKS_URL=tasks.url)
        )
        ports = demo["ports"]
        tasks.upstream = f"http://{HOST}:{ports['tasks']}"
        environment, _ = load(cli_settings(data_dir=folder))
        os.environ.update(environment)  # the addresses and keys of this demo, for everything that asks
        desk = await stack.enter_async_context(open_desk(f"http://{HOST}:{ports['sandbox_control']}"))
        await desk.set_up()
        voice = make_voice(VoiceName.PIPER, Quality.BROWSER)
        stack.push_async_callback(voice.aclose)
        for sentence in SENTENCES:
            await voice.speak(sentence)
        yield desk, tasks, str(demo["url"]), voice


__all__ = ("NoDemoError", "NoSuchCellError", "Order", "run")
