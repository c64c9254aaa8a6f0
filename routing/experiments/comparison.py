"""One arm held against the first: what it saves, what it costs in quality, and whether that is enough to decide."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from routing.experiments.design import Experiment
from routing.experiments.estimates import Estimate, log_cost_per_success, slow_answers_ms, success_rate
from routing.experiments.needed import Growth
from routing.experiments.results import Results
from routing.experiments.sequence import ALPHA, multiplier

LEAST_USERS: Final = 30
LEAST_SUCCESSES: Final = 20
"""In each arm: below them an interval that counts on averages does not hold."""


class Verdict(StrEnum):
    """What is known by now."""

    TOO_EARLY = "too_early"
    NO_SUCCESS = "no_success"
    """An arm has been asked for many tasks, and none succeeded."""
    SAMPLE_RATIO = "sample_ratio"
    """The arms have not the users that they should have: nothing of the rest counts."""
    QUALITY_LOST = "quality_lost"
    """Success or latency is worse than was allowed, beyond doubt."""
    COSTS_MORE = "costs_more"
    SAVES = "saves"
    SAVES_QUALITY_OPEN = "saves_quality_open"
    """It saves; that it costs no more quality than allowed is not certain yet."""
    NOT_WORTH = "not_worth"
    """If it saves anything, it is less than was worth knowing of."""
    OPEN = "open"


DECIDED: Final = frozenset(
    {Verdict.QUALITY_LOST, Verdict.COSTS_MORE, Verdict.SAVES, Verdict.NOT_WORTH, Verdict.SAMPLE_RATIO}
)
"""More calls are not needed, or would not help."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure, and between what it lies as far as is known."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is known of one arm against the first. What cannot be told is None."""

    arm: str
    saving: Interval | None
    """Of the cost per successful task, as a share: 0.2 is a fifth less."""
    success: Interval | None
    """Difference of the rates of success; below 0 is worse."""
    slow_ms: Interval | None
    """Difference of the latency that one answer of twenty exceeds, ms; above 0 is worse."""
    verdict: Verdict
    calls: int
    """Of both arms."""
    calls_for_saving: int | None
    """Calls of both arms, those until now included, until a saving worth knowing of is seen if it is there."""
    calls_for_success: int | None
    """The same until it is certain that success is not lost, if it is not."""
    without_success: tuple[str, ...] = ()
    """Arms in which no task has succeeded."""
    share: float = 1.0
    """Of the experiment's calls, that both arms have as planned."""

    @property
    def calls_needed(self) -> int | None:
        """How many calls of both arms are still to come until more can be said; None where nobody knows.

        That is so before there is anything to reckon with, and once so many were made that what would be worth knowing
        of should have shown.
        """
        if self.verdict in DECIDED:
            return 0
        wanted = (
            self.calls_for_success if self.verdict is Verdict.SAVES_QUALITY_OPEN else self.calls_for_saving
        )
        return None if wanted is None or wanted <= self.calls else wanted - self.calls

    @property
    def calls_needed_in_all(self) -> int | None:
        """How many calls of all arms that takes, since the others have their share of the callers meanwhile."""
        return None if self.calls_needed is None else math.ceil(round(self.calls_needed / self.share, 6))


def compare(
    results: Results, experiment: Experiment, number: int, *, ratio_is_off: bool = False, rivals: int = 1
) -> Comparison:
    """Hold the arm of that number against the first. With several rivals each must be the surer."""
    both = results.of_arms(0, number)
    control, arm = both.sample(0), both.sample(number)
    alpha = ALPHA / rivals
    cost = _difference(log_cost_per_success(arm), log_cost_per_success(control))
    success = _difference(success_rate(arm), success_rate(control))
    slow = _difference(slow_answers_ms(arm), slow_answers_ms(control))
    enough = all(
        side.users >= LEAST_USERS and side.successes.sum() >= LEAST_SUCCESSES for side in (control, arm)
    )
    asked_enough = all(
        side.users >= LEAST_USERS and side.tasks.sum() >= LEAST_SUCCESSES for side in (control, arm)
    )
    growth = Growth.of(both, (control, arm)) if enough else None
    found = _Found(
        saving=_saving(cost, alpha) if enough else None,
        success=_interval(success, alpha) if asked_enough else None,
        slow=_interval(slow, alpha) if asked_enough else None,
        is_timed=any(len(side.answers_ms) > 0 for side in (control, arm)),
    )
    names = (experiment.control.name, experiment.arms[number].name)
    silent = tuple(
        name
        for name, side in zip(names, (control, arm), strict=True)
        if side.calls and not side.successes.sum()
    )
    return Comparison(
        arm=names[1],
        saving=found.saving,
        success=found.success,
        slow_ms=found.slow,
        verdict=Verdict.SAMPLE_RATIO if ratio_is_off else _verdict(found, experiment, silent, asked_enough),
        calls=both.calls,
        calls_for_saving=None
        if growth is None or cost is None
        else growth.calls_until(cost.error, -math.log(1 - experiment.worth), alpha=alpha),
        calls_for_success=None
        if growth is None or success is None
        else growth.calls_until(success.error, experiment.success_margin, alpha=alpha),
        without_success=silent,
        share=experiment.weights[0] + experiment.weights[number],
    )


@dataclass(frozen=True, slots=True)
class _Found:
    saving: Interval | None
    success: Interval | None
    slow: Interval | None
    is_timed: bool
    """Whether answers of either arm were timed."""

    def quality_is_lost(self, experiment: Experiment) -> bool:
        return (self.success is not None and self.success.high < -experiment.success_margin) or (
            self.slow is not None and self.slow.low > experiment.latency_margin_ms
        )

    def quality_is_kept(self, experiment: Experiment) -> bool:
        """Where no answers were timed, latency cannot be lost or kept; a call that is typed has none.

        Where those of one arm alone were, or too few, nobody knows whether it is kept.
        """
        if self.success is None or self.success.low < -experiment.success_margin:
            return False
        if self.slow is None:
            return not self.is_timed
        return self.slow.high <= experiment.latency_margin_ms


def _verdict(found: _Found, experiment: Experiment, silent: tuple[str, ...], asked_enough: bool) -> Verdict:
    if found.quality_is_lost(experiment):
        return Verdict.QUALITY_LOST
    if silent and asked_enough:
        return Verdict.NO_SUCCESS
    saving = found.saving
    if saving is None:
        return Verdict.TOO_EARLY
    if saving.high < 0:
        return Verdict.COSTS_MORE
    if saving.low > 0:
        return Verdict.SAVES if found.quality_is_kept(experiment) else Verdict.SAVES_QUALITY_OPEN
    return Verdict.NOT_WORTH if saving.high < experiment.worth else Verdict.OPEN


def _difference(arm: Estimate | None, control: Estimate | None) -> Estimate | None:
    return None if arm is None or control is None else arm.minus(control)


def _interval(found: Estimate | None, alpha: float) -> Interval | None:
    if found is None:
        return None
    reach = multiplier(found.users, alpha=alpha) * found.error
    return Interval(found.value, found.value - reach, found.value + reach)


def _saving(cost: Estimate | None, alpha: float) -> Interval | None:
    """A difference of logarithms as a share that is saved."""
    found = _interval(cost, alpha)
    if found is None:
        return None
    return Interval(*(1 - math.exp(each) for each in (found.value, found.high, found.low)))
