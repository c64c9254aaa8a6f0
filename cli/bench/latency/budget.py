"""The plan's latency path for the economy stack, with what was measured beside each step."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Final

from rich.console import Console
from rich.table import Table

from cli.bench.latency.doors import Channel, System
from cli.bench.latency.judge import Cell, p50
from cli.bench.latency.parts import PARTS, Part, parts_of

STEPS: Final[tuple[tuple[str, str, Part], ...]] = (
    ("audio to us and back to the caller's ear", "20 + 20", "way"),
    ("to the recogniser, words from it", "20 + 90", "hearing"),
    ("end of turn, where nothing else is waited for", "under 1", "waiting"),
    ("to the model, its first words", "20 + 200–400", "thinking"),
    ("to the voice, its first sound", "20 + 50–80", "speaking"),
    ("our own", "–", "own"),
)
"""A step, the plan's milliseconds, and the part that was measured."""
TOTAL: Final = "420–630"


def show_budget(cells: Sequence[Cell], console: Console) -> None:
    """Print the path of the cascade in the browser on the plan's own latencies; nothing where it was not measured."""
    cell = next(
        (
            each
            for each in cells
            if (each.system, each.channel, each.profile) == (System.ECONOMY, Channel.BROWSER, "seed")
        ),
        None,
    )
    known = [
        parts
        for turn in (cell.spoken if cell is not None else [])
        if not turn.cut_off and cell is not None and (parts := parts_of(turn, cell.way_ms)) is not None
    ]
    if cell is None or not known:
        return
    table = Table(title=f"the plan's latency path, {cell.name}, medians of {len(known)} turns")
    for column in ("step", "planned, ms", "measured, ms"):
        table.add_column(column)
    for step, planned, part in STEPS:
        table.add_row(step, planned, f"{median(each[part] for each in known):.0f}")
    table.add_row("all of it", TOTAL, f"{p50(cell.answers):.0f}")
    console.print(table)


assert {part for _, _, part in STEPS} == set(PARTS)  # noqa: S101 - each part has its step
