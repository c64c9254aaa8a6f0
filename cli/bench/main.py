"""`voicetasks bench NAME`."""

from __future__ import annotations

import asyncio
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from cli.bench.failing import failed
from cli.bench.report import Report
from cli.bench.utterances import spread
from cli.caller.errors import CallError
from cli.caller.voices import Quality, VoiceName
from cli.one_process import demo_environment
from cli.ports import HOST
from cli.settings import cli_settings

app = typer.Typer(help="Measure what the product promises, and hold it to its targets.", no_args_is_help=True)


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


class ProfileName(StrEnum):
    """How slow the vendors' stand-ins are."""

    INSTANT = "instant"
    SEED = "seed"


Name = TypeVar("Name", bound=StrEnum)


@app.callback()
def bench() -> None:
    """Measure what the product promises, and hold it to its targets."""


@app.command()
def speech(
    user: Annotated[str, typer.Option("--as", help="Who speaks. All tasks of this user are deleted.")] = (
        "economy@example.com"
    ),
    password: Annotated[str, typer.Option(envvar="VOICETASKS_CLI_PASSWORD", show_default=False)] = "demo",  # noqa: S107
    voices: Annotated[str, typer.Option(help="piper, flite or both, with a comma.")] = "piper,flite",
    qualities: Annotated[str, typer.Option(help="browser, phone or both, with a comma.")] = "browser,phone",
    n: Annotated[int, typer.Option(help="How many utterances, spread over all kinds.", min=1, max=40)] = 40,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Speak 40 utterances to the running demo, with a real voice and a real ear, and judge what was done.

    Exit: 0 when all targets hold, 1 when one falls short, 3 when nobody answers, 4 when refused.
    """
    arguments = (user, password, _names(voices, VoiceName), _names(qualities, Quality), n)
    environment, ports = demo_environment()
    os.environ.update(environment)  # the task server's address and the key of its tokens
    console = Console(stderr=True)
    try:
        report = asyncio.run(_speech(f"http://{HOST}:{ports['web']}", *arguments, console))
    except CallError as error:
        raise typer.Exit(failed("speech", error, as_json=as_json)) from None
    report.print(console)
    raise typer.Exit(report.conclude(as_json=as_json))


@app.command()
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


@app.command()
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


@app.command()
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
    chosen = _names(tiers, CostedStack)
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


@app.command()
def chaos(
    calls: Annotated[int, typer.Option(help="How many calls, about half a minute each.", min=1)] = 40,
    seed: Annotated[int, typer.Option(help="Another number, another order.")] = 1,
    state: Annotated[
        Path | None, typer.Option(help="A file that a run goes on from where it stopped.", show_default=False)
    ] = None,
    only: Annotated[
        str,
        typer.Option(help="Only such calls: names of stack, service, kind or point, «premium cut,local»."),
    ] = "",
    plot: Annotated[
        Path | None, typer.Option(help="Where to draw what became of the calls.", show_default=False)
    ] = None,
    at_once: Annotated[
        int, typer.Option(help="Calls at the same time, each at a demo of its own.", min=1, max=8)
    ] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Call a demo of the bench's own while its vendors fail, in every way and at every point of a turn.

    Its data and logs lie in bench-chaos of the data folder, the picture is bench-chaos.png. Exit: 0 when every
    promise was kept, 1 when one was not or the demo does not start, 130 when it was stopped; with --state it goes on.
    """
    from cli.bench.chaos.command import chaos as run_chaos

    folder = cli_settings().data_dir / "bench-chaos"
    chosen = tuple(each.strip() for each in only.split(",") if each.strip())
    raise typer.Exit(run_chaos(calls, seed, state, chosen, at_once, folder, plot, as_json=as_json))


@app.command()
def latency(
    turns: Annotated[
        int, typer.Option(help="Turns of ours, over all doors, tiers and profiles.", min=2)
    ] = 300,
    systems: Annotated[
        str, typer.Option(help="Who is measured: economy, premium, starter, pipecat; with a comma.")
    ] = "economy,premium,starter,pipecat",
    channels: Annotated[str, typer.Option(help="browser, phone or both, with a comma.")] = "browser,phone",
    profiles: Annotated[
        str, typer.Option(help="How slow the vendors' stand-ins are: instant, seed or both, with a comma.")
    ] = "instant,seed",
    seed: Annotated[int, typer.Option(help="Another number, another order.")] = 1,
    real_ear: Annotated[
        bool, typer.Option("--real-ear", help="Whisper hears what is said; it needs the machine for itself.")
    ] = False,
    plot: Annotated[
        Path | None, typer.Option(help="Where to draw where the time went.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Speak turns to a demo of the bench's own and to two peers, and measure at the caller's ear how long each takes.

    A turn takes about 8 s. Its data and logs lie in bench-latency of the data folder. Exit: 0 when all targets hold,
    1 when one falls short or the demo does not start, 3 when nobody answers, 4 when refused.
    """
    from cli.bench.latency.command import bench_latency
    from cli.bench.latency.doors import Channel, System
    from cli.bench.latency.run import Order

    order = Order(
        turns,
        tuple(_names(systems, System)),
        tuple(_names(channels, Channel)),
        tuple(each.value for each in _names(profiles, ProfileName)),
        seed,
        cli_settings().data_dir / "bench-latency",
        real_ear,
    )
    raise typer.Exit(bench_latency(order, plot, as_json=as_json))


@app.command()
def capacity(
    systems: Annotated[
        str, typer.Option(help="Who is measured: economy, premium, starter; with a comma.")
    ] = "economy,starter",
    most: Annotated[
        int, typer.Option(help="Calls at once at which it ends in any case.", min=1, max=64)
    ] = 24,
    every: Annotated[int, typer.Option(help="Calls from one step to the next.", min=1)] = 1,
    seconds: Annotated[float, typer.Option(help="How long each step is measured, at least.", min=5)] = 30.0,
    turns: Annotated[int, typer.Option(help="How many turns each step has, at least.", min=1)] = 30,
    slack_ms: Annotated[
        float, typer.Option("--slack", help="Milliseconds by which p95 may exceed that of one call.", min=10)
    ] = 200.0,
    profile: Annotated[
        ProfileName, typer.Option(help="How slow the vendors' stand-ins are.")
    ] = ProfileName.SEED,
    soak: Annotated[
        float, typer.Option(help="Minutes of short calls at 80 % of what was found; 0 for none.", min=0)
    ] = 0.0,
    calls: Annotated[
        int | None, typer.Option(help="Only the soak, with so many calls at once.", min=1, show_default=False)
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Where to draw it (.png, .svg, .pdf).", show_default=False)
    ] = None,
    fill: Annotated[
        Path | None, typer.Option(help="Fill the numbers into this text: docs/sizing.md.", show_default=False)
    ] = None,
    earlier: Annotated[
        Path | None,
        typer.Option(
            "--from", help="Measure nothing: take the --json of an earlier run.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Hold one call, two, three, … at a demo of the bench's own until p95 breaks, and count what one costs.

    Callers, room server and stand-ins share the machine. The plain starter climbs in the same run. Ctrl-C keeps what
    was measured. Exit: 0 when all targets hold, 1 when one falls short or the demo does not start, 3 when nobody
    answers, 4 when refused, 130 when it was stopped.
    """
    from cli.bench.capacity.climb import Way
    from cli.bench.capacity.command import bench_capacity, show_earlier
    from cli.bench.capacity.run import Order as CapacityOrder
    from cli.bench.latency.doors import System

    if earlier is not None:
        raise typer.Exit(show_earlier(earlier, plot, fill, as_json=as_json))
    order = CapacityOrder(
        () if calls is not None else tuple(_names(systems, System)),
        Way(most, seconds, turns, slack_ms, every),
        profile.value,
        soak,
        calls,
        cli_settings().data_dir / "bench-capacity",
    )
    raise typer.Exit(bench_capacity(order, plot, fill, as_json=as_json))


@app.command()
def restarts(
    calls: Annotated[int, typer.Option(help="Live calls, each somebody's of their own.", min=1, max=16)] = 8,
    events: Annotated[
        str,
        typer.Option(help="What happens, in this order; with a comma between them."),
    ] = "worker-drained,worker-killed,livekit,redis,tasks,postgres",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Hold calls at a demo of the bench's own while workers end and servers restart, and look what they notice.

    Postgres is the demo's database. Where its programs are not installed its restart is not measured, which is no
    success unless --events leaves it out. Data and logs lie in bench-restarts of the data folder. Exit: 0 when all
    targets hold, 1 when one falls short or the demo does not start, 130 when it was stopped.
    """
    from cli.bench.restarts.command import bench_restarts
    from cli.bench.restarts.events import Event
    from cli.bench.restarts.run import Order as RestartOrder

    order = RestartOrder(calls, tuple(_names(events, Event)), cli_settings().data_dir / "bench-restarts")
    raise typer.Exit(bench_restarts(order, as_json=as_json))


@app.command()
def phone(
    parts: Annotated[
        str,
        typer.Option(
            help="What is measured: latency, crowd, abandoned, goodbye, swap, speech; with a comma."
        ),
    ] = "latency,crowd,abandoned,goodbye,swap,speech",
    turns: Annotated[int, typer.Option(help="Turns of latency, over both tiers.", min=2)] = 40,
    given_up: Annotated[int, typer.Option(help="Calls that are abandoned.", min=1)] = 20,
    rounds: Annotated[int, typer.Option(help="How often the vendor dies in an answer.", min=1)] = 6,
    goodbyes: Annotated[int, typer.Option(help="Hang-ups at each of six moments.", min=1)] = 2,
    voices: Annotated[str, typer.Option(help="Who speaks in speech: piper, flite or both.")] = "piper,flite",
    n: Annotated[int, typer.Option(help="Utterances of speech, spread over all kinds.", min=1, max=40)] = 40,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Call a demo of the bench's own by SIP and RTP, and measure at the telephone what a caller is promised.

    Its data and logs lie in bench-phone of the data folder. Exit: 0 when all targets hold, 1 when one falls short or
    the demo does not start, 130 when it was stopped: what was measured until then is shown.
    """
    from cli.bench.phone.command import bench_phone
    from cli.bench.phone.run import Order, Part

    order = Order(
        parts=tuple(_names(parts, Part)),
        folder=cli_settings().data_dir / "bench-phone",
        turns=turns,
        given_up=given_up,
        rounds=rounds,
        goodbyes=goodbyes,
        voices=tuple(_names(voices, VoiceName)),
        utterances=n,
    )
    raise typer.Exit(bench_phone(order, as_json=as_json))


@app.command()
def failover(
    rounds: Annotated[int, typer.Option(help="How often the vendor dies, at each point.", min=1)] = 50,
    points: Annotated[
        str,
        typer.Option(help="Where: mid-sentence, mid-tool, mid-answer, silent; with a comma between them."),
    ] = "mid-sentence,mid-tool,mid-answer,silent",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Talk to a demo of the bench's own while premium's vendor dies, and measure how much later it answers.

    Its data and logs lie in bench-failover of the data folder. Exit: 0 when all targets hold, 1 when one falls short
    or the demo does not start, 3 when nobody answers, 4 when refused.
    """
    from cli.bench.swaps.command import bench_failover
    from cli.bench.swaps.rounds import Point

    folder = cli_settings().data_dir / "bench-failover"
    raise typer.Exit(bench_failover(rounds, _names(points, Point), folder, as_json=as_json))


@app.command()
def swap(
    swaps: Annotated[int, typer.Option(help="How often one call is moved, down and up.", min=12)] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Move one call of a demo of the bench's own between premium and economy, and see what that costs and leaves.

    Its data and logs lie in bench-swap of the data folder. Exit: 0 when all targets hold, 1 when one falls short
    or the demo does not start, 3 when nobody answers, 4 when refused.
    """
    from cli.bench.swaps.command import bench_swap

    raise typer.Exit(bench_swap(swaps, cli_settings().data_dir / "bench-swap", as_json=as_json))


@app.command()
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


@app.command()
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


@app.command()
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


@app.command()
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
    chosen = [each.value for each in _names(databases, Database)]
    try:
        report = asyncio.run(run(tasks, users, seconds, chosen, console.print))
    except (BinaryNotFoundError, PostgresError, TaskBenchError, OSError) as error:
        raise typer.Exit(failed("tasks", error, as_json=as_json)) from None
    report.print(console)
    raise typer.Exit(report.conclude(as_json=as_json))


async def _speech(
    url: str,
    user: str,
    password: str,
    voices: list[VoiceName],
    qualities: list[Quality],
    n: int,
    console: Console,
) -> Report:
    from cli.bench.speech import (  # late: the normaliser and the task client take a second
        Speaker,
        Spoken,
        run,
    )
    from cli.bench.task_store import BenchStore, TaskStoreError
    from mcp_tasks.client import TaskServerUnavailable
    from tiers.catalogue import MODELS
    from tiers.settings import VendorSettings

    def progress(voice: VoiceName, quality: Quality, spoken: Spoken) -> None:
        verdict = "[red]HARM[/]" if spoken.harm else "[green]right[/]" if spoken.right else "[yellow]miss[/]"
        console.print(f"{voice} {quality} {spoken.id}: {verdict}")
        if not spoken.right:
            for said, understood, heard in zip(spoken.said, spoken.understood, spoken.heard, strict=True):
                console.print(escape(f"    «{said}» was understood as «{understood}», answered «{heard}»"))
            console.print(escape(f"    the store holds: {spoken.found}"))

    try:
        async with BenchStore(os.environ["VOICETASKS_WEB_TASKS_URL"], user) as store:
            speaker = Speaker(url, user, password)
            report = await run(speaker, store, voices, qualities, spread(n), progress)
            report.sandbox = any(VendorSettings().is_stand_in(model.vendor) for model in MODELS.values())
            return report
    except (TaskStoreError, TaskServerUnavailable) as error:
        raise CallError(f"{error} The demo must run on this machine.") from error


def _names(text: str, kind: type[Name]) -> list[Name]:
    """Names with commas between them. Raises typer.BadParameter for an unknown one."""
    try:
        return [kind(name.strip()) for name in text.split(",")]
    except ValueError:
        allowed = ", ".join(kind)
        raise typer.BadParameter(f"{text!r} is not made of {allowed}") from None
