"""`bench capacity` at a terminal: progress, a table, a picture, and what was measured also when it is stopped."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from cli.bench.capacity.judge import Measured, report_of
from cli.bench.capacity.plot import draw
from cli.bench.capacity.run import Order, run
from cli.bench.capacity.sizing import NoFieldsError, fill_file
from cli.bench.chaos.demo import NoDemoError
from cli.bench.report import machine
from cli.bench.terminal import STOPPED, wide_console
from cli.caller.errors import CallError
from cli.errors import tell_error
from cli.picture import NoPlotError
from routing.redis_link import BlindError


def bench_capacity(order: Order, plot: Path | None, fill: Path | None, *, as_json: bool) -> int:
    """Run, and give the exit code."""
    console = wide_console()
    measured, code = Measured(order.profile), 0
    try:
        asyncio.run(run(order, measured, lambda text: console.print(text, markup=False)))
    except KeyboardInterrupt:
        code = STOPPED
    except (CallError, NoDemoError, BlindError, OSError, TimeoutError) as error:
        typer.echo(f"voicetasks bench capacity: {error}; the logs: {order.folder / 'logs'}", err=True)
        code = error.exit_code if isinstance(error, CallError) else 1
    path = plot or order.folder.parent / "bench-capacity.png"
    concluded = _conclude(measured, machine(), console, path, fill, as_json=as_json)
    return code or concluded


def show_earlier(earlier: Path, plot: Path | None, fill: Path | None, *, as_json: bool) -> int:
    """Judge, draw and fill in what an earlier run with --json has measured; give the exit code."""
    try:
        raw = json.loads(earlier.read_text(encoding="utf-8"))
        measured, where = Measured.from_details(raw["details"]), str(raw["machine"])
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        message = f"{earlier} is no result of this bench ({error})"
        tell_error("bench capacity", "bad_file", message, as_json=as_json)
        return 1
    return _conclude(measured, where, wide_console(), plot, fill, as_json=as_json)


def _conclude(
    measured: Measured, where: str, console: Console, plot: Path | None, fill: Path | None, *, as_json: bool
) -> int:
    code = 0
    if any(climb.steps for climb in measured.climbs):
        _show(measured, console)
        if plot is not None:
            try:
                draw(measured, plot)
                console.print(f"picture: {plot}", markup=False)
            except NoPlotError as error:
                typer.echo(f"voicetasks bench capacity: {error}", err=True)
        if fill is not None:
            try:
                fill_file(fill, measured, where)
                console.print(f"filled in: {fill}", markup=False)
            except (NoFieldsError, OSError) as error:
                typer.echo(f"voicetasks bench capacity: {error}", err=True)
                code = 1
    report = report_of(measured)
    report.print(console)
    return report.conclude(as_json=as_json) or code


def _show(measured: Measured, console: Console) -> None:
    table = Table(title=f"calls at once on this machine, {measured.profile} stand-ins (sandbox)")
    columns = ("who", "calls", "turns", "p50 ms", "p95 ms", "unanswered", "worker CPU", "MB PSS")
    for column in (*columns, "load/CPU", "others' CPU %"):
        table.add_column(column, justify="left" if column == "who" else "right")
    for climb in measured.climbs:
        held = climb.held
        for step in [climb.idle, *climb.steps]:
            verdict = "" if step in held or not step.calls else " broke"
            table.add_row(
                *(f"{climb.system}{verdict}", str(step.calls), str(step.turns)),
                *(f"{step.middle_ms:.0f}", f"{step.p95_ms:.0f}", str(step.unanswered)),
                *(f"{step.cores.get('worker', 0):.2f}", f"{step.memory_mb:.0f}"),
                *(f"{step.load:.1f}", f"{step.others_percent:.0f}"),
            )
        table.add_section()
    console.print(table)
    for climb in measured.climbs:
        if climb.steps:
            cpu, memory = climb.next_call
            at_least = "" if climb.broke else " or more"
            console.print(
                f"{climb.system}: {climb.calls} calls{at_least} with p95 up to {climb.limit_ms:.0f} ms "
                f"(one call's and {climb.slack_ms:g}); a call takes {climb.cpu_per_call:.2f} of a processor in the "
                f"worker, {climb.machine_cpu_per_call:.2f} with the servers it uses here, and "
                f"{climb.memory_per_call:.0f} MB; the last one added {cpu:.2f} and {memory:.0f} MB",
                markup=False,
            )
    if measured.soak is not None:
        by = ", ".join(f"{name} {mb:.2f}" for name, mb in measured.soak.growth_of.items() if mb is not None)
        console.print(f"soak: MB that 100 calls leave in {by or 'nobody: too few calls'}", markup=False)
