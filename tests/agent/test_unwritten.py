"""A reminder that was picked up while the people's database was away is not lost: how it went is written later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit.agents import JobContext
from redis.asyncio import Redis
from sqlalchemy import text

from agent import job, phone_door
from agent.closing import PROMISED_SECONDS
from agent.invitation import Invitation
from agent.no_more_calls import stops_calls
from agent.outbound_rules import Outcome
from agent.reminder_call import ReminderCall, write_later
from agent.served import connect
from agent.unwritten import KEEP_SECONDS, KEY, Unwritten
from people.migrate import migrate
from people.phones import Phones
from people.reminder_calls import Caps, ReminderCalls, Wish
from people.reminder_consent import ReminderConsents
from people.settings import PeopleSettings
from people.store import People
from tests.agent.test_handset import CALLER, Room

pytestmark = pytest.mark.system

NUMBER = "+14155550132"
AWAY = "postgresql://127.0.0.1:1/nobody"
MANY = Caps(per_minute=100, per_day=100, per_person_day=100)


class Stage:
    """A reminder whose telephone was picked up, and a database that can be away."""

    def __init__(self, people: People, url: str, redis: Redis, patch: pytest.MonkeyPatch) -> None:
        self.people, self.unwritten, self.id, self.user_id = people, Unwritten(redis), "", ""
        self._url, self._patch = url, patch
        self.back()

    def away(self) -> None:
        self._patch.setenv("VOICETASKS_PEOPLE_DATABASE_URL", AWAY)

    def back(self) -> None:
        self._patch.setenv("VOICETASKS_PEOPLE_DATABASE_URL", self._url)

    async def is_picked_up(self) -> None:
        ann, now = await self.people.create_user(email="ann@example.org", password="x"), datetime.now(UTC)
        await Phones(self.people.engine).link(ann.id, NUMBER)
        await self.consents.set(ann.id, given=True, how="page")
        calls = ReminderCalls(self.people.engine)
        await calls.note([Wish(ann.id, "t1", now)])
        claimed = await calls.claim("worker", now)
        assert claimed is not None
        assert await calls.may_dial(claimed, "worker", MANY, now) is None
        self.id, self.user_id = claimed.id, ann.id

    @property
    def consents(self) -> ReminderConsents:
        return ReminderConsents(self.people.engine, PeopleSettings().tasks_token_secret)

    async def while_away(self, *outcomes: Outcome) -> None:
        self.away()
        settings = PeopleSettings()
        async with People(settings.database_url) as nobody:
            call = ReminderCall(nobody, self.id, NUMBER, settings, self.unwritten)
            for outcome in outcomes:
                await (call.opted_out() if outcome is Outcome.OPTED_OUT else call.went(outcome))

    async def written(self) -> tuple[str, str]:
        self.back()
        await write_later(self.unwritten, PeopleSettings())
        async with self.people.engine.connect() as connection:
            row = (await connection.execute(text("SELECT state, outcome FROM people_reminder_calls"))).one()
        return row.state, row.outcome


@pytest.fixture
async def stage(tmp_path: Path, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'people.db'}"
    await migrate(url)
    monkeypatch.setenv("VOICETASKS_TASKS_TOKEN_SECRET", "a secret that only tests know, 32+ bytes")
    async with People(url) as people:
        made = Stage(people, url, redis, monkeypatch)
        await made.is_picked_up()
        yield made


class Anything:
    """A line, or what a participant shows: takes all that it is told."""

    def __init__(self, *_: object, **__: object) -> None: ...

    def __getattr__(self, name: str) -> Any:
        async def done(*_: object, **__: object) -> None: ...

        return (lambda: None) if name in ("ignore", "heed") else done


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is played to whoever picked up; the room and what is in it are not there."""
    played: list[str] = []

    async def play(_: object, name: str) -> None:
        played.append(name)

    async def is_up(*_: object) -> bool:
        return True

    for name in ("Line", "CallAttributes"):
        monkeypatch.setattr(job, name, Anything)
    nobody = SimpleNamespace(is_machine=False)
    monkeypatch.setattr(phone_door, "machine_listener", lambda *_, **__: nullcontext(nobody))
    monkeypatch.setattr(job, "follow", lambda *_: None)
    monkeypatch.setattr(job, "is_up", is_up)
    monkeypatch.setattr(phone_door, "play_recording", play)
    return played


