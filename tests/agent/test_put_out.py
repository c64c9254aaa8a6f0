"""A worker that was put out of a room before its call began leaves the call to whoever has it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit.agents import JobContext
from redis.exceptions import ConnectionError as RedisAwayError

from agent import job, served
from agent.invitation import Invitation
from agent.served import Served

pytestmark = pytest.mark.unit


class Redis:
    """Knows who owns the one call there is, unless it is away."""

    def __init__(self) -> None:
        self.owner = ""
        self.is_away = False

    def register_script(self, script: str) -> Any:
        async def run(*, keys: list[str], args: list[Any]) -> Any:
            if self.is_away:
                raise RedisAwayError
            if script == served._BEGIN:
                self.owner = args[1]
                return [1, 0, 0]
            if script == served._BEAT:
                return b"go" if self.owner == args[1] else b"taken"
            return int(self.owner == args[1])

        return run

    async def aclose(self) -> None: ...


class Nothing:
    """Stands for what is beside the call."""

    is_up = True

    def __init__(self, *_: Any) -> None: ...

    def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def aclose(self) -> None: ...


class Stage:
    """A telephone whose PIN is asked for when something happens."""

    def __init__(self, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
        self.did: list[str] = []

        async def over(*_: Any) -> None:
            self.did.append("told how it went")

        async def delete_room() -> None:
            self.did.append("room closed")

        monkeypatch.setenv("LIVEKIT_API_KEY", "devkey")
        monkeypatch.setenv("LIVEKIT_API_SECRET", "x" * 32)
        for name in ("PromptBeginnings", "KeptSounds", "PeopleSettings", "Unwritten"):
            monkeypatch.setattr(job, name, Nothing)
        for name, stand_in in {"connect": lambda _: redis, "follow": lambda *_: None, "over": over}.items():
            monkeypatch.setattr(job, name, stand_in)
        invitation = Invitation(call_id="c1", subject="", channel="phone", identity="sip_1")
        self.ctx = SimpleNamespace(
            job=SimpleNamespace(metadata=invitation.model_dump_json(), room=SimpleNamespace(name="phone-1")),
            delete_room=delete_room,
            shutdown=lambda _: None,
        )

    async def answer(self) -> list[str]:
        await job.answer(cast("JobContext", self.ctx))
        return self.did


@pytest.fixture
def redis(monkeypatch: pytest.MonkeyPatch) -> Redis:
    monkeypatch.setattr(served, "Wire", Nothing)
    monkeypatch.setattr(served, "BEAT_SECONDS", 0.01)
    return Redis()


@pytest.mark.parametrize(
    ("happens", "reason", "did"),
    [
        ({}, "not_admitted", ["room closed"]),
        ({"owner": "another"}, "not_admitted", []),
        ({"owner": "another"}, "people_unavailable", []),
        ({"is_away": True}, "people_unavailable", ["room closed", "told how it went"]),
    ],
)
async def test_the_room_of_a_call_that_another_worker_has_is_not_closed(
    redis: Redis, monkeypatch: pytest.MonkeyPatch, happens: dict[str, Any], reason: str, did: list[str]
) -> None:
    async def serve_it(*_: Any) -> str:
        vars(redis).update(happens)
        return reason

    monkeypatch.setattr(job, "_serve_it", serve_it)
    assert await Stage(redis, monkeypatch).answer() == did


async def test_a_call_that_was_taken_before_it_began_here_is_told_so_when_it_begins(redis: Redis) -> None:
    mine = Served(cast("Any", redis), call_id="c1", room="phone-1", metadata="{}", dead_after_seconds=6.0)
    assert await mine.begin()
    redis.owner = "another"
    assert mine._beating is not None
    await asyncio.wait_for(mine._beating, 5)
    ends: list[str] = []
    mine.as_served(cast("Any", SimpleNamespace(turn=0, end=ends.append)))
    assert ends == ["taken_over"]
    await mine.stop()
