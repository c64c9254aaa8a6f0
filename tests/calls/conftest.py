"""What tests of whole conversations share: a user's tasks, and `voicetasks call`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from mcp_tasks.client import Patience, TaskClient

ECONOMY = "economy@example.com"
CALL_SECONDS = 240.0
TOKEN_SECONDS = 120.0
"""How long a token is used; it is good for longer."""


@dataclass
class Person:
    """A demo account at a running demo."""

    demo: Any
    email: str = ECONOMY
    _tokens: ClassVar[dict[tuple[str, str], tuple[float, str]]] = {}
    """By demo and account, for all tests: to ask for one is a process of its own."""

    def call(self, *steps: str, seconds: float = CALL_SECONDS) -> dict[str, Any]:
        """Make a call that must be answered in every turn; give its JSON."""
        code, result = self.try_call(*steps, seconds=seconds)
        assert code == 0, json.dumps(result, indent=1)
        return result

    def try_call(self, *steps: str, seconds: float = CALL_SECONDS) -> tuple[int, dict[str, Any]]:
        """Make a call; give the exit code and its JSON."""
        done = self.demo.voicetasks("call", "--as", self.email, *steps, "--json", seconds=seconds)
        assert done.stdout.strip(), f"exit {done.returncode}: {done.stderr}"
        return done.returncode, json.loads(done.stdout)

    async def start_with(self, *titles: str) -> dict[str, str]:
        """Have exactly these tasks; give their ids by title."""
        ids: dict[str, str] = {}
        async with self._client() as client:
            for view in ("all", "done"):
                found = await client.call("list_tasks", {"view": view, "limit": 100})
                for task in found.structured["tasks"]:
                    await client.call("delete_task", {"task_id": task["id"]})
            for title in titles:
                made = await client.call("create_task", {"title": title})
                ids[title] = made.structured["task"]["id"]
        return ids

    async def tasks(self) -> list[dict[str, Any]]:
        """What the store holds now, open and done."""
        async with self._client() as client:
            views = [await client.call("list_tasks", {"view": view}) for view in ("all", "done")]
        return [task for view in views for task in view.structured["tasks"]]

    async def today(self) -> str:
        """The user's own date, ISO."""
        async with self._client() as client:
            return str((await client.call("list_tasks", {})).structured["today"])

    def _token(self) -> str:
        """One that is good for a while yet."""
        whose = (str(self.demo.data_dir), self.email)
        asked_at, token = self._tokens.get(whose, (float("-inf"), ""))
        if time.monotonic() - asked_at > TOKEN_SECONDS:
            made = self.demo.voicetasks("tasks", "token", "--as", self.email)
            assert made.returncode == 0, made.stderr
            asked_at, token = self._tokens[whose] = time.monotonic(), made.stdout.strip()
        return token

    def _client(self) -> TaskClient:
        async def provide() -> str:
            return self._token()

        return TaskClient(
            f"http://127.0.0.1:{self.demo.ports['tasks']}/mcp",
            provide,
            patience=Patience(reconnect=15.0, answer=15.0),
        )


@pytest.fixture
def person() -> Callable[..., Person]:
    """Makes a person at a demo."""
    return Person
