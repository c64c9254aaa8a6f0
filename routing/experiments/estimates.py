"""What an arm's calls say of its cost, its success and its latency, and how far off that may be.

Standard errors are of users, not of calls: calls of one user resemble each other. Delta method: Deng, Knoblich, Lu,
«Applying the Delta Method in Metric Analytics», KDD 2018 (arXiv:1803.06336), sections 3 (ratios) and 4 (quantiles).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from routing.experiments.results import Floats, Sample

SLOW: Final = 0.95
"""The quantile that is looked at: of twenty answers the slowest comes later than that."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its standard error."""

    value: float
    error: float
    users: int

    def minus(self, other: Estimate) -> Estimate:
        """The difference to another arm's figure: the arms share no user."""
        return Estimate(
            self.value - other.value, math.hypot(self.error, other.error), self.users + other.users
        )


def log_cost_per_success(arm: Sample) -> Estimate | None:
    """The logarithm of µ$ for each successful task: differences of it are ratios. None without a success or a cost."""
    cost, successes = arm.cost, arm.successes
    if cost.sum() <= 0 or successes.sum() <= 0 or arm.users < 2:
        return None
    parts = cost / cost.mean() - successes / successes.mean()
    return Estimate(float(np.log(cost.sum() / successes.sum())), _error(parts), arm.users)


def error_by_call(arm: Sample) -> float:
    """The standard error of the logarithm of cost per success, if each call had a user of its own."""
    rows = arm.rows
    return _error(rows.microdollars / rows.microdollars.mean() - rows.successes / rows.successes.mean())


def success_rate(arm: Sample) -> Estimate | None:
    """The share of tasks that succeeded. None without any task, or of one user alone."""
    tasks, successes = arm.tasks, arm.successes
    asked = tasks.sum()
    if asked <= 0 or arm.users < 2:
        return None
    rate = successes.sum() / asked
    # Where all succeed the users do not differ; that does not make it certain. At least as unsure as of separate tasks.
    smoothed = (successes.sum() + 1) / (asked + 2)
    least = math.sqrt(smoothed * (1 - smoothed) / (asked + 2))
    return Estimate(float(rate), max(_error((successes - rate * tasks) / tasks.mean()), least), arm.users)


def slow_answers_ms(arm: Sample) -> Estimate | None:
    """The latency that one answer of twenty exceeds, ms. None where there are too few answers for one."""
    answers = len(arm.answers_ms)
    if answers < 2 / (1 - SLOW) or arm.users < 2:
        return None
    slow = float(np.quantile(arm.answers_ms, SLOW))
    each = arm.answers_by_user(np.ones(answers))
    above = arm.answers_by_user(arm.answers_ms > slow)
    off = max(_error((above - (1 - SLOW) * each) / each.mean()), math.sqrt(SLOW * (1 - SLOW) / answers))
    # Where the share is off by that much, the quantile is (Woodruff 1952).
    low, high = np.quantile(arm.answers_ms, [max(0.0, SLOW - off), min(1.0, SLOW + off)])
    return Estimate(slow, float(high - low) / 2, arm.users)


def _error(parts: Floats) -> float:
    """The standard error of a mean of parts whose own mean is 0."""
    n = len(parts)
    return float(np.sqrt(np.sum(parts**2) / (n * (n - 1)))) if n > 1 else math.inf
