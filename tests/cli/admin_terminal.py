"""An admin at a terminal: commands against a Redis and databases of the test's own."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass
from typing import Any
from unittest import mock

from typer.testing import CliRunner

from cli.main import app
from people.store import People
from tests.routing.conftest import Bank


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout."""
        body = json.loads(self.out)
        assert isinstance(body, dict)
        return body


@dataclass
class Terminal:
    """Runs `voicetasks …` on a bank, its admin commands for short."""

    bank: Bank
    people: People
    environment: dict[str, str]

    async def run(self, *arguments: str, stdin: str = "", **environment: str) -> Said:
        """Run `voicetasks admin …` as a process would: with an environment and an event loop of its own."""
        return await self.command("admin", *arguments, stdin=stdin, **environment)

    async def command(self, *arguments: str, stdin: str = "", **environment: str) -> Said:
        """Run any command of `voicetasks` so."""

        def run() -> Said:
            with mock.patch.dict(os.environ, self.environment | environment, clear=True):
                result = CliRunner().invoke(app, [*arguments], input=stdin)
            if result.exception is not None and not isinstance(result.exception, SystemExit):
                raise result.exception
            return Said(result.exit_code, result.stdout, result.stderr)

        return await asyncio.to_thread(run)

    async def ask(self, *arguments: str, **environment: str) -> dict[str, Any]:
        """Run a command with `--json` that must succeed; the object it prints."""
        said = await self.run(*arguments, "--json", **environment)
        assert said.code == 0, said
        return said.json
