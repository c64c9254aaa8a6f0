"""The picture of `bench cost`: cost a minute over the minutes of a call, each stack with its target."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cli.bench.cost import CALL_MINUTES, TARGETS, RehearsedCall, StackName
from cli.picture import picture

COLOURS: Final[dict[StackName, str]] = {"premium": "#7b3294", "gemini": "#c25e00", "economy": "#00796b"}
BESIDE: Final[dict[StackName, float]] = {"economy": -0.26, "premium": 0.0, "gemini": 0.26}
"""Where a stack's bar stands, in minutes from the middle."""
WIDTH: Final = 0.25
SMOOTH_MINUTES: Final = 4
"""As long as the windows that are compared: two rounds of the reference conversation."""


def draw(calls: Sequence[RehearsedCall], path: Path) -> None:
    """Write the picture as the kind that the path's ending names. Raises NoPlotError."""
    with picture(path, inches=(9, 5), dpi=120) as figure:
        axes = figure.add_subplot()
        for call in calls:
            colour = COLOURS[call.stack]
            dollars = [microdollars / 1_000_000 for microdollars in call.spending.by_minute]
            minutes = list(range(1, len(dollars) + 1))
            axes.bar(
                [minute + BESIDE[call.stack] for minute in minutes],
                dollars,
                width=WIDTH,
                color=colour,
                alpha=0.28,
                linewidth=0,
            )
            middles, means = _means(dollars)
            label = f"{call.stack}: mean of {SMOOTH_MINUTES} minutes, and each minute"
            axes.plot(middles, means, color=colour, linewidth=2.2, marker="o", markersize=3, label=label)
        for target in sorted({TARGETS[call.stack] for call in calls}):
            held = [call.stack for call in calls if TARGETS[call.stack] == target]
            colour = COLOURS[held[0]]
            axes.axhline(target, color=colour, linewidth=1.2, linestyle="--")
            axes.annotate(
                f"{', '.join(held)}\nat most ${target:.2f}\nover {CALL_MINUTES} min",
                (1.0, target),
                xycoords=("axes fraction", "data"),
                xytext=(6, 0),
                textcoords="offset points",
                color=colour,
                fontsize=9,
                verticalalignment="center",
                annotation_clip=False,
            )
        axes.set_xlabel("minute of the call")
        axes.set_ylabel("$ a minute")
        axes.set_title("What a minute of the reference conversation costs (sandbox)")
        axes.set_ylim(bottom=0)
        axes.margins(x=0.01)
        axes.spines[["top", "right"]].set_visible(False)
        figure.legend(frameon=False, loc="outside lower center", ncols=2)


def _means(values: Sequence[float]) -> tuple[list[float], list[float]]:
    """The means of whole windows, and the minute in the middle of each."""
    size = min(SMOOTH_MINUTES, len(values))
    starts = range(len(values) - size + 1)
    return [first + (size + 1) / 2 for first in starts], [
        sum(values[first : first + size]) / size for first in starts
    ]
