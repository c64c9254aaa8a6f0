"""The economy user's tasks, straight from the task server: seeded before an utterance and read after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import TracebackType
from typing import Any, Self

from cli.bench.judge import StoredTask
from cli.bench.utterances import Utterance, due
from mcp_tasks.client import Patience, TaskClient
from people.settings import PeopleSettings
from people.store import People
from people.tokens import mint_tasks_token

MOST_TASKS = 100
PATIENCE = Patience(reconnect=15.0, answer=15.0)
"""A bench would rather wait for a busy machine than fail."""


class TaskStoreError(RuntimeError):
    """The task server did not do what the bench needs; the message says what."""


class BenchStore:
    """One user's tasks. Use as an async context manager."""

    def __init__(self, url: str, email: str) -> None:
        self._email = email
        self._settings = PeopleSettings()
        self._client = TaskClient(url, self._token, patience=PATIENCE)

    async def __aenter__(self) -> Self:
        async with People(self._settings.database_url) as people:
            user = await people.user_by_email(self._email)
        if user is None:
            raise TaskStoreError(f"there is no user {self._email}: is the demo running?")
        self._user = user
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    @property
    def user_id(self) -> str:
        """Who the user is."""
        return self._user.id

    async def today(self) -> date:
        """The user's own date."""
        return date.fromisoformat((await self._call("list_tasks", {"limit": 1}))["today"])

    async def tasks(self) -> list[StoredTask]:
        """All tasks, open and done."""
        return [*await self.open_tasks(), *await self._listed("done")]

    async def open_tasks(self) -> list[StoredTask]:
        """Those that are not done, in one question."""
        return await self._listed("all")

    async def _listed(self, view: str) -> list[StoredTask]:
        answer = await self._call("list_tasks", {"view": view, "limit": MOST_TASKS})
        return [
            StoredTask(task["id"], task["title"], task["due"], task["status"], made_at(task))
            for task in answer["tasks"]
        ]

    async def clear(self) -> None:
        """Delete every task."""
        for task in await self.tasks():
            await self._call("delete_task", {"task_id": task.id})

    async def fill(self, titles: Sequence[str]) -> None:
        """Make exactly these tasks."""
        await self.clear()
        for title in titles:
            await self._call("create_task", {"title": title})

    async def seed(self, utterance: Utterance, today: date) -> list[StoredTask]:
        """Make exactly the tasks that an utterance starts from, and give them as they are now."""
        await self.clear()
        ids: dict[str, str] = {}
        for seed in utterance.before:
            when = due(seed.due, today)
            made = await self._call("create_task", {"title": seed.title} | ({"due": when} if when else {}))
            ids[seed.title] = made["task"]["id"]
            if seed.status == "done":
                await self._call("complete_task", {"task_id": ids[seed.title]})
        if utterance.changed is not None:
            change, title = utterance.changed
            await self._call(f"{change}_task", {"task_id": ids[title]})
        return await self.tasks()

    async def _call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        outcome = await self._client.call(tool, arguments)
        if outcome.is_error:
            raise TaskStoreError(f"the task server refused {tool}: {outcome.code}")
        return outcome.structured

    async def _token(self) -> str:
        return mint_tasks_token(self._user, self._settings)


def made_at(task: Mapping[str, Any]) -> float:
    """When it was made, Unix time."""
    return datetime.fromisoformat(task["created_at"]).timestamp()
