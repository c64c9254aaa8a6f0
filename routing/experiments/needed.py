"""How many calls an experiment takes until what would be worth knowing is known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, Self

import numpy as np

from routing.experiments.estimates import error_by_call, log_cost_per_success
from routing.experiments.results import Results, Sample
from routing.experiments.sequence import multiplier

POWER: Final = 0.95
"""How likely what is there should be found by then. It is reckoned from the error of few calls, which is itself
uncertain: in simulations about nine of ten are found."""
MOST: Final = 1000.0
"""Times as many calls as there are: beyond that nobody waits."""
_STEPS: Final = np.geomspace(1 / 16, MOST, 700)


@dataclass(frozen=True, slots=True)
class Growth:
    """How errors shrink as calls come in: less than by their number, since the same users call again."""

    calls: int
    users: int
    new_users: float
    """The power of the number of calls by which the users become more: 1 where nobody calls twice, 0 where nobody is new."""
    again: float
    """How many calls the user of an average call has made."""
    alike: float
    """How much calls of one user resemble each other, 0 to 1 (the intraclass correlation)."""

    @classmethod
    def of(cls, results: Results, arms: Sequence[Sample]) -> Self:
        """Learn it from the calls of two arms."""
        users = results.users
        half = results.first(max(1, results.calls // 2)).users
        each = np.concatenate([arm.calls_of for arm in arms])
        again = float(np.sum(each**2) / np.sum(each))
        return cls(
            calls=results.calls,
            users=users,
            new_users=min(1.0, max(0.0, math.log2(users / half))),
            again=again,
            alike=_alike(arms, again),
        )

    def error(self, error: float, times: float) -> float:
        """What an error becomes with so many times as many calls."""
        later = max(1.0, self.again * times ** (1 - self.new_users))
        return error * math.sqrt((1 + (later - 1) * self.alike) / (1 + (self.again - 1) * self.alike) / times)

    def users_then(self, times: float) -> int:
        """How many users there are then."""
        return max(2, round(self.users * math.pow(times, self.new_users)))

    def calls_until(self, error: float, difference: float, *, alpha: float) -> int | None:
        """Give how many calls in all show a difference of that size; None where more than a thousand times as many do.

        `error` is the difference's standard error now.
        """
        enough = NormalDist().inv_cdf(POWER)

        for times in map(float, _STEPS):
            reach = multiplier(self.users_then(times), alpha=alpha) + enough
            if self.error(error, times) * reach <= difference:
                return math.ceil(self.calls * times)
        return None


def _alike(arms: Sequence[Sample], again: float) -> float:
    """The intraclass correlation that explains how much larger the errors by user are than those by call."""
    if again <= 1:
        return 0.0
    by_user = by_call = 0.0
    for arm in arms:
        found = log_cost_per_success(arm)
        if found is None:
            return 1.0
        by_user += found.error**2
        by_call += error_by_call(arm) ** 2
    return min(1.0, max(0.0, (by_user / by_call - 1) / (again - 1))) if by_call > 0 else 1.0
