"""Calls that come and go for a long while, and what they leave behind."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import psutil

from cli.bench.capacity.descriptors import descriptors
from cli.bench.capacity.judge import TELLING_CALLS, Soak
from cli.bench.capacity.lane import Lane, World
from cli.bench.capacity.usage import own_memory_mb
from cli.bench.latency.caller import Heard
from cli.bench.latency.doors import System
from cli.bench.latency.load import tree
from cli.bench.latency.speech import Spoken

TURNS_A_CALL: Final = 4
SAMPLE_SECONDS: Final = 5.0
TELL_SECONDS: Final = 60.0
HANGS_UP_SECONDS: Final = 60.0
SETTLES_SECONDS: Final = 45.0
"""How long after the last call what it used may still be there."""
LOOK_SECONDS: Final = 1.0
SAME_LOOKS: Final = 5
STANDING: Final = ("worker", "web", "tasks")
"""Whose growth is looked at: ours."""

Tell = Callable[[str], None]
Count = Callable[[], Awaitable[Mapping[str, int]]]
"""How many of what calls use are there now, by name: rooms, leases."""


@dataclass(frozen=True)
class Held:
    """What there is while nobody calls."""

    files: Counter[str]
    """Descriptors of the processes that outlive calls, by what they are."""
    processes: int
    counted: Mapping[str, int]

    def beyond(self, before: Held) -> dict[str, int]:
        """What there is more than before; nothing less than none."""
        more = {
            "descriptors": self.files.total() - before.files.total(),
            "processes": self.processes - before.processes,
        }
        more |= {name: count - before.counted.get(name, 0) for name, count in self.counted.items()}
        return {name: max(0, count) for name, count in more.items()}


class Soaker:
    """Keeps some lanes full of short calls."""

    def __init__(
        self, world: World, groups: Mapping[str, int], turns: Iterator[Spoken], count: Count, tell: Tell
    ) -> None:
        self._world, self._groups, self._turns = world, groups, turns
        self._count, self._tell = count, tell
        self._standing: dict[psutil.Process, str] = {}
        """What outlives calls, and whose it is."""

    async def soak(self, soak: Soak, minutes: float) -> None:
        """Fill `soak`. One call of each lane goes before: what is loaded once is no growth."""
        known = set(self._trees())
        await self._run(Soak(soak.at_once), 0.0)
        await self._settled()
        # A process that was kept ready has been used up by now; what outlived that outlives calls.
        self._standing = {process: name for process, name in self._trees().items() if process in known}
        before = await self._held()
        self._tell(f"soak: {soak.at_once} calls at once for {minutes:g} minutes")
        await self._run(soak, minutes * 60)
        after = await self._at_rest(before)
        soak.left, soak.over = after.beyond(before), True
        if soak.left["descriptors"]:
            soak.descriptors = dict(after.files - before.files)
        if soak.calls < TELLING_CALLS:
            self._tell(f"soak: {soak.calls} calls are too few to tell growth from noise")

    async def _run(self, soak: Soak, seconds: float) -> None:
        began = told = time.monotonic()

        def note(heard: Heard) -> None:
            if heard.answer_ms is not None and not heard.cut_off:
                soak.answers_ms.append(heard.answer_ms)

        lanes = [
            Lane(self._world, System.ECONOMY, self._turns, note, seed=number, turns_a_call=TURNS_A_CALL)
            for number in range(soak.at_once)
        ]
        try:
            while (passed := time.monotonic() - began) < seconds or not all(
                lane.made or lane.broken for lane in lanes
            ):
                await asyncio.sleep(SAMPLE_SECONDS if seconds else LOOK_SECONDS)
                self._sample(soak, lanes, passed)
                if time.monotonic() - told >= TELL_SECONDS:
                    told = time.monotonic()
                    self._tell(
                        f"soak: {passed / 60:.0f} minutes, {soak.calls} calls, {soak.broken} broke off"
                    )
            for lane in lanes:
                lane.stop()
            await asyncio.wait_for(asyncio.gather(*(lane.ended() for lane in lanes)), HANGS_UP_SECONDS)
            self._sample(soak, lanes, time.monotonic() - began)
        finally:
            await asyncio.gather(*(lane.aclose() for lane in lanes))

    def _sample(self, soak: Soak, lanes: list[Lane], passed: float) -> None:
        soak.minutes = round(passed / 60, 2)
        soak.calls = sum(lane.made for lane in lanes)
        soak.broken = sum(len(lane.broken) for lane in lanes)
        if self._standing:
            memory = dict.fromkeys(STANDING, 0.0)
            for process, name in self._standing.items():
                if process.is_running():
                    memory[name] += own_memory_mb(process)
            soak.sample(memory)

    def _trees(self) -> dict[psutil.Process, str]:
        return {process: name for name in STANDING for process in tree(self._groups[name])}

    async def _settled(self) -> None:
        """Wait until no call holds anything and no process has come or gone for some seconds."""
        deadline, same, processes = time.monotonic() + SETTLES_SECONDS, 0, 0
        while same < SAME_LOOKS and time.monotonic() < deadline:
            await asyncio.sleep(LOOK_SECONDS)
            held = await self._held()
            same = same + 1 if held.processes == processes and not any(held.counted.values()) else 0
            processes = held.processes

    async def _at_rest(self, before: Held) -> Held:
        """Wait a while until nothing is there beyond what was; what there is then."""
        deadline = time.monotonic() + SETTLES_SECONDS
        held = await self._held()
        while any(held.beyond(before).values()) and time.monotonic() < deadline:
            await asyncio.sleep(LOOK_SECONDS)
            held = await self._held()
        return held

    async def _held(self) -> Held:
        files: Counter[str] = Counter()
        for process, name in self._standing.items():
            for what, count in descriptors(process).items():
                files[f"{name}: {what}"] += count
        return Held(files, len(tree(self._groups["worker"])), await self._count())
