"""The benches that start a demo of their own and call it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.bench.names import names
from cli.caller.voices import VoiceName
from cli.settings import cli_settings


class ProfileName(StrEnum):
    """How slow the vendors' stand-ins are."""

    INSTANT = "instant"
    SEED = "seed"


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
        tuple(names(systems, System)),
        tuple(names(channels, Channel)),
        tuple(each.value for each in names(profiles, ProfileName)),
        seed,
        cli_settings().data_dir / "bench-latency",
        real_ear,
    )
    raise typer.Exit(bench_latency(order, plot, as_json=as_json))


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
        () if calls is not None else tuple(names(systems, System)),
        Way(most, seconds, turns, slack_ms, every),
        profile.value,
        soak,
        calls,
        cli_settings().data_dir / "bench-capacity",
    )
    raise typer.Exit(bench_capacity(order, plot, fill, as_json=as_json))


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

    order = RestartOrder(calls, tuple(names(events, Event)), cli_settings().data_dir / "bench-restarts")
    raise typer.Exit(bench_restarts(order, as_json=as_json))


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
        parts=tuple(names(parts, Part)),
        folder=cli_settings().data_dir / "bench-phone",
        turns=turns,
        given_up=given_up,
        rounds=rounds,
        goodbyes=goodbyes,
        voices=tuple(names(voices, VoiceName)),
        utterances=n,
    )
    raise typer.Exit(bench_phone(order, as_json=as_json))


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
    raise typer.Exit(bench_failover(rounds, names(points, Point), folder, as_json=as_json))


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
