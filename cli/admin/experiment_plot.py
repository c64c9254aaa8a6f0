"""The picture of an experiment: how each arm's saving came to be known, and what it costs in quality."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from cli.picture import picture
from routing.experiments.comparison import Interval
from routing.experiments.report import ExperimentReport

COLOURS: Final = ("#00796b", "#7b3294", "#b26a00", "#1565c0", "#ad1457")
_ALLOWED: Final = "#9e9e9e"


def draw(found: ExperimentReport, path: Path, *, sandbox: bool) -> None:
    """Write the picture as the kind that the path's ending names. Raises NoPlotError."""
    with picture(path, inches=(11, 4.6), dpi=120) as figure:
        saving, success, slow = figure.subplots(1, 3, width_ratios=(2.4, 1, 1))
        label = " (sandbox)" if sandbox else ""
        figure.suptitle(
            f"{found.name}, phase {found.phase}{label}: {found.calls:,} calls of {found.users:,} users"
        )
        _saving(saving, found)
        limits = found.experiment
        _guardrail(
            success,
            {each.arm: each.success for each in found.comparisons},
            "success, points",
            allowed=-100 * limits.success_margin,
            scale=100,
        )
        _guardrail(
            slow,
            {each.arm: each.slow_ms for each in found.comparisons},
            "slow answers, ms",
            allowed=limits.latency_margin_ms,
            scale=1,
        )


def _saving(axes: Any, found: ExperimentReport) -> None:
    for comparison, colour in zip(found.comparisons, COLOURS, strict=False):
        looks = [look for look in found.looks if look.arm == comparison.arm]
        calls = [look.calls for look in looks]
        axes.fill_between(
            calls,
            [100 * look.saving.low for look in looks],
            [100 * look.saving.high for look in looks],
            color=colour,
            alpha=0.2,
            linewidth=0,
        )
        values = [100 * look.saving.value for look in looks]
        axes.plot(calls, values, color=colour, linewidth=2, marker="o", markersize=3, label=comparison.arm)
    axes.axhline(0, color="black", linewidth=1)
    worth = 100 * found.experiment.worth
    axes.axhline(worth, color=_ALLOWED, linestyle="--", linewidth=1, label="worth knowing of")
    axes.set_xlabel("calls")
    axes.set_ylabel("saving per successful task, %")
    axes.set_ylim(-100, 100)
    axes.set_xlim(0, max(1, found.calls))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower right")
    if not found.looks:
        axes.text(found.calls / 2, 0, "too early to say anything", ha="center", va="bottom")


def _guardrail(
    axes: Any, figures: dict[str, Interval | None], title: str, *, allowed: float, scale: float
) -> None:
    axes.axvline(0, color="black", linewidth=1)
    axes.axvline(allowed, color=_ALLOWED, linestyle="--", linewidth=1)
    names = list(figures)
    for at, (name, figure) in enumerate(figures.items()):
        colour = COLOURS[at % len(COLOURS)]
        if figure is None:
            axes.text(0, at, f"{name}: too early", ha="center", va="center")
            continue
        low, high = scale * figure.low, scale * figure.high
        axes.plot([low, high], [at, at], color=colour, linewidth=4, alpha=0.35, solid_capstyle="butt")
        axes.plot([scale * figure.value], [at], color=colour, marker="o")
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.set_title(f"{title}\n(allowed: dashed)", fontsize=9)
    axes.spines[["top", "right", "left"]].set_visible(False)
