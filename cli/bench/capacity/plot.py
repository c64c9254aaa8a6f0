"""The picture of `bench capacity`: answers, processors and memory against calls at once."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cli.bench.capacity.judge import Climb, Measured
from cli.picture import NoPlotError, picture

COLOURS: Final = {"economy": "#1976d2", "premium": "#7b3294", "starter": "#e66101"}


def draw(measured: Measured, path: Path) -> None:
    """Write the picture as the kind that the path's ending names. Raises NoPlotError."""
    climbs = [climb for climb in measured.climbs if climb.steps]
    if not climbs:
        raise NoPlotError("there is nothing to draw")
    with picture(path, inches=(11, 3.6)) as figure:
        answers, processors, memory = figure.subplots(1, 3)
        for climb in climbs:
            colour = COLOURS.get(climb.system)
            calls = [step.calls for step in climb.steps]
            answers.plot(
                calls, [step.p95_ms for step in climb.steps], color=colour, marker="o", label=_name(climb)
            )
            answers.plot(calls, [step.middle_ms for step in climb.steps], color=colour, linestyle=":")
            answers.axhline(climb.limit_ms, color=colour, linewidth=0.8, linestyle="--")
            all_steps = [climb.idle, *climb.steps]
            at = [step.calls for step in all_steps]
            processors.plot(
                at, [step.cores.get("worker", 0.0) for step in all_steps], color=colour, marker="o"
            )
            memory.plot(at, [step.memory_mb for step in all_steps], color=colour, marker="o")
        answers.set_title(
            f"last word to first sound, ms ({measured.profile} stand-ins):\np95, median dotted, limit dashed"
        )
        processors.set_title("processors kept busy by the worker")
        memory.set_title("memory of the worker, MB PSS")
        for panel in (answers, processors, memory):
            panel.set_xlabel("calls at once")
            panel.set_ylim(bottom=0)
            panel.title.set_fontsize(9)
            panel.spines[["top", "right"]].set_visible(False)
        figure.legend(frameon=False, loc="outside lower center", ncols=len(climbs))


def _name(climb: Climb) -> str:
    return f"{climb.system}: {climb.calls}{'' if climb.broke else ' or more'}"
