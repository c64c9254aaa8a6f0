"""The picture of `bench latency`: where each turn's time went, quickest turn first, one panel for each that tells it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cli.bench.latency.judge import P95_MS, Cell
from cli.bench.latency.parts import PARTS, parts_of
from cli.picture import NoPlotError, picture

COLOURS: Final = {
    "way": "#9e9e9e",
    "hearing": "#1976d2",
    "waiting": "#fbc02d",
    "thinking": "#7b3294",
    "speaking": "#00796b",
    "own": "#d32f2f",
}


def draw(cells: Sequence[Cell], path: Path) -> None:
    """Write the picture as the kind that the path's ending names. Raises NoPlotError."""
    shown = [cell for cell in cells if cell.answers]
    if not shown:
        raise NoPlotError("there is nothing to draw")
    rows = -(-len(shown) // 2)
    with picture(path, inches=(11, 1 + 2.6 * rows)) as figure:
        panels = figure.subplots(rows, 2, squeeze=False, sharey=False).flat
        for panel, cell in zip(panels, shown, strict=False):
            turns = sorted(
                (turn for turn in cell.spoken if turn.answer_ms is not None and not turn.cut_off),
                key=lambda turn: turn.answer_ms or 0,
            )
            bottoms = [0.0] * len(turns)
            splits = [parts_of(turn, cell.way_ms) for turn in turns]
            for part in PARTS:
                heights = [max(0.0, split[part]) if split else 0.0 for split in splits]
                panel.bar(
                    range(len(turns)), heights, bottom=bottoms, width=0.9, color=COLOURS[part], label=part
                )
                bottoms = [below + height for below, height in zip(bottoms, heights, strict=True)]
            rest = [
                max(0.0, (turn.answer_ms or 0) - bottom) for turn, bottom in zip(turns, bottoms, strict=True)
            ]
            panel.bar(range(len(turns)), rest, bottom=bottoms, width=0.9, color="#e0e0e0", label="not told")
            panel.axhline(P95_MS, color="black", linewidth=0.8, linestyle="--")
            panel.set_title(f"{cell.name}: {cell.cut_percent:g} % cut off", fontsize=9)
            panel.set_ylabel("ms")
            panel.set_xticks([])
            panel.spines[["top", "right"]].set_visible(False)
        for panel in list(figure.axes)[len(shown) :]:
            panel.remove()
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, frameon=False, loc="outside lower center", ncols=len(labels))
