"""`bench chaos` at a terminal: progress while it runs, tables at its end, also when it is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape

from cli.bench.chaos.demo import NoDemoError
from cli.bench.chaos.facts import Facts
from cli.bench.chaos.judge import broken
from cli.bench.chaos.plot import draw
from cli.bench.chaos.run import NoSuchCellError, Order, run
from cli.bench.chaos.state import State, StateError
from cli.bench.chaos.summary import named, report_of, show
from cli.bench.failing import failed
from cli.bench.terminal import STOPPED
from cli.picture import NoPlotError
from routing.reconcile import Drift


def chaos(
    calls: int,
    seed: int,
    state_file: Path | None,
    only: tuple[str, ...],
    at_once: int,
    folder: Path,
    plot: Path | None,
    *,
    as_json: bool,
) -> int:
    """Run, and give the exit code."""
    console = Console(stderr=True, highlight=False)
    code = 0
    drifts: tuple[Drift, ...] = ()
    try:
        state = State(state_file, {"bench": "chaos", "seed": seed, "only": list(only)})

        def tell(facts: Facts) -> None:
            kinds = broken(facts)
            verdict = f"[red]{escape('; '.join(kinds))}[/]" if kinds else "[green]kept[/]"
            console.print(
                f"{len(state.done)}/{calls} {escape(named(facts))} {facts.seconds:.0f} s: {verdict}"
            )

        drifts = asyncio.run(run(Order(calls, seed, only, at_once, folder), state, tell))
    except KeyboardInterrupt:
        code = STOPPED
    except ExceptionGroup as errors:  # of calls that could not even be judged
        first = errors.exceptions[0]
        typer.echo(
            f"voicetasks bench chaos: {type(first).__name__}: {first}; the logs: {folder / 'logs'}", err=True
        )
        code = 1
    except (NoDemoError, NoSuchCellError, StateError, OSError) as error:
        return failed("chaos", error, as_json=as_json)
    made = [state.done[number] for number in sorted(state.done) if number < calls]
    report = report_of(made, drifts)
    if made:
        show(made, console)
        report.print(console)
        _draw(made, plot or folder.parent / "bench-chaos.png", console)
    concluded = report.conclude(as_json=as_json)
    return code or concluded


def _draw(made: Sequence[Facts], path: Path, console: Console) -> None:
    try:
        draw(made, path)
        console.print(f"picture: {path}", markup=False)
    except NoPlotError as error:
        typer.echo(f"voicetasks bench chaos: {error}", err=True)
