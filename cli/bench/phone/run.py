"""`bench phone`: its parts, one after the other, on demos of its own. What was found stays, whatever happens next."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol

import httpx

from cli.bench.latency.load import Load
from cli.bench.phone import abandoned, crowd, goodbye, latency, speech, swap
from cli.bench.phone.office import Office, office
from cli.bench.report import Report
from cli.bench.swaps.talk import NotBackError
from cli.bench.task_store import TaskStoreError
from cli.bench.utterances import spread
from cli.caller.errors import CallError
from cli.caller.voices import VoiceName
from mcp_tasks.client import TaskServerUnavailable

REAL_EAR: Final = {"VOICETASKS_SANDBOX_EAR": "whisper"}
PATIENT: Final = {"VOICETASKS_AGENT_WATCH_PATIENCE": "8"}
"""Where ten calls, their callers, the bridge and the vendors' stand-ins share a machine, a vendor that is late is not
dead: to leave it would cost more than to wait."""
TROUBLE: Final = (
    CallError,
    TimeoutError,
    NotBackError,
    TaskStoreError,
    TaskServerUnavailable,
    httpx.HTTPError,
)
"""Ends a part, and no other one."""


class Part(StrEnum):
    """What can be measured by itself."""

    LATENCY = "latency"
    CROWD = "crowd"
    ABANDONED = "abandoned"
    GOODBYE = "goodbye"
    SWAP = "swap"
    SPEECH = "speech"


OWN_DEMO: Final = {Part.CROWD: PATIENT, Part.SPEECH: REAL_EAR}
"""Parts that have a demo to themselves, with these settings."""


@dataclass(frozen=True)
class Order:
    """What is to be measured."""

    parts: tuple[Part, ...]
    folder: Path
    turns: int = 40
    """Of `latency`, over both tiers."""
    given_up: int = 20
    """Calls of `abandoned`."""
    rounds: int = 6
    """Of `swap` with the fault."""
    goodbyes: int = 2
    """At each moment."""
    voices: tuple[VoiceName, ...] = (VoiceName.PIPER, VoiceName.FLITE)
    utterances: int = 40


class Result(Protocol):
    """What one part found."""

    def judge(self, report: Report) -> None:
        """Hold it to what is promised, as far as it was measured."""

    def as_json(self) -> dict[str, Any]:
        """What lies behind it."""


@dataclass
class Findings:
    """Filled part by part."""

    bridge: str = ""
    results: dict[Part, Result] = field(default_factory=dict)
    problems: dict[Part, str] = field(default_factory=dict)
    loads: dict[Part, tuple[float, float]] = field(default_factory=dict)
    """The machine's load by its processors and others' share of them, percent."""

    def report(self) -> Report:
        """Every promise that was looked at."""
        report = Report("phone")
        for part, result in self.results.items():
            result.judge(report)
            load, others = self.loads.get(part, (0.0, 0.0))
            report.details.append(
                {
                    "part": str(part),
                    "bridge": self.bridge,
                    "load": load,
                    "others_percent": others,
                    "problem": self.problems.get(part, ""),
                    **result.as_json(),
                }
            )
        for part in self.problems:
            report.at_most(f"{part}: could not be measured to its end", 0, 1, "parts", 1)
        return report


async def run(order: Order, found: Findings, tell: Callable[[str], None]) -> None:
    """Measure every part that is wanted. Raises NoDemoError and CannotSpeakError."""
    order.folder.mkdir(parents=True, exist_ok=True)
    if plain := [part for part in order.parts if part not in OWN_DEMO]:
        async with _open(order.folder, found, tell) as ours:
            for part in plain:
                await _measure(part, ours, order, found, tell)
    for part, settings in OWN_DEMO.items():
        if part in order.parts:
            async with _open(order.folder, found, tell, **settings) as ours:
                await _measure(part, ours, order, found, tell)


@contextlib.asynccontextmanager
async def _open(
    folder: Path, found: Findings, tell: Callable[[str], None], **settings: str
) -> AsyncIterator[Office]:
    async with office(folder, **settings) as ours:
        found.bridge = ours.bridge
        tell(f"phone bridge: {ours.bridge}")
        yield ours


async def _measure(
    part: Part, ours: Office, order: Order, found: Findings, tell: Callable[[str], None]
) -> None:
    tell(f"— {part}")
    with _timed(part, found):
        try:
            match part:
                case Part.LATENCY:
                    found.results[part] = turns = latency.Latency()
                    await latency.measure(ours, turns, order.turns, order.folder, tell)
                case Part.CROWD:
                    found.results[part] = calls = crowd.Crowd()
                    await crowd.measure(ours, calls, tell)
                case Part.ABANDONED:
                    found.results[part] = given_up = abandoned.Abandoned()
                    await abandoned.measure(ours, given_up, order.given_up, tell)
                case Part.GOODBYE:
                    found.results[part] = ends = goodbye.Goodbye()
                    await goodbye.measure(ours, ends, order.goodbyes, tell)
                case Part.SWAP:
                    found.results[part] = swaps = swap.Swaps()
                    await swap.measure(ours, swaps, order.rounds, tell)
                case Part.SPEECH:
                    found.results[part] = spoken = speech.Speech()
                    await speech.measure(ours, spoken, order.voices, spread(order.utterances), tell)
        except TROUBLE as error:
            found.problems[part] = str(error)
            tell(f"{part}: {error}")


@contextlib.contextmanager
def _timed(part: Part, found: Findings) -> Iterator[None]:
    machine = Load()
    try:
        with machine:
            yield
    finally:
        found.loads[part] = (machine.average, machine.others_percent)
