"""`bench phone` at a terminal: progress on stderr, and what was found also when it is broken off."""

from __future__ import annotations

import asyncio

import typer

from cli.bench.chaos.demo import NoDemoError
from cli.bench.phone.run import Findings, Order, run
from cli.bench.terminal import STOPPED, wide_console
from cli.caller.errors import CallError


def bench_phone(order: Order, *, as_json: bool) -> int:
    """Run, and give the exit code."""
    console = wide_console()
    found, code = Findings(), 0
    try:
        asyncio.run(run(order, found, lambda text: console.print(text, markup=False)))
    except KeyboardInterrupt:
        console.print("stopped; this is what was measured until then")
        code = STOPPED
    except (CallError, NoDemoError, OSError, TimeoutError) as error:
        typer.echo(f"voicetasks bench phone: {error}", err=True)
        code = error.exit_code if isinstance(error, CallError) else 1
    for part, (load, others) in found.loads.items():
        console.print(f"{part}: load {load:.1f} a processor, others' share {others:.0f} %")
    report = found.report()
    report.print(console)
    holds = report.conclude(as_json=as_json)
    return code or holds
