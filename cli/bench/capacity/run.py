"""A run of `bench capacity`: a demo of its own, the climbs one after the other, and the soak."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Final

from livekit import api

from cli.admin.books import open_books
from cli.bench.capacity.climb import Climber, Way
from cli.bench.capacity.judge import OURS, Climb, Measured, Soak
from cli.bench.capacity.lane import World
from cli.bench.capacity.soak import Soaker
from cli.bench.chaos.books import open_desk
from cli.bench.chaos.demo import demo_of_its_own, take_addresses_of
from cli.bench.latency.caller import NO
from cli.bench.latency.doors import Rooms, System, starter_worker
from cli.bench.latency.run import registered
from cli.bench.latency.speech import Spoken, speak
from cli.bench.latency.turns import Manner, plan
from cli.caller.voices import CachedVoice, Quality, VoiceName, make_voice
from cli.ports import HOST
from cli.room_server import room_server
from routing.live_leases import live_leases

SOAK_SHARE: Final = 0.8
"""Of the calls that are carried, at which the soak runs."""
PLANNED: Final = 60
"""Turns of the plan of `bench latency`, of which some are spoken; then from the beginning."""
KINDS: Final = ("short", "long")
"""Whole sentences without a breath inside: where the end of a turn is in doubt, the doubt takes longer than the machine,
and some doubtful turns more or less would look like a machine that is full."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """What is to be measured."""

    systems: tuple[System, ...]
    way: Way
    profile: str
    soak_minutes: float
    soak_calls: int | None
    """At once; None for a part of what was found."""
    folder: Path

    @property
    def settings(self) -> dict[str, str]:
        """Of the demo. The ear is told the words and our voice is a tone: the stand-ins cost the machine next to
        nothing, as vendors do that are elsewhere.
        """
        slots = max(self.way.most, self.soak_calls or 0)
        return {
            "VOICETASKS_SANDBOX_EAR": "told",
            "VOICETASKS_SANDBOX_VOICE": "tone",
            "VOICETASKS_SANDBOX_PROFILE": self.profile,
            "VOICETASKS_AGENT_SLOTS": str(slots),
            # Late is what is measured here; a vendor's stand-in that is late for want of a processor is not dead.
            "VOICETASKS_AGENT_WATCH_PATIENCE": "5",
        }


async def run(order: Order, measured: Measured, tell: Tell) -> None:
    """Fill `measured`. Raises NoDemoError, CallError and TimeoutError."""
    await asyncio.to_thread(order.folder.mkdir, parents=True, exist_ok=True)
    async with (
        _voice() as voice,
        demo_of_its_own(order.folder, **order.settings) as demo,
    ):
        wanted = [each for each in plan(PLANNED) if each.manner is Manner.AFTER]
        spoken = [await speak(voice, each) for each in wanted if each.kind in KINDS and not each.breath]
        take_addresses_of(order.folder)
        control = f"http://{HOST}:{demo['ports']['sandbox_control']}"
        async with open_desk(control) as desk:
            await desk.set_up()
        rooms = Rooms(str(demo["url"]), dict(os.environ), order.folder, _no_pipecat)
        world = World(rooms, control, voice)
        groups = {name: int(pid) for name, pid in demo["pids"].items()} | {"callers": os.getpid()}
        for system in order.systems:
            await _climb(order, system, world, groups, cycle(spoken), measured, tell)
        if order.soak_minutes:
            calls = order.soak_calls or _share(measured)
            measured.soak = Soak(calls)
            soaker = Soaker(world, groups, cycle(spoken), _count, tell)
            await soaker.soak(measured.soak, order.soak_minutes)


async def _climb(
    order: Order,
    system: System,
    world: World,
    groups: Mapping[str, int],
    turns: Iterator[Spoken],
    measured: Measured,
    tell: Tell,
) -> None:
    climb = Climb(str(system), order.way.slack_ms)
    measured.climbs.append(climb)
    async with contextlib.AsyncExitStack() as stack:
        if system is System.STARTER:
            process = await stack.enter_async_context(starter_worker(world.rooms.environment, order.folder))
            await registered(order.folder / "starter.log")
            groups = dict(groups) | {"worker": process.pid, "our idle worker": groups["worker"]}
        await Climber(world, system, groups, turns, tell).climb(climb, order.way)


def _share(measured: Measured) -> int:
    ours = measured.of(OURS)
    return max(1, int(SOAK_SHARE * ours.calls)) if ours is not None else 1


async def _count() -> dict[str, int]:
    """Rooms and leases that are there."""
    async with api.LiveKitAPI(*room_server(os.environ), failover=False) as livekit:
        rooms = len((await livekit.room.list_rooms(api.ListRoomsRequest())).rooms)
    async with open_books() as books:
        leases = len(await live_leases(books.link))
    return {"rooms": rooms, "leases": leases}


def _no_pipecat() -> Path:
    raise NotImplementedError("pipecat is not measured here")


@contextlib.asynccontextmanager
async def _voice() -> AsyncIterator[CachedVoice]:
    voice = make_voice(VoiceName.PIPER, Quality.BROWSER)
    try:
        await voice.speak(NO)
        yield voice
    finally:
        await voice.aclose()
