"""A model that is succeeded while a phase runs: who was served by the one is no sample of who is by the other.

A phase begins with a change of the policy, and this one no admin makes: the catalogue does, on its day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from routing.experiments.design import Experiment
from routing.experiments.results import CallResult
from tiers.catalogue import STACKS, Model


def since_succession(
    experiment: Experiment, calls: Sequence[CallResult], *, now_ms: int
) -> tuple[list[CallResult], str]:
    """Give the calls since an arm's models were last others, and say so where that leaves some out.

    Where no call came after it, the phase had ended by then and is told whole.
    """
    succeeded = _succeeded(experiment)
    days = [day for day in succeeded if _begin_ms(day) <= now_ms]
    for day in sorted(days, reverse=True):
        after = [call for call in calls if call.at_ms >= _begin_ms(day)]
        if len(after) == len(calls):
            return after, ""
        if after:
            names = " and ".join(
                f"{model.successor} in the place of {model.name}" for model in succeeded[day]
            )
            left_out = len(calls) - len(after)
            return (
                after,
                f"Since {day} arms are served with {names}: {left_out} calls of before are left out.",
            )
    return list(calls), ""


def _succeeded(experiment: Experiment) -> dict[date, list[Model]]:
    """The arms' models that are succeeded, by day, each once."""
    found: dict[date, dict[str, Model]] = {}
    for arm in experiment.arms:
        stack = STACKS.get(arm.stack)
        for _, model in stack.models if stack is not None else ():
            if (day := model.succeeded_on) is not None:
                found.setdefault(day, {})[model.name] = model
    return {day: list(models.values()) for day, models in found.items()}


def _begin_ms(day: date) -> int:
    """When a day begins, Unix ms: workers serve by UTC's."""
    return round(datetime.combine(day, time(), UTC).timestamp() * 1000)
