"""`bench latency` at a terminal: progress, tables, the seed's budget, a picture."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from cli.bench.chaos.demo import NoDemoError
from cli.bench.failing import failed, stopped
from cli.bench.latency.budget import show_budget
from cli.bench.latency.doors import System
from cli.bench.latency.judge import DEAD_AIR_MS, Cell, p50, p95, report_of
from cli.bench.latency.plot import draw
from cli.bench.latency.run import Order, run
from cli.bench.terminal import STOPPED, wide_console
from cli.caller.errors import CallError
from cli.picture import NoPlotError


def bench_latency(order: Order, plot: Path | None, *, as_json: bool) -> int:
    """Run, and give the exit code."""
    console = wide_console()
    cells = order.cells
    try:
        asyncio.run(run(order, cells, lambda text: console.print(text, markup=False)))
    except KeyboardInterrupt:
        console.print("stopped; this was measured until then:")
        show([cell for cell in cells if cell.turns], console)
        stopped("latency", as_json=as_json)
        return STOPPED
    except (CallError, NoDemoError, OSError, TimeoutError) as error:
        return failed("latency", error, as_json=as_json)
    show(cells, console)
    show_openings(cells, console)
    show_budget(cells, console)
    report = report_of(cells)
    report.print(console)
    path = plot or order.folder.parent / "bench-latency.png"
    try:
        draw(cells, path)
        console.print(f"picture: {path}", markup=False)
    except NoPlotError as error:
        typer.echo(f"voicetasks bench latency: {error}", err=True)
    return report.conclude(as_json=as_json)


def show(cells: Sequence[Cell], console: Console) -> None:
    """A row for each that was measured, with the machine's load beside it."""
    table = Table(title="last word to first sound at the caller's ear, ms (sandbox)")
    columns = (
        "who",
        "door",
        "stand-ins",
        "n",
        "p50",
        "p95",
        "worst",
        "cut off %",
        "dead air",
        "echo",
        "own p95",
    )
    for column in (*columns, "load/CPU", "others' CPU %"):
        table.add_column(column, justify="left" if column in columns[:3] else "right")
    for cell in cells:
        answers, own = cell.answers, cell.own()
        dead = sum(answer > DEAD_AIR_MS for answer in answers) + sum(
            turn.answer_ms is None for turn in cell.spoken
        )
        table.add_row(
            *(str(cell.system), str(cell.channel), cell.profile, str(len(cell.spoken))),
            *(f"{value:.0f}" for value in (p50(answers), p95(answers), max(answers, default=float("nan")))),
            *(f"{cell.cut_percent:.1f}", str(dead), f"{cell.way_ms:.0f}"),
            f"{p95(own):.0f}" if own else "",
            *(f"{cell.load:.1f}", f"{cell.others_percent:.0f}"),
        )
    console.print(table)


def show_openings(cells: Sequence[Cell], console: Console) -> None:
    """Say of each measured cascade of ours what its first sound is, since a kept «Okay.» is no content yet."""
    for cell in cells:
        if cell.system is not System.ECONOMY or not cell.turns:
            continue
        told = cell.openings()
        behind = (
            f"; the first sound behind it p50 {told['p50_ms']:.0f} and p95 {told['p95_ms']:.0f} ms, of {told['behind']}"
            if "behind" in told
            else ""
        )
        console.print(
            f"{cell.name}: {told['opened']} of {told['answers']} answers began with a kept opening{behind}",
            markup=False,
        )
