"""What a comparison says, in plain words."""

from __future__ import annotations

from typing import Final

from routing.experiments.comparison import Comparison, Interval, Verdict
from routing.experiments.design import Experiment

_ENDS: Final = {
    Verdict.SAMPLE_RATIO: (
        "Do not decide by this: the arms have not the users that they should have, so something loses some of them, "
        "and nothing else here can be trusted."
    ),
    Verdict.QUALITY_LOST: "Stop it: quality is lost beyond what was allowed.",
    Verdict.COSTS_MORE: "Stop it: it does not save, it costs more.",
    Verdict.SAVES: "Enough to decide: it saves, and quality is within what was allowed.",
}


def findings(found: Comparison, control: str) -> list[str]:
    """Say what was measured: what it saves, and what it costs in quality."""
    said = [
        f"No task has succeeded in {arm}, so its cost per success has no figure."
        for arm in found.without_success
    ]
    if found.saving is not None:
        said.append(_saving(found.arm, control, found.saving))
    if found.success is not None:
        points = _scaled(found.success, 100)
        said.append(f"Its success changes by {_between(points, 'points', digits=1)}.")
    if found.slow_ms is not None:
        said.append(
            f"Its slow answers, those that one of twenty exceeds, change by {_between(found.slow_ms, 'ms', digits=0)}."
        )
    return said


def advice(found: Comparison, control: str, experiment: Experiment) -> str:
    """Say whether to decide yet, and how many calls that still takes."""
    worth = f"{experiment.worth:.0%}".replace("%", " %")
    if found.verdict in _ENDS:
        return _ENDS[found.verdict]
    more = _more_calls(found, control, experiment)
    match found.verdict:
        case Verdict.NOT_WORTH:
            return f"Stop it: if {found.arm} saves anything against {control}, it is less than {worth}."
        case Verdict.NO_SUCCESS:
            return "Do not decide by cost yet: look at why nothing succeeds before more calls are spent."
        case Verdict.SAVES_QUALITY_OPEN if more:
            return f"It saves; whether success holds is not certain yet and takes{more}."
        case Verdict.SAVES_QUALITY_OPEN:
            return "It saves; whether quality holds as much as was asked for is not certain yet."
        case Verdict.OPEN if more:
            return f"Too early to decide: a saving of {worth} takes{more} to be seen."
        case Verdict.OPEN:
            return f"Nothing is certain; a saving of {worth} would most likely have been seen by now."
        case _:
            return "Too early to say anything: each arm needs at least 30 users and 20 tasks that succeeded."


def _more_calls(found: Comparison, control: str, experiment: Experiment) -> str:
    if found.calls_needed is None:
        return ""
    more = f" about {found.calls_needed_in_all:,} more calls"
    if len(experiment.arms) == 2:
        return more
    return f"{more} of all arms ({found.calls_needed:,} of {control} and {found.arm})"


def _saving(arm: str, control: str, saving: Interval) -> str:
    percent = _scaled(saving, 100)
    verb = "saves" if percent.value >= 0 else "adds"
    low, high = percent.low, percent.high
    return (
        f"{arm} {verb} {abs(percent.value):.0f} % of the cost per successful task against {control} "
        f"(a saving between {low:.0f} % and {high:.0f} %)."
    )


def _between(figure: Interval, unit: str, *, digits: int) -> str:
    value, low, high = (f"{each:+.{digits}f}" for each in (figure.value, figure.low, figure.high))
    return f"{value} {unit} (between {low} and {high})"


def _scaled(figure: Interval, by: float) -> Interval:
    return Interval(figure.value * by, figure.low * by, figure.high * by)
