"""The benches that need no demo: they start a server or two where they want one."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.bench.failing import failed
from cli.bench.names import names
from cli.settings import cli_settings


class TierName(StrEnum):
    """A tier, each with its own stack of the same name."""

    ECONOMY = "economy"
    PREMIUM = "premium"


class CostedStack(StrEnum):
    """A stack that the reference conversation is rehearsed on."""

    ECONOMY = "economy"
    PREMIUM = "premium"
    GEMINI = "gemini"


class Database(StrEnum):
    """A database that keeps tasks."""

    SQLITE = "sqlite"
    POSTGRES = "postgres"


def ledger(
    seconds: Annotated[float, typer.Option(help="How long the open loop runs.", min=2, max=120)] = 20.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Reserve, meter and settle money on a Redis of this bench's own; the demo need not run.

    Exit: 0 when all targets hold, 1 when one falls short or Redis cannot be started.
    """
    from cli.bench.ledger import run
    from cli.binaries import BinaryNotFoundError
    from routing.redis_link import BlindError

    console = Console(stderr=True)
    try:
        report = asyncio.run(run(seconds, console.print))
    except (BinaryNotFoundError, BlindError, OSError) as error:
        raise typer.Exit(failed("ledger", error, as_json=as_json)) from None
    report.print(console)
    raise typer.Exit(report.conclude(as_json=as_json))


