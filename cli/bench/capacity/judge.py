"""Steps of so many calls each, where they break, what a call costs, and which promises hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import nan
from typing import Any, Final, Self

from cli.bench.latency.judge import p50, p95, percent
from cli.bench.report import Report

BEYOND_STARTER_MB: Final = 80.0
GROWTH_MB: Final = 1.0
"""For 100 calls."""
TELLING_CALLS: Final = 30
"""Fewer calls tell nothing of growth: it is less than the noise."""
UNANSWERED_PERCENT: Final = 5.0
"""Of more turns than this without an answer no p95 tells."""
OURS: Final = "economy"
STARTER: Final = "starter"


@dataclass
class Step:
    """A while with so many calls."""

    calls: int
    seconds: float = 0.0
    answers_ms: list[int] = field(default_factory=list)
    """Last word to first sound, of all turns that were not cut off."""
    turns: int = 0
    unanswered: int = 0
    cut_off: int = 0
    broken: int = 0
    """Calls that broke off."""
    cores: dict[str, float] = field(default_factory=dict)
    """Processors kept busy, by group of processes."""
    memory_mb: float = 0.0
    """PSS of the worker and its processes, with warm ones."""
    load: float = 0.0
    others_percent: float = 0.0
    """Share of the processors' time that went to others than this bench and what it started."""

    @property
    def p95_ms(self) -> float:
        """The 95th percentile of the answers' times."""
        return p95(self.answers_ms)

    @property
    def middle_ms(self) -> float:
        """The median of the answers' times."""
        return p50(self.answers_ms)

    def holds(self, limit_ms: float, middle_limit_ms: float = float("inf")) -> bool:
        """Whether calls are still answered in time, and answered at all."""
        lost = percent(self.unanswered, self.turns)
        return (
            bool(self.answers_ms)
            and self.p95_ms <= limit_ms
            and self.middle_ms <= middle_limit_ms
            and lost <= UNANSWERED_PERCENT
            and not self.broken
        )


@dataclass
class Climb:
    """One system, step by step."""

    system: str
    slack_ms: float
    """How much slower p95, and the median, may be than with one call."""
    idle: Step = field(default_factory=lambda: Step(0))
    steps: list[Step] = field(default_factory=list)
    again: list[Step] = field(default_factory=list)
    """First tries of steps that were measured once more because they did not hold."""
    problem: str = ""

    @property
    def limit_ms(self) -> float:
        """A step whose p95 is above it is broken."""
        return self.steps[0].p95_ms + self.slack_ms if self.steps else float("nan")

    @property
    def middle_limit_ms(self) -> float:
        """So is one whose median is above it: who waits 3 s in one turn of twenty has a p95 that bounds nothing."""
        return self.steps[0].middle_ms + self.slack_ms if self.steps else float("nan")

    def carries(self, step: Step) -> bool:
        """Whether a step's calls are served as one call is."""
        return step.holds(self.limit_ms, self.middle_limit_ms)

    @property
    def held(self) -> list[Step]:
        """The steps up to the first that broke."""
        found = []
        for step in self.steps:
            if not self.carries(step):
                break
            found.append(step)
        return found

    @property
    def calls(self) -> int:
        """How many calls at once are carried."""
        return self.held[-1].calls if self.held else 0

    @property
    def broke(self) -> bool:
        """Whether it came to its limit; else more calls might have been carried."""
        return len(self.held) < len(self.steps)

    def calls_within(self, limit_ms: float) -> int:
        """How many calls are carried with p95 up to an absolute limit."""
        count = 0
        for step in self.steps:
            if not step.holds(limit_ms):
                break
            count = step.calls
        return count

    @property
    def cpu_per_call(self) -> float:
        """What one more call takes of the processors, worker alone; the slope over idle and all steps that held."""
        return _slope([(step.calls, step.cores.get("worker", 0.0)) for step in [self.idle, *self.held]])

    @property
    def machine_cpu_per_call(self) -> float:
        """The same with everything that serves a call here: room server, stand-ins, task server, Redis."""
        return _slope(
            [
                (step.calls, sum(used for name, used in step.cores.items() if name != "callers"))
                for step in [self.idle, *self.held]
            ]
        )

    @property
    def memory_per_call(self) -> float:
        """PSS of one more call, MB."""
        return _slope([(step.calls, step.memory_mb) for step in [self.idle, *self.held]])

    @property
    def next_call(self) -> tuple[float, float]:
        """What the last call that was carried had added: processors and MB."""
        last = [self.idle, *self.held][-2:]
        if len(last) < 2:
            return float("nan"), float("nan")
        before, after = last
        return (
            round(after.cores.get("worker", 0.0) - before.cores.get("worker", 0.0), 3),
            round(after.memory_mb - before.memory_mb, 1),
        )


