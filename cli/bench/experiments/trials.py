"""Experiments run many times over simulated callers, with the truth known: what their reports would have said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from cli.bench.experiments.crowd import Truth, simulated
from routing.experiments.comparison import Verdict
from routing.experiments.design import Arm, Experiment
from routing.experiments.report import comparisons, report_of, sample_ratio
from routing.experiments.results import Results
from routing.experiments.sample_ratio import ALARM

LOOKS: Final = 10
SAVING: Final = 0.2
CALLS: Final = 3_000
USERS: Final = 900
LONGEST: Final = 9_000
"""Calls after which a saving that was not found is given up; more than any report foretold."""

TWO: Final = Experiment(
    hypothesis="Simulated.",
    arms=(Arm(name="control", stack="economy"), Arm(name="other", stack="budget")),
    worth=SAVING,
    state="running",
    phase=1,
)
ALARMS: Final = frozenset(
    {
        Verdict.SAMPLE_RATIO,
        Verdict.QUALITY_LOST,
        Verdict.COSTS_MORE,
        Verdict.SAVES,
        Verdict.SAVES_QUALITY_OPEN,
    }
)
"""What a report may not say of two arms that are the same."""


@dataclass(frozen=True)
class Foretold:
    """One experiment with a true saving."""

    at_calls: int
    """When the report first said how many calls it takes."""
    foretold: int
    found_at: int | None
    """None: not within the calls that were foretold."""


def false_alarm(number: int, chance: np.random.Generator) -> Verdict | None:
    """Compare two arms that are the same, look ten times, and give the first thing that was said wrongly."""
    results = simulated(f"same-{number}", TWO, (Truth(), Truth()), users=USERS, calls=CALLS, chance=chance)
    for seen in _looks(results):
        verdict = comparisons(seen, TWO)[0].verdict
        if verdict in ALARMS:
            return verdict
    return None


def foretold(number: int, chance: np.random.Generator) -> Foretold:
    """Compare arms of which one saves a fifth; look until the calls are made that the report foretold first."""
    truths = (Truth(), Truth(cost=1 - SAVING))
    results = simulated(f"saves-{number}", TWO, truths, users=LONGEST // 3, calls=LONGEST, chance=chance)
    wanted, told_at = None, 0
    while wanted is None and told_at < LONGEST:
        told_at += 100
        wanted = comparisons(results.first(told_at), TWO)[0].calls_for_saving
    last = min(wanted or LONGEST, LONGEST)
    for calls in sorted({*np.linspace(told_at, last, LOOKS).round().astype(int).tolist()}):
        saving = comparisons(results.first(calls), TWO)[0].saving
        if saving is not None and saving.low > 0:
            return Foretold(told_at, last, calls)
    return Foretold(told_at, last, None)


def ratio_alarm(number: int, chance: np.random.Generator, *, downgraded: float, lost: float = 0.0) -> bool:
    """Whether ten looks raise the sample-ratio alarm, with one arm's calls downgraded or its users lost."""
    truths = (Truth(), Truth(downgraded=downgraded))
    results = simulated(f"ratio-{number}", TWO, truths, users=USERS, calls=CALLS, chance=chance)
    if lost:
        gone = chance.choice(USERS, round(lost * USERS), replace=False)
        results = results.where((results.arm == 0) | ~np.isin(results.unit, gone))
    return any(sample_ratio(seen, TWO) < ALARM for seen in _looks(results))


def silent_arm(number: int, chance: np.random.Generator) -> str:
    """Report on arms without any success; what is wrong with the report, or nothing."""
    silent, users, calls = _SILENT[number % len(_SILENT)]
    truths = tuple(Truth(success=0.0 if arm in silent else 0.93) for arm in range(2))
    results = simulated(f"silent-{number}", TWO, truths, users=users, calls=calls, chance=chance)
    names = [TWO.arms[arm].name for arm in silent if results.of_arms(arm).calls]
    try:
        found = report_of("silent", TWO, results)
        text = str(found.as_json())
    except (ArithmeticError, ValueError, LookupError) as error:
        return f"{type(error).__name__} with {calls} calls of {users} users"
    if "inf" in text or "nan" in text:
        return f"infinity with {calls} calls of {users} users"
    untold = [name for name in names if not any(f"in {name}," in said for said in found.sentences())]
    return f"not told: {', '.join(untold)}" if untold else ""


_SILENT: Final = (
    ((1,), USERS, CALLS),
    ((0,), USERS, CALLS),
    ((0, 1), USERS, CALLS),
    ((1,), 80, 120),
    ((0, 1), 4, 6),
)


def _looks(results: Results) -> Iterator[Results]:
    for look in range(1, LOOKS + 1):
        yield results.first(round(results.calls * look / LOOKS))