def screen(
    minutes: Annotated[int, typer.Option(help="How long a screen is shared.", min=1, max=30)] = 5,
    voice: Annotated[
        bool,
        typer.Option(
            "--voice", help="Whether the voice is slower for it: in real time, so twice as many minutes."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Share screens with the product's own sight, faster than real time, and count what it costs and gets right.

    It starts what it needs, a sandbox among it. Exit: 0 when all targets hold, 1 when one falls short.
    """
    from cli.bench import screen as alone
    from cli.bench import screen_beside_voice as beside
    from cli.bench.rehearsing import RehearsalError

    console = Console(stderr=True, highlight=False)
    try:
        report = asyncio.run((beside if voice else alone).run(minutes))
    except (RehearsalError, OSError) as error:
        raise typer.Exit(failed("screen", error, as_json=as_json)) from None
    report.print(console)
    raise typer.Exit(report.conclude(as_json=as_json))


def cost(
    minutes: Annotated[
        int,
        typer.Option(help="How long each call is; 30 for the comparison of late and early.", min=2, max=60),
    ] = 30,
    tiers: Annotated[
        str, typer.Option(help="economy, premium, gemini (premium's second vendor) or some, with a comma.")
    ] = "economy,premium",
    plot: Annotated[
        Path | None,
        typer.Option(help="Where to draw the cost a minute (.png, .svg, .pdf).", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Rehearse the reference conversation on each stack, faster than real time, and count what it costs.

    It starts what it needs: a sandbox, a task server and the product's call. The picture goes to bench-cost.png in
    the data folder. Exit: 0 when all targets hold, 1 when one falls short or a call cannot be rehearsed.
    """
    from cli.bench.cost import run, show
    from cli.bench.cost_plot import draw
    from cli.bench.rehearsing import RehearsalError
    from cli.picture import NoPlotError

    console = Console(stderr=True, highlight=False)
    path = plot or cli_settings().data_dir / "bench-cost.png"
    chosen = names(tiers, CostedStack)
    try:
        report, calls = asyncio.run(run([each.value for each in chosen], minutes, console.print))
    except (RehearsalError, OSError) as error:
        raise typer.Exit(failed("cost", error, as_json=as_json)) from None
    show(calls, console)
    report.print(console)
    try:
        draw(calls, path)
        console.print(f"picture: {path}", markup=False)
    except NoPlotError as error:
        typer.echo(f"voicetasks bench cost: {error}", err=True)
    raise typer.Exit(report.conclude(as_json=as_json))


def experiments(
    same: Annotated[int, typer.Option(help="Experiments of the same with the same.", min=1)] = 400,
    savings: Annotated[int, typer.Option(help="Experiments with a true saving.", min=1)] = 100,
    ratios: Annotated[int, typer.Option(help="Experiments with calls served otherwise.", min=1)] = 60,
    ids: Annotated[int, typer.Option(help="Users whose arms are asked for; 0 for none.", min=0)] = 10_000,
    seed: Annotated[int, typer.Option(help="Another number, other callers.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Run experiments on simulated callers, where the truth is known, and hold their reports to it.

    Arms are asked of a web server, the command line and a worker's router of the bench's own, and of GrowthBook's SDK
    where it is installed. Exit: 0 when all targets hold, 1 when one falls short or a process does not answer.
    """
    from cli.bench.experiments.doors import DoorError
    from cli.bench.experiments.run import run
    from cli.binaries import BinaryNotFoundError

    console = Console(stderr=True)
    try:
        report = run(same, savings, ratios, ids, seed, console.print)
    except (DoorError, BinaryNotFoundError, OSError) as error:
        raise typer.Exit(failed("experiments", error, as_json=as_json)) from None
    report.print(console)
    raise typer.Exit(report.conclude(as_json=as_json))


def dates(
    libraries: Annotated[
        bool,
        typer.Option(help="Score what else can be imported on the same table: dateparser, parsedatetime, …"),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Read a table of phrases about when, with answers worked out by hand, and tell what is asked and what is wrong.

    Nothing needs to run. Exit: 0 when all targets hold, 1 when one falls short.
    """
    from cli.bench.dates.run import compare, run, show_misses

    console = Console(stderr=True)
    report = run()
    show_misses(report, console)
    report.print(console)
    if libraries:
        report.details += compare(console)
    raise typer.Exit(report.conclude(as_json=as_json))


def dialogues(
    tier: Annotated[TierName, typer.Option(help="Which stack talks.")] = TierName.ECONOMY,
    only: Annotated[str, typer.Option(help="Only those with these words in their id.")] = "",
    one_in: Annotated[
        int, typer.Option(help="Hold every so-manieth of each kind: what tests have time for.", min=1)
    ] = 1,
    first: Annotated[int, typer.Option(help="Of `--one-in` which comes first.", min=1)] = 1,
    show: Annotated[bool, typer.Option(help="Print every transcript, not those of misses alone.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Hold dialogues of two to six turns (corrections, ordinals, ties, homophones, …) and look into the store after each.

    It starts what it needs, on this machine. Exit: 0 when all targets hold, 1 when one falls short.
    """
    from cli.bench.dialogues.command import bench_dialogues

    raise typer.Exit(bench_dialogues(tier.value, only, one_in, first, show=show, as_json=as_json))


def tasks(
    tasks: Annotated[int, typer.Option(help="Tasks of the one owner who has most.", min=100)] = 100_000,
    users: Annotated[int, typer.Option(help="Other owners, with one task each.", min=1)] = 100_000,
    seconds: Annotated[
        float, typer.Option(help="How long each of the twelve lines is measured.", min=0)
    ] = 5.0,
    databases: Annotated[
        str, typer.Option(help="sqlite, postgres or both, with a comma.")
    ] = "sqlite,postgres",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """List today, search and create among very many tasks, at the store and through MCP; the demo need not run.

    It starts what it needs: a database of its own, Postgres too, and a task server. Exit: 0 when all targets hold,
    1 when one falls short or something cannot be started.
    """
    from cli.bench.tasks.postgres import PostgresError
    from cli.bench.tasks.run import TaskBenchError, run
    from cli.binaries import BinaryNotFoundError

    console = Console(stderr=True, highlight=False)
    chosen = [each.value for each in names(databases, Database)]
    try:
        report = asyncio.run(run(tasks, users, seconds, chosen, console.print))
    except (BinaryNotFoundError, PostgresError, TaskBenchError, OSError) as error:
        raise typer.Exit(failed("tasks", error, as_json=as_json)) from None
    report.print(console)
    raise typer.Exit(report.conclude(as_json=as_json))
