"""`voicetasks sip`: how calls come in from the telephone network."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import aiohttp
import httpx
import typer
from livekit import api
from pydantic import ValidationError
from rich.console import Console

from cli.environment import load
from cli.errors import tell_error
from cli.room_server import room_server
from sip import twilio
from sip.provision import UNREACHABLE, carry_out, planned
from sip.settings import SipSettings
from sip.trunk import Step, TrunkError, Wanted

app = typer.Typer(help="The telephone: trunk, dispatch rule, carrier.", no_args_is_help=True)


@app.callback()
def sip() -> None:
    """Keep `provision` a command of its own."""


@app.command()
def provision(
    number: Annotated[list[str] | None, typer.Option(help="A number that people call, E.164.")] = None,
    allow: Annotated[list[str] | None, typer.Option(help="A network that calls may come from.")] = None,
    username: Annotated[str | None, typer.Option(help="For digest authentication.")] = None,
    host: Annotated[str | None, typer.Option(help="The bridge's name for carriers.")] = None,
    secure: Annotated[
        bool, typer.Option("--secure/--plain", help="Ask for TLS and SRTP, or for neither.")
    ] = True,
    yes: Annotated[bool, typer.Option("--yes", help="Carry the plan out without asking.")] = False,
    plan_only: Annotated[bool, typer.Option("--plan", help="Show the plan and change nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Have the room server take calls from your carrier: one room for each, with our agent in it.

    What is not given by a flag is taken from VOICETASKS_SIP_…; the password from VOICETASKS_SIP_PASSWORD alone.
    """
    environment, _ = load()
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        settings = _settings(number, allow, username, host)
        wanted = Wanted(
            numbers=settings.numbers,
            allowed_addresses=settings.allowed_addresses,
            username=settings.username,
            password=settings.password.get_secret_value(),
            secure=secure,
        )
    except TrunkError as error:
        raise typer.BadParameter(str(error)) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise typer.BadParameter(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    try:
        said = asyncio.run(
            _provision(environment, wanted, console, settings, yes=yes, plan_only=plan_only, ask=not as_json)
        )
    except UNREACHABLE as error:
        message = f"the room server refused or did not answer: {error}"
        tell_error("sip", "room_server", message, as_json=as_json)
        raise typer.Exit(1) from None
    if as_json:
        print(json.dumps(said))
    if any(finding["level"] == "fail" for finding in said["twilio"]):
        raise typer.Exit(1)


def _settings(
    number: list[str] | None, allow: list[str] | None, username: str | None, host: str | None
) -> SipSettings:
    given: dict[str, Any] = {
        "numbers": number or None,
        "allowed_addresses": allow or None,
        "username": username,
        "host": host,
    }
    return SipSettings(**{name: value for name, value in given.items() if value is not None})


async def _provision(
    environment: dict[str, str],
    wanted: Wanted,
    console: Console,
    settings: SipSettings,
    *,
    yes: bool,
    plan_only: bool,
    ask: bool,
) -> dict[str, Any]:
    timeout = aiohttp.ClientTimeout(total=10)
    async with api.LiveKitAPI(*room_server(environment), timeout=timeout, failover=False) as client:
        steps = await planned(client, wanted)
        _show(console, environment["LIVEKIT_URL"], steps, trusted=wanted.is_trusted)
        changes = any(step.kind != "keep" for step in steps)
        done = False
        if changes and not plan_only:
            if not yes and not (ask and typer.confirm("Carry this out?", err=True)):
                console.print("Nothing was changed.")
            else:
                await carry_out(client, wanted, steps)
                done = True
                console.print("Done.")
    findings = await _carrier(console, settings, secure=wanted.secure)
    return {
        "steps": [
            {"do": step.kind, "what": step.what, "id": step.identity, "fields": list(step.changes)}
            for step in steps
        ],
        "changed": done,
        "trusted": wanted.is_trusted,
        "set_at_twilio": twilio.to_set(settings, secure=wanted.secure),
        "twilio": findings,
    }


def _show(console: Console, url: str, steps: list[Step], *, trusted: bool) -> None:
    console.print(f"At {url}:")
    for step in steps:
        console.print(f"  - {step.sentence}", markup=False)
    if not trusted:
        console.print("  The peer is not trusted: what it says of its callers is not passed on.")


async def _carrier(console: Console, settings: SipSettings, *, secure: bool) -> list[dict[str, str]]:
    console.print("At Twilio:")
    for line in twilio.to_set(settings, secure=secure):
        console.print(f"  - {line}", markup=False)
    if not settings.twilio_account_sid or not settings.twilio_auth_token.get_secret_value():
        console.print("  (not checked: TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set)")
        return []
    try:
        found = await twilio.check(settings, secure=secure)
    except httpx.HTTPError as error:
        what = f"Twilio did not answer as it should: {type(error).__name__}"
        if isinstance(error, httpx.HTTPStatusError):
            what = f"Twilio answered {error.response.status_code}"
        found = [twilio.Finding("fail", what, "Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.")]
    for each in found:
        console.print(f"  {each.level}: {each.detail}{' – ' + each.fix if each.fix else ''}", markup=False)
    return [{"level": each.level, "detail": each.detail, "fix": each.fix} for each in found]
