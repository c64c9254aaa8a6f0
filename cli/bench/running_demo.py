"""The bench that speaks to the demo that runs already."""

from __future__ import annotations

import asyncio
import os
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.bench.failing import failed
from cli.bench.names import names
from cli.bench.report import Report
from cli.bench.utterances import spread
from cli.caller.errors import CallError
from cli.caller.voices import Quality, VoiceName
from cli.one_process import demo_environment
from cli.ports import HOST


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
    arguments = (user, password, names(voices, VoiceName), names(qualities, Quality), n)
    environment, ports = demo_environment()
    os.environ.update(environment)  # the task server's address and the key of its tokens
    console = Console(stderr=True)
    try:
        report = asyncio.run(_speech(f"http://{HOST}:{ports['web']}", *arguments, console))
    except CallError as error:
        raise typer.Exit(failed("speech", error, as_json=as_json)) from None
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
