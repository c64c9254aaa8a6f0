"""`voicetasks probe`: is a caller answered now? Once, or again and again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape

from cli.admin.books import bad_setting
from cli.admin.output import Json, print_json, reporting, say
from cli.caller.script import Order
from cli.caller.voices import VoiceName
from cli.environment import load, read_dotenv
from cli.one_process import demo_environment
from cli.ports import HOST
from cli.probe.accounts import password_of, pin_of, set_up
from cli.probe.numbers import ProbeNumbers
from cli.probe.round_trip import CHANNELS, Probed, probe
from cli.probe.settings import ProbeSettings
from cli.probe.telephone import by_telephone
from cli.probe.turn import turn
from cli.settings import cli_settings
from routing.kinds import Tier

app = typer.Typer(help="Call as a synthetic user, and tell whether it was served.")

T = TypeVar("T", bound=str)

FAILED = 1
TIERS: tuple[Tier, ...] = ("economy", "premium")


@app.callback(invoke_without_command=True)
def run(
    context: typer.Context,
    tier: Annotated[list[str] | None, typer.Option(help="economy or premium; both without.")] = None,
    channel: Annotated[
        list[str] | None, typer.Option(help="browser or phone; without, both where the phone's PIN is known.")
    ] = None,
    every: Annotated[
        float | None, typer.Option(min=10, help="Again and again, beginning so many seconds apart.")
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(envvar="VOICETASKS_WEB_URL", help="The web server; by default the demo's."),
    ] = None,
    sip: Annotated[
        bool,
        typer.Option(
            "--sip",
            help="By SIP and RTP through the bridge on this machine; else into a room as the bridge does.",
        ),
    ] = False,
    voice: Annotated[VoiceName, typer.Option(help="Whose voice speaks the words.")] = VoiceName.PIPER,
    as_json: Json = False,
) -> None:
    """Make a call for each tier and channel: it is answered, a task is made by voice, and deleted again.

    One that finds another's call under way on this machine waits for its end, and says so.
    With --every it goes on until it is ended (SIGTERM: after the call under way), tells its metrics, and prints one object
    for each round.
    Exit: 0 all went well, 1 one did not, 2 usage. `set-up` makes the accounts first.
    """
    if context.invoked_subcommand is not None:
        return
    tiers = _choice(tier, TIERS, "--tier")
    channels = _choice(channel, CHANNELS, "--channel")
    read_dotenv(os.environ)
    control = ""
    environment, ports = load()
    if url is None:
        url, control = f"http://{HOST}:{ports.web}", f"http://{HOST}:{ports.sandbox_control}"
    with reporting(as_json=as_json):
        settings = _settings()
        pin, bridge = pin_of(settings), ports.sip if sip else None
        if pin is None and channel is None:
            channels = ("browser",)
        orders: list[tuple[Tier, Order]] = []
        for each in tiers:
            order = Order(
                url=url,
                email=settings.email(each),
                password=password_of(settings),
                voice=voice,
                control_url=control,
            )
            if "browser" in channels:
                orders.append((each, order))
            if "phone" in channels:
                orders.append((each, by_telephone(order, settings.number(each), pin, environment, bridge)))
    rounds = _Rounds(orders, cli_settings().data_dir, as_json=as_json)
    if every is None:
        ok = asyncio.run(rounds.once())
        raise typer.Exit(0 if ok else FAILED)
    try:
        port = rounds.numbers.serve(settings.host, settings.port)
    except OSError as error:
        raise typer.BadParameter(
            f"port {settings.port} is taken ({error.strerror}): VOICETASKS_PROBE_PORT names another"
        ) from error
    say(f"calls every {every:.0f} s; metrics at http://{settings.host}:{port}/metrics")
    asyncio.run(rounds.again(every))


@app.command("set-up")
def set_up_(as_json: Json = False) -> None:
    """Make the probe's accounts and give each its budget; done again it changes nothing."""
    environment, _ = demo_environment()
    os.environ.update(environment)
    with reporting(as_json=as_json):
        done = asyncio.run(set_up(_settings()))
    if as_json:
        print_json(done)
    else:
        say(f"The probe calls as {' and '.join(done['accounts'])}.")


def _settings() -> ProbeSettings:
    try:
        return ProbeSettings()
    except ValidationError as error:
        raise bad_setting(error) from error


class _Rounds:
    """Calls to every tier by every channel, one after the other: they are not to fill the workers.

    `folder` is where probes on this machine wait for each other.
    """

    def __init__(self, orders: Sequence[tuple[Tier, Order]], folder: Path, *, as_json: bool) -> None:
        self.numbers = ProbeNumbers()
        self._orders = orders
        self._folder = folder
        self._as_json = as_json
        self._ends = asyncio.Event()

    async def once(self) -> bool:
        found: list[Probed] = []
        for tier, order in self._orders:
            async with turn(self._folder, tier, say):
                if self._ends.is_set():
                    break
                found.append(await probe(order, tier))
            self.numbers.tell(found[-1])
            self._show(found[-1])
        ok = all(each.ok for each in found)
        if self._as_json:
            print_json({"ok": ok, "probes": [each.as_json() for each in found]})
        return ok

    async def again(self, every: float) -> None:
        """Go on until SIGTERM, and then to the end of the call under way: neither it nor its task is to be left behind.

        As a container's first process nobody else would end us.
        """
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._ends.set)
        while not self._ends.is_set():
            due = loop.time() + every
            await self.once()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self._ends.wait()

    @staticmethod
    def _show(probed: Probed) -> None:
        name = f"{probed.tier}, {probed.channel}"
        if probed.sandbox:
            name += " (sandbox)"
        if probed.ok:
            sound = f"first sound after {probed.first_sound_ms} ms, " if probed.first_sound_ms else ""
            line = f"[green]ok[/]    {name}: {sound}{probed.seconds} s in all"
        else:
            line = f"[red]fail[/]  {name}: {escape(probed.problem or '')}"
        Console(stderr=True, highlight=False).print(line)


def _choice(given: Sequence[str] | None, known: tuple[T, ...], option: str) -> tuple[T, ...]:
    chosen = tuple(each for each in known if given is None or each in given)
    if given is not None and set(given) - set(known):
        raise typer.BadParameter(f"{option} takes {' or '.join(known)}")
    return chosen
