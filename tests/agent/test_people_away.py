"""A call whose caller is known already outlives a people's database that fails over, and ends in words where it stays away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit.agents import JobContext
from sqlalchemy.exc import OperationalError

from agent import job
from agent.invitation import Invitation
from agent.metrics.names import FAILING_OUTCOMES
from people.migrate import migrate
from people.store import People
from people.user import User
from tests.agent.test_handset import CALLER, Room
from tests.agent.test_unwritten import Anything

pytestmark = pytest.mark.system


class FailsOver(People):
    """The people's database, which is away for some questions."""

    left = 0
    asked = 0

    async def user_by_id(self, user_id: str) -> User | None:
        type(self).asked += 1
        if type(self).left:
            type(self).left -= 1
            if type(self).left % 2:
                raise ConnectionRefusedError
            raise OperationalError("", None, ConnectionResetError())
        return await super().user_by_id(user_id)


class Stage:
    """A browser's call, as a worker takes it that finds it begun or not."""

    def __init__(self, user_id: str) -> None:
        self.user_id = user_id
        self.served: list[str] = []
        self.heard: list[str] = []
        self.ended: list[str] = []
        self.deleted = 0

    async def answer(self) -> None:
        invitation = Invitation(call_id="c1", subject=self.user_id, identity=CALLER, again=True)

        async def delete_room() -> None:
            self.deleted += 1

        room = Room()
        ctx = SimpleNamespace(
            job=SimpleNamespace(metadata=invitation.model_dump_json(), room=SimpleNamespace(name="room_1")),
            room=room,
            connect=Anything().connect,
            delete_room=delete_room,
            shutdown=self.ended.append,
        )
        await job.answer(cast("JobContext", ctx))
        self.written = room.captions


@pytest.fixture
async def stage(tmp_path: Path, valkey: str, redis: Any, monkeypatch: pytest.MonkeyPatch) -> Stage:
    url = f"sqlite+aiosqlite:///{tmp_path / 'people.db'}"
    await migrate(url)
    monkeypatch.setenv("VOICETASKS_PEOPLE_DATABASE_URL", url)
    monkeypatch.setenv("VOICETASKS_TASKS_TOKEN_SECRET", "a secret that only tests know, 32+ bytes")
    monkeypatch.setenv("REDIS_URL", valkey)
    for name, value in (("KEY", "devkey"), ("SECRET", "x" * 32)):
        monkeypatch.setenv(f"LIVEKIT_API_{name}", value)
    async with People(url) as people:
        made = Stage((await people.create_user(email="ann@example.org", password="x")).id)

    async def play(_: object, name: str) -> None:
        made.heard.append(name)

    @asynccontextmanager
    async def routed(_: object, user: User, *__: object, **___: object) -> AsyncIterator[None]:
        made.served.append(user.id)
        yield

    async def goes_on(*_: object) -> str:
        return "hung_up"

    FailsOver.left = FailsOver.asked = 0
    for name in ("Line", "CallAttributes", "Desk"):
        monkeypatch.setattr(job, name, Anything)
    for name, stand_in in {
        "People": FailsOver,
        "follow": lambda *_: None,
        "play_recording": play,
        "routed": routed,
        "_answer": goes_on,
        "PEOPLE_AGAIN_SECONDS": 0.0,
    }.items():
        monkeypatch.setattr(job, name, stand_in)
    return made


async def test_a_call_that_is_taken_while_the_database_fails_over_goes_on_when_it_is_back(
    stage: Stage,
) -> None:
    FailsOver.left = 5
    await stage.answer()
    assert (stage.served, stage.ended, stage.heard) == ([stage.user_id], ["hung_up"], [])


async def test_who_waits_for_a_database_that_stays_away_is_told_and_the_call_is_no_failure_of_its_own(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    FailsOver.left = 1 << 30
    monkeypatch.setattr(job, "PEOPLE_SECONDS", 0.2)
    await stage.answer()
    assert (stage.served, stage.heard, stage.ended) == ([], ["trouble"], ["people_unavailable"])
    assert len(stage.written) == 1
    assert FailsOver.asked > 2
    assert "people_unavailable" in FAILING_OUTCOMES


async def test_a_call_for_nobody_is_not_waited_for(stage: Stage) -> None:
    stage.user_id = "nobody"
    with pytest.raises(LookupError):
        await stage.answer()
    assert (stage.ended, FailsOver.asked) == (["failed"], 1)
