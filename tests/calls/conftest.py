"""What tests of whole conversations share: a user's tasks, and `voicetasks call`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

ECONOMY = "economy@example.com"
CALL_SECONDS = 240.0


@dataclass
class Person:
    """A demo account at a running demo."""

    demo: Any
    email: str = ECONOMY

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
        async with await self.demo.task_client(self.email) as client:
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
        async with await self.demo.task_client(self.email) as client:
            views = [await client.call("list_tasks", {"view": view}) for view in ("all", "done")]
        return [task for view in views for task in view.structured["tasks"]]

    async def today(self) -> str:
        """The user's own date, ISO."""
        async with await self.demo.task_client(self.email) as client:
            return str((await client.call("list_tasks", {})).structured["today"])


@pytest.fixture
def person() -> Callable[..., Person]:
    """Makes a person at a demo."""
    return Person
