"""A telephone that a full worker takes is told so at once, before anybody is asked who they are, and costs nothing."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc
from livekit.agents import JobContext

import agent.handset
from agent import job, phone_door
from agent.phone_admission import Admitted
from agent.phone_prompts import BUSY, PROMPTS, TOO_MANY
from agent.slots import BUSY_ATTRIBUTE
from tests.agent.test_handset import CALLER, Room
from tests.agent.test_unwritten import Anything

pytestmark = pytest.mark.system


class Stage:
    """A phone call, as a worker takes it that is full or not."""

    def __init__(self, *, busy: bool) -> None:
        self.heard: list[str] = []
        self.states: list[str] = []
        self.ended: list[str] = []
        self.asked = 0
        """How often somebody was asked who they are."""
        self.line_to_ask = self.line_to_have = True
        self.room = Room()
        self.room.remote_participants[CALLER] = SimpleNamespace(
            identity=CALLER,
            kind=rtc.ParticipantKind.PARTICIPANT_KIND_SIP,
            attributes={"sip.callStatus": "active", "sip.phoneNumber": "+14155550132"},
        )
        self.room.local_participant.attributes = {BUSY_ATTRIBUTE: "true"} if busy else {}

    async def answer(self) -> None:
        async def nothing() -> None: ...

        ctx = SimpleNamespace(
            job=SimpleNamespace(
                id="job_1", metadata='{"channel": "phone"}', room=SimpleNamespace(name="room_1")
            ),
            room=self.room,
            connect=nothing,
            delete_room=nothing,
            shutdown=self.ended.append,
        )
        await job.answer(cast("JobContext", ctx))


class Lines:
    """Which lines there are, as a test says."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def may_ask(self, *_: object) -> bool:
        return self._stage.line_to_ask

    async def asked(self, *_: object) -> None: ...

    async def may_have(self, *_: object, **__: object) -> bool:
        return self._stage.line_to_have


@pytest.fixture
def stage(
    request: pytest.FixtureRequest, tmp_path: Path, valkey: str, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> Stage:
    made = Stage(busy=request.param)
    monkeypatch.setenv("VOICETASKS_TASKS_TOKEN_SECRET", "a secret that only tests know, 32+ bytes")
    monkeypatch.setenv("REDIS_URL", valkey)
    monkeypatch.setenv("VOICETASKS_PEOPLE_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'people.db'}")
    for name, value in (("KEY", "devkey"), ("SECRET", "x" * 32)):
        monkeypatch.setenv(f"LIVEKIT_API_{name}", value)

    class Shown(Anything):
        async def set_state(self, state: str) -> None:
            made.states.append(state)

    async def play(_: object, name: str) -> None:
        made.heard.append(name)

    async def known(*_: object) -> Admitted:
        made.asked += 1
        return Admitted("usr_ann", "pin")

    def routed(*_: object, **__: object) -> None:
        raise AssertionError("a lease is opened, and a vendor dialled")

    monkeypatch.setattr(agent.handset, "play_recording", play)
    monkeypatch.setattr(phone_door, "_known", known)
    monkeypatch.setattr(phone_door, "PhoneLines", lambda *_, **__: Lines(made))
    for name in ("Line", "Desk"):
        monkeypatch.setattr(job, name, Anything)
    for name, stand_in in {
        "CallAttributes": Shown,
        "follow": lambda *_: None,
        "routed": routed,
    }.items():
        monkeypatch.setattr(job, name, stand_in)
    return made


@pytest.mark.parametrize("stage", [True], indirect=True)
async def test_a_full_worker_says_so_by_a_recording_to_a_telephone_that_keys_nothing(stage: Stage) -> None:
    began = time.monotonic()
    async with asyncio.timeout(30):
        await stage.answer()
    assert time.monotonic() - began < 10
    assert (stage.room.captions, stage.heard) == ([PROMPTS[BUSY]], [BUSY])
    assert (stage.states, stage.ended, stage.asked) == (["busy"], ["busy"], 0)


@pytest.mark.parametrize("stage", [False], indirect=True)
async def test_where_too_many_are_being_asked_the_next_one_is_told_that_all_lines_are_busy(
    stage: Stage,
) -> None:
    stage.line_to_ask = False
    async with asyncio.timeout(30):
        await stage.answer()
    assert (stage.heard, stage.ended, stage.asked) == ([BUSY], ["busy"], 0)


@pytest.mark.parametrize("stage", [False], indirect=True)
async def test_who_has_too_many_calls_is_told_so_behind_their_pin(stage: Stage) -> None:
    stage.line_to_have = False
    async with asyncio.timeout(30):
        await stage.answer()
    assert (stage.heard, stage.ended, stage.asked) == ([TOO_MANY], ["not_admitted"], 1)
