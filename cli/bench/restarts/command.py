"""`bench restarts` at a terminal: progress while it runs, and what was measured at its end, also when it is stopped."""

from __future__ import annotations

import asyncio

import typer
from rich.console import Console
from rich.table import Table

from cli.bench.chaos.demo import NoDemoError
from cli.bench.restarts.judge import Found, report_of
from cli.bench.restarts.run import Order, run
from cli.bench.restarts.services import NotBackError
from cli.bench.task_store import TaskStoreError
from cli.bench.tasks.postgres import PostgresError
from cli.bench.terminal import STOPPED, wide_console
from cli.caller.errors import CallError
from routing.redis_link import BlindError


def bench_restarts(order: Order, *, as_json: bool) -> int:
    """Run, and give the exit code."""
    console = wide_console()
    found, code = Found(calls=order.calls), 0
    try:
        asyncio.run(run(order, found, lambda text: console.print(text, markup=False)))
    except KeyboardInterrupt:
        code = STOPPED
    except (
        CallError,
        NoDemoError,
        NotBackError,
        TaskStoreError,
        PostgresError,
        BlindError,
        OSError,
    ) as error:
        typer.echo(f"voicetasks bench restarts: {error}; the logs: {order.folder / 'logs'}", err=True)
        code = error.exit_code if isinstance(error, CallError) else 1
    report = report_of(found)
    if found.rounds or found.not_run:
        _show(found, console)
        report.print(console)
    concluded = report.conclude(as_json=as_json)
    return code or concluded


def _show(found: Found, console: Console) -> None:
    table = Table(title="live calls (sandbox) while servers restart under them")
    columns = (
        *("event", "calls", "dropped", "heard again, s", "done, s", "before, s"),
        *("serves, s", "said again", "moved", "idle before, %", "load/CPU"),
    )
    for column in columns:
        table.add_column(column, justify="left" if column == "event" else "right")
    for each in found.rounds:
        table.add_row(
            *(each.name, str(each.calls), str(len(each.dropped))),
            *(f"{max(seconds, default=float('nan')):.1f}" for seconds in (each.silences_s, each.waits_s)),
            f"{each.usual_s:.1f}",
            f"{each.served_again_s:.1f}" if each.served_again_s is not None else "",
            *(str(each.said_again), str(each.moved)),
            f"{each.idle_percent:.0f}" if each.idle_percent is not None else "",
            f"{each.load:.1f}",
        )
    console.print(table)
    for event, reason in found.not_run.items():
        console.print(f"{event}: not measured: {reason}", markup=False)
