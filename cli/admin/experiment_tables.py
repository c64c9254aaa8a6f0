"""An experiment's report as tables and sentences for people."""

from __future__ import annotations

from cli.admin.money import dollars
from cli.admin.output import moment, say, table
from routing.experiments.design import Experiment
from routing.experiments.report import ArmFigures, ExperimentReport


def show_arms(experiment: Experiment) -> str:
    """The arms with their stacks and shares, in a cell."""
    return "\n".join(
        f"{arm.name}: {arm.stack}, {share:.0%}"
        for arm, share in zip(experiment.arms, experiment.weights, strict=True)
    )


def show_report(found: ExperimentReport, *, sandbox: bool) -> None:
    """Show all of it."""
    title = f"{found.name}, phase {found.phase}" + (" (sandbox)" if sandbox else "")
    columns = (
        *("arm", "stack", "users", "calls", "as assigned", "cost", "tasks", "succeeded"),
        *("cost per success", "slow answers"),
    )
    table(title, columns, [_row(arm) for arm in found.arms])
    say(f"Hypothesis: {found.experiment.hypothesis}")
    if found.experiment.phase:
        say(f"Since {moment(found.experiment.since_ms)}; {found.waiting} calls cannot be judged yet.")
    ratio = "as they should" if found.sample_ratio_holds else "NOT as they should"
    say(f"The users divide {ratio} (p = {found.sample_ratio_p:.3g}).")
    say(*found.sentences())


def _row(arm: ArmFigures) -> tuple[object, ...]:
    share = "–" if arm.success_rate is None else f"{arm.successes} ({arm.success_rate:.1%})"
    cost = "–" if arm.microdollars_per_success is None else dollars(round(arm.microdollars_per_success))
    slow = "–" if arm.slow_ms is None else f"{arm.slow_ms:.0f} ms"
    return (
        *(arm.arm, arm.stack, arm.users, arm.calls, arm.as_assigned, dollars(arm.microdollars)),
        *(arm.tasks, share, cost, slow),
    )
