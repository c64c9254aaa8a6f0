"""The report of an experiment's phase: its arms, how they compare, and how that came to be known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from routing.experiments.comparison import Comparison, Interval, compare
from routing.experiments.design import Experiment
from routing.experiments.estimates import slow_answers_ms, success_rate
from routing.experiments.results import CallResult, Results
from routing.experiments.sample_ratio import ALARM, chance
from routing.experiments.sentences import advice, findings

LOOKS: Final = 20
"""Points of the picture of how a saving came to be known."""


@dataclass(frozen=True, slots=True)
class ArmFigures:
    """What came of the calls that were drawn for an arm."""

    arm: str
    stack: str
    share: float
    """Of the callers, as planned."""
    users: int
    calls: int
    as_assigned: int
    """Calls that began with the arm's own stack; the others were served otherwise, and count here all the same."""
    microdollars: int
    tasks: int
    successes: int
    microdollars_per_success: float | None
    success_rate: float | None
    slow_ms: float | None
    """Of twenty answers one comes later than that."""


@dataclass(frozen=True, slots=True)
class Look:
    """What an arm's saving was known to be after some calls."""

    calls: int
    arm: str
    saving: Interval


@dataclass(frozen=True, slots=True)
class ExperimentReport:
    """One phase of one experiment."""

    name: str
    experiment: Experiment
    phase: int
    calls: int
    users: int
    waiting: int
    """Calls that cannot be judged yet: of the last minutes, or still going on."""
    sample_ratio_p: float
    """Below 0.01 the arms have not the users that they should have."""
    arms: tuple[ArmFigures, ...]
    comparisons: tuple[Comparison, ...]
    looks: tuple[Look, ...]
    left_out: str = ""
    """Which calls of the phase are not in it and why, as a sentence; empty where all are."""

    @property
    def sample_ratio_holds(self) -> bool:
        """Whether the arms have about the users that they should have."""
        return self.sample_ratio_p >= ALARM

    def sentences(self) -> list[str]:
        """What it says, in plain words."""
        said = [self.left_out] if self.left_out else []
        for comparison in self.comparisons:
            said += findings(comparison, self.arms[0].arm)
            said.append(advice(comparison, self.arms[0].arm, self.experiment))
        return said

    def as_json(self) -> dict[str, Any]:
        """Everything, for machines and pages."""
        return {
            "name": self.name,
            "experiment": self.experiment.model_dump(mode="json"),
            "phase": self.phase,
            "calls": self.calls,
            "users": self.users,
            "waiting": self.waiting,
            "sample_ratio_p": self.sample_ratio_p,
            "sample_ratio_holds": self.sample_ratio_holds,
            "arms": [asdict(arm) for arm in self.arms],
            "comparisons": [
                asdict(each)
                | {
                    "calls_needed": each.calls_needed,
                    "calls_needed_in_all": each.calls_needed_in_all,
                    "sentence": advice(each, self.arms[0].arm, self.experiment),
                }
                for each in self.comparisons
            ],
            "looks": [asdict(look) for look in self.looks],
            "sentences": self.sentences(),
        }


def report(
    name: str,
    experiment: Experiment,
    calls: Sequence[CallResult],
    *,
    waiting: int = 0,
    left_out: str = "",
) -> ExperimentReport:
    """Reckon with the calls of the experiment's phase."""
    results = Results.of(calls, [arm.name for arm in experiment.arms])
    return report_of(name, experiment, results, waiting=waiting, left_out=left_out)


def report_of(
    name: str, experiment: Experiment, results: Results, *, waiting: int = 0, left_out: str = ""
) -> ExperimentReport:
    """Reckon with calls that are columns already."""
    return ExperimentReport(
        name=name,
        experiment=experiment,
        phase=experiment.phase,
        calls=results.calls,
        users=results.users,
        waiting=waiting,
        sample_ratio_p=sample_ratio(results, experiment),
        arms=tuple(_figures(results, experiment, number) for number in range(len(experiment.arms))),
        comparisons=comparisons(results, experiment),
        looks=_looks(results, experiment),
        left_out=left_out,
    )


def comparisons(results: Results, experiment: Experiment) -> tuple[Comparison, ...]:
    """Hold every arm against the first."""
    rivals = len(experiment.arms) - 1
    is_off = sample_ratio(results, experiment) < ALARM
    return tuple(
        compare(results, experiment, number, ratio_is_off=is_off, rivals=rivals)
        for number in range(1, rivals + 1)
    )


def sample_ratio(results: Results, experiment: Experiment) -> float:
    """The chance, valid at every look, of as uneven arms as these. Users count, each once, however often they call."""
    counts = [results.sample(number).users for number in range(len(experiment.arms))]
    return chance(counts, experiment.weights)


def _figures(results: Results, experiment: Experiment, number: int) -> ArmFigures:
    arm, sample = experiment.arms[number], results.sample(number)
    cost, successes = int(sample.cost.sum()), int(sample.successes.sum())
    rate, slow = success_rate(sample), slow_answers_ms(sample)
    return ArmFigures(
        arm=arm.name,
        stack=arm.stack,
        share=experiment.weights[number],
        users=sample.users,
        calls=sample.calls,
        as_assigned=int(np.count_nonzero(sample.rows.as_assigned)),
        microdollars=cost,
        tasks=int(sample.tasks.sum()),
        successes=successes,
        microdollars_per_success=cost / successes if successes else None,
        success_rate=None if rate is None else rate.value,
        slow_ms=None if slow is None else slow.value,
    )


def _looks(results: Results, experiment: Experiment) -> tuple[Look, ...]:
    found = []
    for calls in sorted({round(results.calls * at / LOOKS) for at in range(1, LOOKS + 1)}):
        for each in comparisons(results.first(calls), experiment):
            if each.saving is not None:
                found.append(Look(calls, each.arm, each.saving))
    return tuple(found)
