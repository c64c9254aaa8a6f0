"""A run of `bench restarts`: a demo, live calls, and one event after the other under them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from cli.bench.chaos.books import Desk, open_desk
from cli.bench.chaos.demo import demo_of_its_own, take_addresses_of
from cli.bench.restarts.events import Event, Events
from cli.bench.restarts.judge import Found, Round
from cli.bench.restarts.machine import Left, Moment
from cli.bench.restarts.people import make_callers
from cli.bench.restarts.services import Services
from cli.bench.restarts.talker import Talker
from cli.bench.restarts.titles import SPOKEN, sentence, titles
from cli.bench.task_store import BenchStore
from cli.bench.tasks.postgres import OwnPostgres, PostgresError, own_postgres
from cli.binaries import BinaryNotFoundError
from cli.caller.voices import Quality, VoiceName, make_voice
from cli.ports import HOST
from people.demo_accounts import DEMO_PASSWORD

DRAIN_SECONDS: Final = 3
AFTER: Final = 2
"""So many requests of each call are answered after an event before the next one comes."""
BEFORE_SECONDS: Final = 8.0
"""So long the calls talk undisturbed before an event."""
RECOVER_SECONDS: Final = 60.0
"""So long calls that another start on this machine disturbed may take to be answered again."""
ROUND_SECONDS: Final = 90.0
"""A call that has not gone on so long after an event is over is dropped."""
LOOK_SECONDS: Final = 0.1
LAST_SECONDS: Final = 60.0
"""How long the requests that are under way at the end may take."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """What is to be run."""

    calls: int
    events: tuple[Event, ...]
    folder: Path
    """The demo's data and logs."""

    @property
    def settings(self) -> dict[str, str]:
        """Of the demo. Words are told, so that eight callers fit on a small machine, and our voice is a tone."""
        return {
            "VOICETASKS_SANDBOX_EAR": "told",
            "VOICETASKS_SANDBOX_VOICE": "tone",
            "VOICETASKS_SANDBOX_PROFILE": "instant",
            # A busy machine must not look like a silent vendor.
            "VOICETASKS_AGENT_WATCH_PATIENCE": "8",
            "VOICETASKS_AGENT_SLOTS": str(self.calls),
            # A worker that may be given all calls of another at once has as many processes ready.
            "VOICETASKS_AGENT_WARM_PROCESSES": str(min(16, self.calls)),
            "VOICETASKS_AGENT_DRAIN_SECONDS": str(DRAIN_SECONDS),
            "VOICETASKS_AGENT_LEAVE_GRACE_SECONDS": "0.5",
        }


async def run(order: Order, found: Found, tell: Tell) -> None:
    """Fill `found`. Raises NoDemoError, CallError, NotBackError, TaskStoreError and BlindError."""
    await asyncio.to_thread(order.folder.mkdir, parents=True, exist_ok=True)
    async with contextlib.AsyncExitStack() as stack:
        postgres = await _postgres(stack, order, found)
        own = {"DATABASE_URL": postgres.url} if postgres is not None else {}
        demo = await stack.enter_async_context(demo_of_its_own(order.folder, **order.settings, **own))
        take_addresses_of(order.folder)
        for room in ("PEOPLE", "ROUTING", "TASKS") if postgres is not None else ():
            os.environ[f"VOICETASKS_{room}_DATABASE_URL"] = own["DATABASE_URL"]
        control = f"http://{HOST}:{demo['ports']['sandbox_control']}"
        async with open_desk(control) as desk:
            await desk.set_up()
        talkers = await _talkers(stack, order.calls, control)
        events = Events(Services(order.folder, demo["ports"]), postgres, stack)
        tell(f"{order.calls} calls begin")
        async with _talking(talkers, str(demo["url"])):
            for event in order.events:
                if event is not Event.POSTGRES or postgres is not None:
                    await _round(event, events, talkers, found, tell)
        tell("all calls have ended")
        async with open_desk(control) as desk:  # the one before has lost its servers
            await _look_into(found, talkers, desk)


