"""What holds for all experiments of a policy together: when a phase begins, and what cannot be run."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from routing.experiments.design import Experiment
from routing.kinds import StackName, Tier


def phased(
    before: Mapping[str, Experiment], after: Mapping[str, Experiment], *, at_ms: int
) -> dict[str, Experiment]:
    """Number the phases: one begins when an experiment starts to run, and when who gets what changes while it runs.

    What callers did before a change is no sample of what they would have done after it, so no report mixes the two.
    """
    return {name: _phased(before.get(name), experiment, at_ms) for name, experiment in after.items()}


def why_not(experiments: Mapping[str, Experiment], tiers: Mapping[StackName, Tier]) -> str:
    """Say what keeps these experiments from being run, as a sentence; empty when nothing does."""
    for name, experiment in experiments.items():
        for arm in experiment.arms:
            tier = tiers.get(arm.stack)
            if tier is None:
                return f"experiments.{name}: there is no stack {arm.stack!r}; there are {', '.join(sorted(tiers))}"
            if tier == "premium" and experiment.plan != "premium":
                return (
                    f"experiments.{name}: {arm.stack} is premium, and nobody is served above their plan; "
                    "make its audience the plan premium"
                )
    running = [(name, each) for name, each in experiments.items() if each.state == "running"]
    for (one, first), (other, second) in combinations(running, 2):
        if first.shares_callers_with(second):
            return (
                f"experiments {one} and {other} want the same callers; stop one, or give them other audiences"
            )
    return ""


def _phased(before: Experiment | None, after: Experiment, at_ms: int) -> Experiment:
    phase, since_ms = (0, 0) if before is None else (before.phase, before.since_ms)
    if after.state == "running" and not (
        before is not None and before.state == "running" and before.divides_like(after)
    ):
        phase, since_ms = phase + 1, at_ms
    return after.model_copy(update={"phase": phase, "since_ms": since_ms})
