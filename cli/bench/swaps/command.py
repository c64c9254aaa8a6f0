"""`bench failover` and `bench swap` at a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from cli.bench.failing import failed, stopped
from cli.bench.report import Report
from cli.bench.swaps import failover, up_and_down
from cli.bench.swaps.process import Held
from cli.bench.swaps.rounds import Point, Round
from cli.bench.swaps.talk import NoDemoError, NotBackError
from cli.bench.terminal import STOPPED
from cli.caller.errors import CallError


def bench_failover(rounds: int, points: Sequence[Point], folder: Path, *, as_json: bool) -> int:
    """Run, and give the exit code."""
    console = Console(stderr=True, highlight=False)

    def tell(each: Round) -> None:
        bad = each.shortfalls
        heard = "nothing" if each.heard_ms is None else f"{each.heard_ms} ms"
        told = f"{each.point}{'' if each.broken else ', no fault'}: {heard}"
        console.print(told + (f" [red]{', '.join(bad)}[/]" if bad else ""))

    return _finish("failover", failover.run(rounds, points, folder, tell), console, as_json=as_json)


def bench_swap(swaps: int, folder: Path, *, as_json: bool) -> int:
    """Run, and give the exit code."""
    console = Console(stderr=True, highlight=False)

    def tell(number: int, look: Held | None) -> None:
        if look is not None:
            console.print(f"{number} swaps: {look.memory_mb:.1f} MB, {look.threads} threads")

    return _finish("swap", up_and_down.run(swaps, folder, tell), console, as_json=as_json)


def _finish(name: str, work: Coroutine[Any, Any, Report], console: Console, *, as_json: bool) -> int:
    try:
        report = asyncio.run(work)
    except KeyboardInterrupt:
        stopped(name, as_json=as_json)
        return STOPPED
    except (CallError, NotBackError, NoDemoError, LookupError, OSError) as error:
        return failed(name, error, as_json=as_json)
    report.print(console)
    return report.conclude(as_json=as_json)
