"""One more call, and one more, until answers come too late."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cli.bench.capacity.judge import Climb, Step
from cli.bench.capacity.lane import Lane, World
from cli.bench.capacity.usage import Reading, cores, memory_mb
from cli.bench.latency.caller import Heard
from cli.bench.latency.doors import System
from cli.bench.latency.load import Load
from cli.bench.latency.speech import Spoken

BEGINS_SECONDS: Final = 90.0
"""How long a call may take to its first answer."""
WARMS_UP_SECONDS: Final = 10.0
"""After a worker can take calls it still makes processes ready."""
SETTLES_SECONDS: Final = 3.0
"""After a call began: a process for the next one is made ready meanwhile."""
LONGEST: Final = 4.0
"""So many times the seconds of a step its turns are waited for."""
LOOK_SECONDS: Final = 0.2

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Way:
    """How to climb."""

    most: int
    """Calls at which it ends, whatever was found."""
    seconds: float
    """How long a step is measured, at least."""
    turns: int
    """How many turns a step has, at least."""
    slack_ms: float
    every: int = 1
    """Calls from one step to the next."""


class Climber:
    """Climbs with one system."""

    def __init__(
        self, world: World, system: System, groups: Mapping[str, int], turns: Iterator[Spoken], tell: Tell
    ) -> None:
        """`groups`: names, each with the process at its top; `worker` is the system's own."""
        self._world, self._system, self._groups = world, system, groups
        self._turns, self._tell = turns, tell
        self._step: Step | None = None
        """That is being measured; None between two."""
        self._lanes: list[Lane] = []

    async def climb(self, climb: Climb, way: Way) -> None:
        """Fill `climb`, step by step."""
        await asyncio.sleep(WARMS_UP_SECONDS)
        climb.idle = await self._measure(0, way)
        try:
            for calls in range(1, way.most + 1):
                if calls > 1 and (calls - 1) % way.every:
                    continue
                if not await self._have(calls):
                    climb.problem = climb.problem or (
                        ""
                        if climb.steps
                        else "; ".join(self._lanes[-1].broken) or "no answer to a first turn"
                    )
                    self._tell(f"{self._system}: call {calls} did not come about")
                    break
                step = await self._measure(calls, way)
                if climb.steps and not climb.carries(step):
                    self._tell(f"{_told(self._system, step)}; too late, once more")
                    climb.again.append(step)
                    step = await self._measure(calls, way)
                climb.steps.append(step)
                self._tell(
                    f"{_told(self._system, step)} (limits {climb.middle_limit_ms:.0f}, {climb.limit_ms:.0f} ms)"
                )
                if not climb.carries(step):
                    break
        finally:
            for lane in self._lanes:
                lane.stop()
            await asyncio.gather(*(lane.aclose() for lane in self._lanes))

    async def _have(self, calls: int) -> bool:
        """Have so many live calls; False when one does not begin."""
        while len(self._lanes) < calls:
            lane = Lane(self._world, self._system, self._turns, self._note, seed=len(self._lanes))
            self._lanes.append(lane)
            try:
                await asyncio.wait_for(lane.live.wait(), BEGINS_SECONDS)
            except TimeoutError:
                return False
        await asyncio.sleep(SETTLES_SECONDS)
        return True

    async def _measure(self, calls: int, way: Way) -> Step:
        self._step = step = Step(calls)
        broken = sum(len(lane.broken) for lane in self._lanes)
        began = time.monotonic()
        with Load() as machine:
            before = Reading.take(self._groups)
            while not _enough(step, time.monotonic() - began, way):  # noqa: ASYNC110
                await asyncio.sleep(LOOK_SECONDS)
            step.cores = cores(before, Reading.take(self._groups))
        self._step = None
        step.seconds = round(time.monotonic() - began, 1)
        step.memory_mb = await asyncio.to_thread(memory_mb, self._groups["worker"])
        step.load, step.others_percent = machine.average, machine.others_percent
        step.broken = sum(len(lane.broken) for lane in self._lanes) - broken
        return step

    def _note(self, heard: Heard) -> None:
        step = self._step
        if step is None:
            return
        step.turns += 1
        step.cut_off += heard.cut_off
        if heard.answer_ms is None:
            step.unanswered += not heard.cut_off
        elif not heard.cut_off:
            step.answers_ms.append(heard.answer_ms)


def _enough(step: Step, seconds: float, way: Way) -> bool:
    if not step.calls:
        return seconds >= way.seconds / 2
    return seconds >= way.seconds and (step.turns >= way.turns or seconds >= way.seconds * LONGEST)


def _told(system: System, step: Step) -> str:
    return (
        f"{system}, {step.calls} calls: p50 {step.middle_ms:.0f} ms, p95 {step.p95_ms:.0f} ms of "
        f"{step.turns} turns, {step.unanswered} unanswered; worker {step.cores.get('worker', 0):.2f} of a "
        f"processor, {step.memory_mb:.0f} MB; load {step.load:g} for each processor, others {step.others_percent:.0f} %"
    )
