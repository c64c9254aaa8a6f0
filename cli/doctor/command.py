"""Runs every check and prints the verdicts."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.doctor.check import Check
from cli.doctor.configuration import configuration
from cli.doctor.phone import bridge, takes_calls
from cli.doctor.programs import programs
from cli.doctor.servers import named_servers, servers
from cli.doctor.vendors import keys, models
from cli.environment import load, read_dotenv
from cli.running import read_running
from cli.settings import SettingError, cli_settings

COLOURS = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Look at this machine and say what is wrong and how to mend it; exit code 1 when something is."""
    checks = asyncio.run(examine())
    if as_json:
        print(json.dumps({"checks": [check.as_dict() for check in checks]}))
    else:
        _print(checks)
    raise typer.Exit(1 if any(check.level == "fail" for check in checks) else 0)


async def examine() -> list[Check]:
    """Every check, in the order in which to mend things."""
    read_dotenv(os.environ)
    user_environment = dict(os.environ)
    try:
        settings = cli_settings()
    except SettingError as error:
        return [Check("settings", "fail", str(error), "edit .env or the environment")]
    checks = [*programs(user_environment, settings.data_dir), bridge(user_environment)]
    checks += configuration(user_environment)
    checks += keys(user_environment)
    checks += models(datetime.now(UTC).date())
    try:
        environment, ports = load(settings)
    except SettingError as error:
        return [*checks, Check("settings", "fail", str(error), "edit .env or the environment")]
    running = read_running(settings.data_dir)
    checks += await servers(user_environment, environment, ports, demo_runs=running is not None)
    if running is not None:
        checks.append(await takes_calls(ports, runs="bridge" in running.pids))
    return checks + await named_servers(user_environment)


def _print(checks: list[Check]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    width = max(len(check.name) for check in checks)
    for check in checks:
        colour = COLOURS[check.level]
        line = f"[{colour}]{check.level:<4}[/]  {escape(check.name):<{width}}  {escape(check.detail)}"
        console.print(line + (f"  [dim]→ {escape(check.fix)}[/]" if check.fix else ""))
