"""The command `voicetasks`."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from cli.environment import read_dotenv
from cli.one_process import become
from cli.program import Program
from cli.settings import CliSettings, cli_settings

app = typer.Typer(
    name="voicetasks",
    cls=Program,
    help="Manage tasks by talking, from a browser or any phone.",
    no_args_is_help=True,
    # Local variables in a traceback may be keys.
    pretty_exceptions_show_locals=False,
)


@app.command()
def demo(
    port: Annotated[int | None, typer.Option(help="First of six ports; 0 takes free ones.")] = None,
    livekit_port: Annotated[int | None, typer.Option(help="LiveKit; its UDP port is this + 2.")] = None,
    redis_port: Annotated[int | None, typer.Option(help="The embedded Redis.")] = None,
    sip_port: Annotated[int | None, typer.Option(help="SIP over UDP, with --phone.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Databases, logs and secrets.")] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the page.")] = False,
    phone: Annotated[bool, typer.Option("--phone", help="Calls by telephone too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout once ready.")] = False,
) -> None:
    """Start everything on this machine; Ctrl-C ends all of it."""
    read_dotenv(os.environ)
    settings = cli_settings(
        port=port, livekit_port=livekit_port, redis_port=redis_port, sip_port=sip_port, data_dir=data_dir
    )
    raise typer.Exit(
        asyncio.run(
            _demo(
                settings,
                base_is_a_flag=port is not None,
                browser=not no_browser,
                phone=phone,
                as_json=as_json,
            )
        )
    )


@app.command()
def web() -> None:
    """Run the web server."""
    become("web")


@app.command()
def worker() -> None:
    """Run a worker that answers calls."""
    become("worker")


@app.command()
def reminders() -> None:
    """Run a process that calls people about tasks that are due."""
    become("reminders")


async def _demo(
    settings: CliSettings, *, base_is_a_flag: bool, browser: bool, phone: bool, as_json: bool
) -> int:
    from cli.demo import Demo

    return await Demo(
        settings,
        environment=dict(os.environ),
        base_is_a_flag=base_is_a_flag,
        browser=browser,
        phone=phone,
        as_json=as_json,
    ).run()


if __name__ == "__main__":
    app()