@pytest.mark.parametrize("is_back", [True, False], ids=["is back at the end", "is away longer"])
async def test_a_database_that_is_away_when_the_telephone_is_picked_up_has_the_reminder_tried_again(
    stage: Stage, valkey: str, heard: list[str], monkeypatch: pytest.MonkeyPatch, is_back: bool
) -> None:
    async def came(_: object) -> Invitation:
        return Invitation(call_id="c1", subject="", channel="phone", identity=CALLER, reminder=stage.id)

    async def delete_room() -> None:
        if is_back:
            stage.back()

    monkeypatch.setattr(job, "invitation_from_room", came)
    monkeypatch.setenv("REDIS_URL", valkey)
    for name, value in (("KEY", "devkey"), ("SECRET", "x" * 32)):
        monkeypatch.setenv(f"LIVEKIT_API_{name}", value)
    ended: list[str] = []
    room = Room()
    room.remote_participants[CALLER].attributes = {"sip.phoneNumber": NUMBER}
    ctx = SimpleNamespace(
        job=SimpleNamespace(metadata='{"channel": "phone"}', room=SimpleNamespace(name="room_1")),
        room=room,
        connect=Anything().connect,
        delete_room=delete_room,
        shutdown=ended.append,
    )
    stage.away()
    await job.answer(cast("JobContext", ctx))
    assert (heard, ended) == (["trouble"], ["people_unavailable"])
    assert await stage.written() == ("waiting", "not_told")


@pytest.mark.parametrize(
    ("outcomes", "written"),
    [
        ([Outcome.NOT_TOLD], ("waiting", "not_told")),
        ([Outcome.MACHINE], ("waiting", "machine")),
        ([Outcome.HUNG_UP], ("over", "hung_up")),
        ([Outcome.TOLD, Outcome.NOT_TOLD], ("over", "told")),
    ],
)
async def test_how_a_call_went_is_written_when_the_database_is_back_and_the_first_word_stands(
    stage: Stage, outcomes: list[Outcome], written: tuple[str, str]
) -> None:
    await stage.while_away(*outcomes)
    assert await stage.written() == written


async def test_who_pressed_nine_while_the_database_was_away_is_called_no_more(stage: Stage) -> None:
    await stage.while_away(Outcome.OPTED_OUT)
    assert await stage.written() == ("over", "opted_out")
    assert not await stage.consents.of(stage.user_id)
    assert (await stage.consents.number_of(stage.user_id))[1] == "do_not_call"


async def test_what_cannot_be_written_yet_is_kept_on_for_a_day_without_a_number(
    stage: Stage, redis: Redis
) -> None:
    await stage.while_away(Outcome.NOT_TOLD)
    with pytest.raises(ConnectionError):
        await write_later(stage.unwritten, PeopleSettings())
    assert await redis.hgetall(KEY) == {stage.id.encode(): b"not_told"}
    assert 0 < await redis.ttl(KEY) <= KEEP_SECONDS


async def test_of_two_workers_one_writes_it(stage: Stage, valkey: str) -> None:
    await stage.while_away(Outcome.NOT_TOLD)
    async with connect(valkey) as other:
        taken = [each async for each in stage.unwritten.take()]
        assert [each async for each in Unwritten(other).take()] == []
    assert taken == [(stage.id, Outcome.NOT_TOLD)]


async def test_a_redis_that_is_away_too_ends_no_call(stage: Stage) -> None:
    async with connect("redis://127.0.0.1:1/0") as nobody:
        await Unwritten(nobody).keep(stage.id, Outcome.NOT_TOLD)


async def stop_calls(stage: Stage) -> bool:
    ann = await stage.people.user_by_id(stage.user_id)
    assert ann is not None
    return await stops_calls(ann, PeopleSettings(), stage.unwritten)("key")


async def stopped_later(stage: Stage) -> bool:
    """Whether they are called no more once it could be written, and the household's number still may be."""
    stage.back()
    await write_later(stage.unwritten, PeopleSettings())
    assert not await stage.unwritten.are_there(), "it is written once"
    assert await stage.consents.number_of(stage.user_id) == (NUMBER, None)
    return not await stage.consents.of(stage.user_id)


