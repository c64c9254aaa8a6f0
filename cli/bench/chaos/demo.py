"""A demo of the bench's own: everything on this machine and on free ports, whatever keys the user has."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from cli.bench.bare_environment import bare_environment
from cli.bench.ending import end
from cli.environment import load
from cli.settings import CHECKOUT, cli_settings

END_SECONDS: Final = 40.0
_TETHER: Final = CHECKOUT / "cli" / "tether.py"


class NoDemoError(RuntimeError):
    """The demo did not start or did not stay; the message says where to look."""


@contextlib.asynccontextmanager
async def demo_of_its_own(folder: Path, *options: str, **settings: str) -> AsyncIterator[dict[str, Any]]:
    """Run it for as long as the block lasts; gives what `demo --json` says. Raises NoDemoError.

    `options` are the command's own, `settings` its environment.
    """
    command = (sys.executable, "-m", "cli.main", "demo", "--json", "--no-browser")
    ports = ("--port", "0", "--livekit-port", "0", "--redis-port", "0")
    told = folder / "demo.out"
    with told.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(_TETHER), str(os.getpid())),
            *(*command, *ports, "--data-dir", str(folder), *options),
            cwd=CHECKOUT,
            env=bare_environment() | {"VOICETASKS_CLI_ENV_FILE": os.devnull} | settings,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            start_new_session=True,  # Ctrl-C is the bench's: it ends the demo when its calls are over
        )
    try:
        if process.stdout is None:
            raise NoDemoError("the demo has no output")
        said = await process.stdout.readline()
        if not said:
            raise NoDemoError(f"the demo did not start; {told} says why")
        yield json.loads(said)
    finally:
        await end(process, within=END_SECONDS)


def take_addresses_of(folder: Path) -> None:
    """Have what is opened next find this demo, and no key or address of the user's or of the demo before."""
    for name in os.environ.keys() - bare_environment().keys():
        del os.environ[name]
    os.environ["VOICETASKS_CLI_ENV_FILE"] = os.devnull
    environment, _ = load(cli_settings(data_dir=folder))
    os.environ.update(environment)
