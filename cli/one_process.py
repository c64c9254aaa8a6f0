"""`voicetasks web | worker | tasks | sandbox`: become one process of the demo, in its environment."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from cli.environment import load
from cli.settings import CHECKOUT

MODULES = {
    "web": "web",
    "worker": "agent",
    "tasks": "mcp_tasks",
    "sandbox": "sandbox",
    "reminders": "agent.outbound",
}


def become(process: str) -> NoReturn:
    """Replace this command by the process, so that signals and the exit code are its own."""
    environment, _ = demo_environment()
    os.chdir(CHECKOUT)
    command = [sys.executable, "-m", MODULES[process]]
    os.execve(command[0], command, environment)  # noqa: S606 (our own module, no shell)


def demo_environment() -> tuple[dict[str, str], dict[str, int]]:
    """Environment and ports for a single command."""
    environment, ports = load()
    return environment, ports.as_dict()