async def _round(event: Event, events: Events, talkers: Sequence[Talker], found: Found, tell: Tell) -> None:
    """Let an event come, and wait until all calls go on."""
    await events.prepare(event)
    live = [each for each in talkers if not each.stopping]
    await _undisturbed(live)
    quiet_from, before = time.monotonic(), Moment.now()
    await asyncio.sleep(BEFORE_SECONDS)
    left = Left.between(before, Moment.now())
    agents = {each.call_id: each.agent for each in live}
    began = time.monotonic()
    this = Round(str(event), len(live), cuts_lines=event.cuts_lines)
    this.usual_s = round(max((each.longest_wait(quiet_from, began) for each in live), default=0.0), 1)
    this.began_at, this.idle_percent, this.stolen_percent = began, left.idle, left.stolen
    found.rounds.append(this)
    tell(f"{event}: now, under {len(live)} calls; {left}")
    if left.is_tight:
        tell(
            f"{event}: this machine is too slow today for {len(live)} calls: --calls with fewer measures us, not it"
        )
    await events.happen(event)
    this.served_again_s = round(time.monotonic() - began, 1)
    tell(f"{event}: serves again after {this.served_again_s} s")

    over = time.monotonic()

    def goes_on(talker: Talker) -> bool:
        return talker.answered_since(over) >= AFTER

    while not all(map(goes_on, live)) and time.monotonic() < over + ROUND_SECONDS:  # noqa: ASYNC110
        await asyncio.sleep(LOOK_SECONDS)
    until = time.monotonic()
    for each in live:
        if not goes_on(each):
            this.dropped.append(each.call_id)
            each.stopping = True
    going = [each for each in live if goes_on(each)]
    this.waits_s = [round(each.longest_wait(began, until), 2) for each in going]
    this.silences_s = [round(each.longest_silence(began, until), 2) for each in going]
    this.said_again = sum(each.said_again(quiet_from, until) for each in going)
    this.moved = sum(each.agent != agents[each.call_id] for each in going)
    this.load = round(os.getloadavg()[0] / (os.cpu_count() or 1), 1)
    tell(
        f"{event}: {len(this.dropped)} dropped; heard again after {max(this.silences_s, default=0):.1f} s at most, "
        f"all done and answered after {max(this.waits_s, default=0):.1f} s (before it {this.usual_s:.1f} s); "
        f"said again {this.said_again} times; {this.moved} calls have another agent; "
        f"load {this.load:g} for each processor"
    )


async def _undisturbed(live: Sequence[Talker]) -> None:
    """Wait a while until all calls are answered as ever: a second worker, which stands for another machine, has started
    on this one.
    """
    since = time.monotonic()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(RECOVER_SECONDS):
            while not all(each.answered_since(since) for each in live):  # noqa: ASYNC110
                await asyncio.sleep(LOOK_SECONDS)


async def _postgres(stack: contextlib.AsyncExitStack, order: Order, found: Found) -> OwnPostgres | None:
    """One for the demo, where it is to be restarted and can be had."""
    if Event.POSTGRES not in order.events:
        return None
    try:
        return await stack.enter_async_context(own_postgres(keeps=True))
    except (BinaryNotFoundError, PostgresError) as error:
        found.not_run[Event.POSTGRES] = f"{error} The demo kept its data in SQLite; --events leaves it out."
        return None


async def _talkers(stack: contextlib.AsyncExitStack, count: int, control: str) -> list[Talker]:
    voice = make_voice(VoiceName.PIPER, Quality.BROWSER)
    try:
        sounds = tuple([await voice.speak(sentence(title)) for title in islice(titles(), SPOKEN)])
    finally:
        await voice.aclose()
    talkers = []
    for email in await make_callers(count):
        store = await stack.enter_async_context(BenchStore(os.environ["VOICETASKS_WEB_TASKS_URL"], email))
        await store.clear()
        talkers.append(Talker(email, store, control, sounds))
    return talkers


@contextlib.asynccontextmanager
async def _talking(talkers: Sequence[Talker], url: str) -> AsyncIterator[None]:
    """All of them in calls, asking; at the block's end each finishes what it is at and hangs up."""
    async with contextlib.AsyncExitStack() as calls:
        for talker in talkers:  # one after the other: it is not the beginning that is looked at
            await calls.enter_async_context(talker.call(url, DEMO_PASSWORD))
        talks = [asyncio.create_task(talker.talk(), name=f"talk {talker.email}") for talker in talkers]
        try:
            yield
            for talker in talkers:
                talker.stopping = True
            await asyncio.wait(talks, timeout=LAST_SECONDS)
        finally:
            for talk in talks:
                talk.cancel()
            ended = await asyncio.gather(*talks, return_exceptions=True)
        for each in ended:
            if isinstance(each, Exception):
                raise each


async def _look_into(found: Found, talkers: Sequence[Talker], desk: Desk) -> None:
    for talker in talkers:
        lost, wrong = await talker.books()
        found.asked += len(talker.asked)
        found.requests += [{"caller": talker.email} | asdict(asked) for asked in talker.asked]
        found.lost += [f"{talker.email}: {title}" for title in lost]
        found.wrong += [f"{talker.email}: {title}" for title in wrong]
        if not await desk.is_settled(talker.call_id):
            found.unsettled.append(talker.call_id)
    found.calls, found.looked_into = len(talkers), True
