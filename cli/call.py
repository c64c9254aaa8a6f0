"""`voicetasks call`: a scripted caller over real WebRTC, or by telephone through the bridge."""

from __future__ import annotations

import asyncio
import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperCommand

from cli import environment
from cli.caller.errors import CallError
from cli.caller.live_view import LiveView
from cli.caller.record import CallRecord
from cli.caller.script import Order, make_call
from cli.caller.shared_screen import FRAMES_A_SECOND, MOST_FRAMES_A_SECOND, PictureError
from cli.caller.sound import WavError
from cli.caller.steps import StepError, read_steps
from cli.caller.voices import Quality, VoiceName
from cli.ports import HOST

if TYPE_CHECKING:
    from cli.caller.phone.phone_line import PhoneWay

STEP_OPTIONS = ("say", "wav", "type_", "key", "click", "pause", "interrupt_at", "share", "hang_up")
NOBODY, INTERRUPTED = 3, 130


class Channel(StrEnum):
    """A door that callers come through."""

    BROWSER = "browser"
    PHONE = "phone"


class StepsInOrder(TyperCommand):
    """Remembers in which order options of different names were given; Typer itself forgets it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse as always, and put (name, value) of each step into the context."""
        values, _, order = self.make_parser(ctx).parse_args(args=list(args))
        left = {name: iter(values[name]) for name in STEP_OPTIONS if isinstance(values.get(name), list)}
        ctx.meta["steps"] = [
            (option.name.rstrip("_"), next(left[option.name]) if option.name in left else "")
            for option in order
            if option.name in STEP_OPTIONS
        ]
        return super().parse_args(ctx, args)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("call", cls=StepsInOrder)(call)


def call(
    ctx: typer.Context,
    user: Annotated[str, typer.Option("--as", help="Who calls: the e-mail address of a user.")],
    say: Annotated[list[str] | None, typer.Option(help="Speak these words.")] = None,
    wav: Annotated[list[str] | None, typer.Option(help="Play a 16-bit wav file.")] = None,
    type_: Annotated[list[str] | None, typer.Option("--type", help="Send text in the chat.")] = None,
    key: Annotated[list[str] | None, typer.Option(help="Press telephone keys.")] = None,
    click: Annotated[list[str] | None, typer.Option(help="Answer the card: yes or no.")] = None,
    pause: Annotated[list[str] | None, typer.Option(help="Be silent for so many seconds.")] = None,
    interrupt_at: Annotated[
        list[str] | None, typer.Option(help="The next step begins so many seconds into the agent's speech.")
    ] = None,
    hang_up: Annotated[
        bool, typer.Option("--hang-up", help="Leave (also done after the last step).")
    ] = False,
    share: Annotated[
        list[str] | None,
        typer.Option(
            help="Share a picture as the screen from here on; «stop» ends it. The agent may look: the picture goes to "
            "the vision vendor and is not kept."
        ),
    ] = None,
    share_rate: Annotated[
        int,
        typer.Option(min=1, max=MOST_FRAMES_A_SECOND, help="Frames a second of the shared screen."),
    ] = FRAMES_A_SECOND,
    channel: Annotated[Channel, typer.Option(help="Which door the caller comes through.")] = Channel.BROWSER,
    sip: Annotated[
        bool,
        typer.Option("--sip", help="By SIP and RTP through the bridge of scripts/demo --phone (phone only)."),
    ] = False,
    from_: Annotated[
        str | None,
        typer.Option("--from", help="The caller's number (phone only); a demo account has one."),
    ] = None,
    pin: Annotated[
        str | None,
        typer.Option(
            envvar="VOICETASKS_CLI_PIN",
            show_default=False,
            help="Keyed when it is asked for (phone only); by default the demo's. Empty: nothing is keyed.",
        ),
    ] = None,
    password: Annotated[str, typer.Option(envvar="VOICETASKS_CLI_PASSWORD", show_default=False)] = "demo",  # noqa: S107
    url: Annotated[
        str | None,
        typer.Option(
            envvar="VOICETASKS_WEB_URL", help="The web server; by default the demo's on this machine."
        ),
    ] = None,
    voice: Annotated[VoiceName, typer.Option(help="Whose voice speaks the words.")] = VoiceName.PIPER,
    quality: Annotated[
        Quality, typer.Option(help="phone: the voice goes through 8 kHz mu-law.")
    ] = Quality.BROWSER,
    record: Annotated[Path | None, typer.Option(help="Keep what the caller heard as a wav file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Call the agent, do the steps in the order given, and tell what came back.

    Exit: 0 answered in every turn, 2 usage, 3 nobody answered, 4 refused.
    """
    if channel is Channel.BROWSER and (sip or from_ is not None or pin is not None):
        raise typer.BadParameter("--sip, --from and --pin are a telephone's: add --channel phone")
    if record is not None and not record.parent.is_dir():
        raise typer.BadParameter(f"{record}: there is no such folder", param_hint="--record")
    found, ports = environment.load()
    way: PhoneWay | None = None
    try:
        steps = read_steps(ctx.meta["steps"])
        if channel is Channel.PHONE:
            from cli.caller.phone.way_in import (
                phone_way,
                refuse_what_no_telephone_does,
            )  # late: a browser needs none

            if sip:
                refuse_what_no_telephone_does(steps)
            way = phone_way(found, ports.sip, email=user, number=from_, pin=pin)
    except StepError as error:
        raise typer.BadParameter(str(error)) from None
    order = Order(
        url=url or f"http://{HOST}:{ports.web}",
        email=user,
        password=password,
        steps=steps,
        voice=voice,
        # The bridge's own codec makes a telephone's sound of it.
        quality=Quality.PHONE if channel is Channel.PHONE and not sip else quality,
        control_url=f"http://{HOST}:{ports.sandbox_control}",
        record_to=record,
        screen_rate=share_rate,
        phone=way,
        through_bridge=sip,
    )
    raise typer.Exit(run(order, as_json=as_json))


def run(order: Order, *, as_json: bool) -> int:
    """Make the call and print what there is, also when it breaks off; give the exit code."""
    view = LiveView(Console(stderr=True))
    result = CallRecord(channel="browser" if order.phone is None else "phone")
    try:
        asyncio.run(_call(order, result, view))
        code = 0 if result.answered else NOBODY
    except CallError as error:
        code = error.exit_code
    except (WavError, PictureError) as error:
        result.error, code = str(error), 2
    except KeyboardInterrupt:
        result.error, code = "interrupted at the terminal", INTERRUPTED
    view.summary(result)
    if as_json:
        typer.echo(json.dumps(result.as_json(), ensure_ascii=False))
    return code


async def _call(order: Order, result: CallRecord, view: LiveView) -> None:
    try:
        await make_call(order, result, view.show)
    finally:
        if order.through_bridge and result.confirmations:
            from cli.caller.phone.how_answered import tell_outcomes  # late: it opens the journal

            await tell_outcomes(result)
