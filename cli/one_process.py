"""`voicetasks web | worker | tasks | sandbox`: become one process of the demo, in its environment."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import typer

from cli.environment import EnvironmentFileError, load
from cli.ports import PortNumberError
from cli.settings import CHECKOUT

MODULES = {"web": "web", "worker": "agent", "tasks": "mcp_tasks", "sandbox": "sandbox"}


def become(process: str) -> NoReturn:
    """Replace this command by the process, so that signals and the exit code are its own."""
    environment, _ = demo_environment()
    os.chdir(CHECKOUT)
    command = [sys.executable, "-m", MODULES[process]]
    os.execve(command[0], command, environment)  # noqa: S606 (our own module, no shell)


def demo_environment() -> tuple[dict[str, str], dict[str, int]]:
    """Environment and ports for a single command; a setting that is wrong ends it with a message, exit code 2."""
    try:
        environment, ports = load()
    except (EnvironmentFileError, PortNumberError) as error:
        typer.echo(f"voicetasks: {error}", err=True)
        raise typer.Exit(2) from error
    return environment, ports.as_dict()