async def test_a_wish_to_be_called_no_more_is_kept_while_the_database_is_away_and_is_its_speakers_alone(
    stage: Stage,
) -> None:
    ben = await stage.people.create_user(email="ben@example.org", password="x")
    await Phones(stage.people.engine).link(ben.id, NUMBER)
    await stage.consents.set(ben.id, given=True, how="page")
    stage.away()
    assert await stop_calls(stage)
    assert await stopped_later(stage)
    assert await stage.consents.of(ben.id)


async def test_who_is_no_longer_there_keeps_no_wish_from_being_written(stage: Stage) -> None:
    assert await stage.unwritten.keep_stop("nobody", "voice")
    assert await stage.unwritten.keep_stop(stage.user_id, "voice")
    assert await stopped_later(stage)


async def test_a_yes_that_is_said_behind_a_stop_that_is_still_to_be_written_stands(stage: Stage) -> None:
    stage.away()
    assert await stop_calls(stage)
    stage.back()
    await stage.consents.set(
        stage.user_id, given=False, how="page"
    )  # what the page shows is a yes until then
    await stage.consents.set(stage.user_id, given=True, how="page")
    assert not await stopped_later(stage)


async def test_where_redis_is_away_as_well_they_are_told_that_it_was_not_noted(stage: Stage) -> None:
    ann = await stage.people.user_by_id(stage.user_id)
    assert ann is not None
    stage.away()
    async with connect("redis://127.0.0.1:1/0") as nobody:
        assert not await stops_calls(ann, PeopleSettings(), Unwritten(nobody))("voice")


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set when somebody's consent is to be written for the first time; that waits until its waiter is cancelled."""
    begun, write = asyncio.Event(), ReminderConsents.set

    async def waits_once(*of: Any, **what: Any) -> None:
        if begun.is_set():
            return await write(*of, **what)
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(ReminderConsents, "set", waits_once)
    return begun


async def is_cut_off(work: asyncio.Task[Any], begun: asyncio.Event) -> None:
    """It is cancelled in its write."""
    await asyncio.wait_for(begun.wait(), 5)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    assert work.cancelled()


async def test_a_wish_to_be_called_no_more_that_is_cut_off_in_its_write_is_kept(
    stage: Stage, begun: asyncio.Event
) -> None:
    await is_cut_off(asyncio.create_task(stop_calls(stage)), begun)
    assert await stopped_later(stage)


async def test_a_worker_that_stops_while_it_writes_that_somebody_wants_no_calls_loses_nothing_of_it(
    stage: Stage, begun: asyncio.Event
) -> None:
    await stage.while_away(Outcome.OPTED_OUT)
    stage.back()
    later = asyncio.create_task(write_later(stage.unwritten, PeopleSettings()))
    await is_cut_off(later, begun)
    assert await stage.written() == ("over", "opted_out")
    assert (await stage.consents.number_of(stage.user_id))[1] == "do_not_call"
    assert not await stage.unwritten.are_there(), "and it is written once"


async def test_a_wish_to_be_called_no_more_stands_above_what_else_is_kept_of_its_call(stage: Stage) -> None:
    await stage.while_away(Outcome.TOLD, Outcome.OPTED_OUT)
    assert await stage.written() == ("over", "opted_out")


async def test_how_a_call_went_is_kept_where_its_job_is_ended_in_the_write(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    async def waits(*_: object) -> None:
        begun.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr(ReminderCalls, "wish", waits)
        call = ReminderCall(stage.people, stage.id, NUMBER, PeopleSettings(), stage.unwritten)
        going = asyncio.create_task(call.went(Outcome.NOT_TOLD))
        await asyncio.wait_for(begun.wait(), 5)
        going.cancel()
        await asyncio.gather(going, return_exceptions=True)
    assert await stage.written() == ("waiting", "not_told")


async def test_a_locked_file_is_waited_for_no_longer_than_the_end_of_a_call_has_time(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = asyncio.get_running_loop().time()
    async with stage.people.engine.connect() as other:
        await other.execute(text("BEGIN IMMEDIATE"))
        assert await stop_calls(stage)
    assert asyncio.get_running_loop().time() - began < PROMISED_SECONDS
    assert await stopped_later(stage)
