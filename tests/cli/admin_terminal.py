"""An admin at a terminal: commands against a Redis and databases of the test's own."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from typer.testing import CliRunner

from cli.main import app
from people.migrate import migrate as migrate_people
from people.store import People
from tests.conftest import clean_environment
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
    """Runs `voicetasks admin …` on a bank."""

    bank: Bank
    people: People
    environment: dict[str, str]

    async def run(self, *arguments: str, stdin: str = "", **environment: str) -> Said:
        """Run a command as a process would: with an environment and an event loop of its own."""

        def run() -> Said:
            with mock.patch.dict(os.environ, self.environment | environment, clear=True):
                result = CliRunner().invoke(app, ["admin", *arguments], input=stdin)
            if result.exception is not None and not isinstance(result.exception, SystemExit):
                raise result.exception
            return Said(result.exit_code, result.stdout, result.stderr)

        return await asyncio.to_thread(run)

    async def ask(self, *arguments: str, **environment: str) -> dict[str, Any]:
        """Run a command with `--json` that must succeed; the object it prints."""
        said = await self.run(*arguments, "--json", **environment)
        assert said.code == 0, said
        return said.json


async def open_terminal(bank: Bank, folder: Path) -> AsyncIterator[Terminal]:
    """For a fixture."""
    people_url = f"sqlite+aiosqlite:///{folder / 'people.db'}"
    await migrate_people(people_url)
    environment = clean_environment(
        folder,
        REDIS_URL=bank.url,
        VOICETASKS_ROUTING_DATABASE_URL=bank.database_url,
        VOICETASKS_PEOPLE_DATABASE_URL=people_url,
        COLUMNS="200",
    )
    async with People(people_url) as people:
        yield Terminal(bank, people, environment)


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables as wide as they like."""
    monkeypatch.setenv("COLUMNS", "200")