@dataclass
class Soak:
    """Many calls after another at a part of the capacity."""

    at_once: int
    minutes: float = 0.0
    calls: int = 0
    broken: int = 0
    growth_mb: float | None = None
    """For 100 calls, of the processes that outlive calls."""
    memory_mb: list[tuple[int, float]] = field(default_factory=list)
    """Samples: calls so far, and MB of those processes."""
    memory_of: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    """The same of the worker, of web and of the task server."""
    growth_of: dict[str, float | None] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    """Descriptors, processes, rooms and leases that were not there before."""
    descriptors: dict[str, int] = field(default_factory=dict)
    """What the descriptors are that were left over."""
    answers_ms: list[int] = field(default_factory=list)
    over: bool = False
    """It came to its end, so that what is left was looked at."""

    def sample(self, memory: Mapping[str, float]) -> None:
        """MB that each group of processes has after the calls so far."""
        for name, mb in memory.items():
            samples = self.memory_of.setdefault(name, [])
            samples.append((self.calls, round(mb, 2)))
            self.growth_of[name] = growth(samples)
        self.memory_mb.append((self.calls, round(sum(memory.values()), 2)))
        self.growth_mb = growth(self.memory_mb)


@dataclass
class Measured:
    """All of a run, filled as it goes on."""

    profile: str
    climbs: list[Climb] = field(default_factory=list)
    soak: Soak | None = None

    def of(self, system: str) -> Climb | None:
        """What was measured of a system."""
        return next((climb for climb in self.climbs if climb.system == system and climb.steps), None)

    def as_details(self) -> list[dict[str, Any]]:
        """For the report."""
        found: list[dict[str, Any]] = [{"profile": self.profile}]
        found += [{"climb": asdict(climb)} for climb in self.climbs]
        if self.soak is not None:
            found.append({"soak": asdict(self.soak)})
        return found

    @classmethod
    def from_details(cls, details: Sequence[dict[str, Any]]) -> Self:
        """From a report's details. Raises KeyError and TypeError for those of another bench."""
        found = cls(details[0]["profile"])
        for each in details[1:]:
            if "climb" in each:
                raw = each["climb"]
                raw["idle"] = Step(**raw["idle"])
                raw["steps"] = [Step(**step) for step in raw["steps"]]
                raw["again"] = [Step(**step) for step in raw["again"]]
                found.climbs.append(Climb(**raw))
            if "soak" in each:
                found.soak = Soak(**each["soak"])
        return found


def report_of(measured: Measured) -> Report:
    """Hold a run to its promises."""
    report = Report("capacity", details=measured.as_details())
    for climb in measured.climbs:
        if climb.problem:
            report.at_most(f"{climb.system}: could not be measured: {climb.problem}", 0, 1, "systems", 0)
        elif climb.steps:
            timed = [len(step.answers_ms) for step in climb.steps]
            report.at_least(f"{climb.system}: calls at once", 1, climb.calls, "calls", sum(timed))
            # A p95 of twenty turns is the worst but one: whoever compares two systems has to see what it rests on.
            each = ", ".join(f"{step.calls}: {count}" for step, count in zip(climb.steps, timed, strict=True))
            report.tell(
                f"{climb.system}: turns timed with so many calls ({each})", min(timed), "turns", len(timed)
            )
    ours, starter = measured.of(OURS), measured.of(STARTER)
    if ours is not None and starter is not None:
        report.at_least(
            "calls at once, beside the starter's", starter.calls, ours.calls, "calls", len(ours.steps)
        )
        # Who lets one turn of twenty wait for 3 s has a limit of its own that more calls do not reach.
        within = [climb.calls_within(ours.limit_ms) for climb in (starter, ours)]
        line = f"the same with p95 up to {ours.limit_ms:.0f} ms for both"
        # Where the starter holds none, none is no success of ours.
        report.at_least(line, max(1, within[0]), within[1], "calls", len(ours.steps))
        more = round(ours.memory_per_call - starter.memory_per_call, 1)
        report.at_most("memory of a call beyond the starter's", BEYOND_STARTER_MB, more, "MB PSS", ours.calls)
    if (soak := measured.soak) is not None:
        telling = soak.growth_mb is not None and soak.calls >= TELLING_CALLS
        if telling or soak.over:
            grown = round(soak.growth_mb, 2) if telling and soak.growth_mb is not None else nan
            report.at_most("soak: growth for 100 calls", GROWTH_MB, grown, "MB", soak.calls)
        report.at_most("soak: calls that broke off", 0, soak.broken, "calls", soak.calls + soak.broken)
        if soak.over:
            for name, count in soak.left.items():
                report.at_most(f"soak: {name} left over", 0, count, name, soak.calls)
    return report


def _slope(points: Sequence[tuple[float, float]]) -> float:
    """Of the straight line through the points by least squares; not a number for fewer than two."""
    if len({x for x, _ in points}) < 2:
        return float("nan")
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    above = sum((x - mean_x) * (y - mean_y) for x, y in points)
    return round(above / sum((x - mean_x) ** 2 for x, _ in points), 3)


def growth(samples: Sequence[tuple[int, float]]) -> float | None:
    """MB for 100 calls, by the median of the slopes between two samples; None where too few calls were made to tell.

    A moment counts for nothing: what a process is forked from has for half a second 40–65 MB more (measured in 4 samples of
    110, which made 14.6 of 1.05 by least squares).
    """
    if len({calls for calls, _ in samples}) < 2:
        return None
    from scipy.stats import theilslopes  # late: it takes a while, and most do without it

    calls, memory = zip(*samples, strict=True)
    return round(100 * float(theilslopes(memory, calls).slope), 2)
