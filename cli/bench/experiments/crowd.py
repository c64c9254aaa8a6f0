"""Simulated callers of an experiment, with whatever makes statistics go wrong: few who call much, long calls, habits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from routing.experiments.assignment import drawn
from routing.experiments.bucket import bucket_of
from routing.experiments.design import Experiment
from routing.experiments.results import Results

MICRODOLLARS_A_MINUTE: Final = 45_000.0
ANSWERS_A_MINUTE: Final = 4.0


@dataclass(frozen=True)
class Truth:
    """What is so in an arm, against the first one."""

    cost: float = 1.0
    """Times the cost."""
    success: float = 0.93
    """How likely a task succeeds, on average."""
    slower_ms: float = 0.0
    downgraded: float = 0.0
    """Share of calls that budget or health have served by another stack, which costs a third."""


def simulated(
    name: str,
    experiment: Experiment,
    truths: tuple[Truth, ...],
    *,
    users: int,
    calls: int,
    chance: np.random.Generator,
) -> Results:
    """Make the results of so many calls of a population of so many users, the arms drawn as the product draws them."""
    arm_of_user = np.array([_arm(name, experiment, f"usr_{chance.bytes(16).hex()}") for _ in range(users)])
    activity = chance.gamma(0.8, size=users)  # a tenth of the users makes a third of the calls
    thrift, skill = chance.lognormal(0, 0.35, users), chance.normal(0, 0.6, users)
    far_ms = chance.lognormal(4.0, 0.5, users)
    unit = chance.choice(users, size=calls, p=activity / activity.sum())
    arm = arm_of_user[unit]
    kept = arm >= 0
    unit, arm = unit[kept], arm[kept]
    minutes = chance.lognormal(0.6, 0.7, len(unit)) * thrift[unit]
    truth = [np.array([getattr(each, field) for each in truths])[arm] for field in _FIELDS]
    cost, success, slower_ms, downgraded = truth
    forced = chance.random(len(unit)) < downgraded
    microdollars = MICRODOLLARS_A_MINUTE * minutes * cost * np.where(forced, 1 / 3, 1.0)
    tasks = chance.poisson(1.3, len(unit))
    odds = np.clip(success, 1e-9, 1 - 1e-9)
    likely = 1 / (1 + np.exp(-(np.log(odds / (1 - odds)) + skill[unit])))
    answers = 1 + chance.poisson(ANSWERS_A_MINUTE * minutes)
    each = np.repeat(np.arange(len(unit)), answers)
    answers_ms = chance.lognormal(6.2, 0.35, len(each)) + far_ms[unit[each]] + slower_ms[each]
    return Results(
        arm=arm.astype(np.int64),
        unit=unit.astype(np.int64),
        as_assigned=~forced,
        microdollars=np.round(microdollars),
        tasks=tasks.astype(np.float64),
        successes=chance.binomial(tasks, np.where(success > 0, likely, 0.0)).astype(np.float64),
        answers=answers.astype(np.int64),
        answers_ms=np.round(answers_ms),
    )


_FIELDS: Final = ("cost", "success", "slower_ms", "downgraded")


def _arm(name: str, experiment: Experiment, unit: str) -> int:
    found = drawn(name, experiment, bucket_of(name, unit))
    if found is None:
        return -1
    return next(number for number, arm in enumerate(experiment.arms) if arm.name == found.arm)
