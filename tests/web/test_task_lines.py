"""A person's way to the task server stays open while they look, and not for long behind."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, cast

import jwt
import pytest

from mcp_tasks.client import TaskClient, TokenProvider
from people.settings import PeopleSettings
from people.tokens import ALGORITHM, AUDIENCE
from people.user import User
from web import task_lines
from web.task_lines import TaskLines

pytestmark = pytest.mark.unit
SECRET = "a secret of at least thirty-two characters"


class Way:
    """In a task client's place."""

    def __init__(self, url: str, token: TokenProvider) -> None:
        self.url, self.token, self.closed = url, token, asyncio.Event()

    async def aclose(self) -> None:
        self.closed.set()


class Ways:
    def __init__(self) -> None:
        self.made: list[Way] = []
        settings = PeopleSettings.model_validate({"VOICETASKS_TASKS_TOKEN_SECRET": SECRET})
        self.lines = TaskLines("http://tasks/mcp", settings, open_client=self.open)

    def open(self, url: str, token: TokenProvider) -> TaskClient:
        self.made.append(Way(url, token))
        return cast("TaskClient", self.made[-1])

    async def look(self, user: User) -> Way:
        async with self.lines.of(user) as client:
            return cast("Way", client)


def person(user_id: str, **more: Any) -> User:
    return User(
        **{
            "id": user_id,
            "email": f"{user_id}@example.com",
            "plan": "economy",
            "role": "user",
            "time_zone": "UTC",
            "created_at": datetime(2026, 11, 1, tzinfo=UTC),
        }
        | more
    )


@pytest.fixture
def ways() -> Ways:
    return Ways()


async def test_who_looks_again_has_the_same_way_and_nobody_elses(ways: Ways) -> None:
    ann, again, bob = [await ways.look(person(each)) for each in ("ann", "ann", "bob")]
    assert ann is again
    assert ann is not bob
    await ways.lines.aclose()
    assert all(way.closed.is_set() for way in ways.made)


async def test_a_token_is_of_the_newest_request(ways: Ways) -> None:
    await ways.look(person("ann"))
    way = await ways.look(person("ann", time_zone="Asia/Tokyo"))
    claims = jwt.decode(await way.token(), SECRET, algorithms=[ALGORITHM], audience=AUDIENCE)
    assert (claims["sub"], claims["zoneinfo"]) == ("ann", "Asia/Tokyo")
    await ways.lines.aclose()


async def test_an_unused_way_is_closed_and_one_in_use_stays(
    ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_lines, "IDLE_SECONDS", 0.02)
    async with ways.lines.of(person("bob")) as busy, asyncio.timeout(10):
        ann = await ways.look(person("ann"))
        await ann.closed.wait()
        assert not cast("Way", busy).closed.is_set()
    assert await ways.look(person("ann")) is not ann
    await ways.lines.aclose()


async def test_beyond_the_most_the_longest_unused_is_closed(
    ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_lines, "MOST", 2)
    async with AsyncExitStack() as stack, asyncio.timeout(10):
        for each in ("ann", "bob", "cy"):  # all in use: nobody's is taken away
            await stack.enter_async_context(ways.lines.of(person(each)))
    assert not any(way.closed.is_set() for way in ways.made)
    async with asyncio.timeout(10):
        await ways.look(person("dan"))
        await asyncio.gather(*(way.closed.wait() for way in ways.made[:2]))
    assert not any(way.closed.is_set() for way in ways.made[2:])
    await ways.lines.aclose()
