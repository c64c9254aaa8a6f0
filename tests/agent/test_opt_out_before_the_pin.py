"""Whoever picks up a call of ours presses 9 and is called no more, also when they hang up at once."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import pytest

import agent.handset
from agent import phone_door
from agent.invitation import Invitation
from agent.phone_admission import AdmissionRules
from agent.phone_prompts import NO_MORE, PROMPTS, UNKEYED
from agent.reminder_call import ReminderCall
from agent.unwritten import Unwritten
from people.reminder_consent import ReminderConsents
from people.settings import PeopleSettings
from people.store import People
from people.user import User
from sip.caller import Caller
from tests.agent.test_handset import CALLER, Room, room
from tests.agent.test_phone_admission import NUMBER, PIN, SECRET, ann, people

__all__ = ("ann", "people", "room")

pytestmark = pytest.mark.unit

INVITATION = Invitation(call_id="c1", subject="", channel="phone", identity=CALLER)


@pytest.fixture(autouse=True)
def long_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """No entry ends by itself."""
    monkeypatch.setenv("VOICETASKS_TASKS_TOKEN_SECRET", SECRET.get_secret_value())
    monkeypatch.setattr(agent.handset, "PAUSE_SECONDS", 30.0)
    nobody = SimpleNamespace(is_machine=False)
    monkeypatch.setattr(phone_door, "machine_listener", lambda *_, **__: nullcontext(nobody))


def picked_up(
    room: Room, people: People, call_id: str = "call_1", told: list[bool] | None = None
) -> asyncio.Task[Any]:
    def on_known(*, pressed: bool) -> None:
        if told is not None:
            told.append(pressed)

    return asyncio.create_task(
        phone_door._known(
            cast("Any", room),
            INVITATION,
            cast("Any", SimpleNamespace(admission_rules=AdmissionRules())),
            people,
            Caller(NUMBER),
            ReminderCall(people, call_id, NUMBER, PeopleSettings(), Unwritten(cast("Any", None))),
            on_known,
        )
    )


async def hang_up_behind(keys: str, room: Room, people: People) -> None:
    """Pick up, press keys while the prompt is played, and hang up."""
    async with asyncio.timeout(10):
        call = picked_up(room, people)
        await room.playing.wait()
        room.press(keys)
        room.hang_up()
        assert await call is None


async def is_called_no_more(people: People, ann: User) -> bool:
    return (await ReminderConsents(people.engine, SECRET).number_of(ann.id))[1] == "do_not_call"


@pytest.mark.parametrize("keys", ["9", "99", "9#", "99#", "12*9", "9*9"])
async def test_who_presses_nine_and_hangs_up_is_called_no_more(
    room: Room, people: People, ann: User, keys: str
) -> None:
    await hang_up_behind(keys, room, people)
    assert await is_called_no_more(people, ann)


@pytest.mark.parametrize("keys", ["", "#", "19", "99*", "909", "9953"])
async def test_who_hangs_up_over_anything_else_is_called_again(
    room: Room, people: People, ann: User, keys: str
) -> None:
    await hang_up_behind(keys, room, people)
    assert not await is_called_no_more(people, ann)


async def test_nine_that_is_keyed_while_a_pin_is_judged_counts_too(
    room: Room, people: People, ann: User
) -> None:
    await hang_up_behind("112358#9", room, people)
    assert await is_called_no_more(people, ann)


async def test_nine_that_stands_when_the_time_for_a_proof_is_over_counts_too(
    room: Room, people: People, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phone_door, "ENTRY_SECONDS", 0.5)
    async with asyncio.timeout(10):
        call = picked_up(room, people)
        await room.playing.wait()
        room.press("9")
        while PROMPTS[NO_MORE] not in room.captions:
            await asyncio.sleep(0.01)
        room.hang_up()
        assert await call is None
    assert await is_called_no_more(people, ann)


@pytest.mark.parametrize("keys", ["9", "9#"])
async def test_nine_that_is_keyed_while_they_are_told_goodbye_counts_too(
    room: Room, people: People, ann: User, keys: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was keyed until then: who thinks about it for long hears that the call is over."""
    told: list[str] = []

    async def play(_: Any, name: str) -> None:
        told.append(name)
        if name == UNKEYED:
            room.press(keys)

    monkeypatch.setattr(agent.handset, "play_recording", play)
    monkeypatch.setattr(agent.handset, "PAUSE_SECONDS", 0.05)
    async with asyncio.timeout(10):
        assert await picked_up(room, people) is None
    assert told[-2:] == [UNKEYED, NO_MORE]
    assert await is_called_no_more(people, ann)


async def test_nine_that_is_keyed_while_the_last_wrong_pin_is_judged_counts_too(
    room: Room, people: People, ann: User
) -> None:
    async with asyncio.timeout(10):
        call = picked_up(room, people)
        await room.playing.wait()
        room.press("112358#112358#112358#9#")
        while PROMPTS[NO_MORE] not in room.captions:
            await asyncio.sleep(0.01)
        room.hang_up()
        assert await call is None
    assert await is_called_no_more(people, ann)


@pytest.mark.parametrize("keys", ["9#", "999#"])
async def test_who_hangs_up_while_they_are_told_so_has_ended_a_call_and_failed_none(
    room: Room, people: People, ann: User, keys: str
) -> None:
    async with asyncio.timeout(10):
        call = picked_up(room, people)
        await room.playing.wait()
        room.press(keys)
        while PROMPTS[NO_MORE] not in room.captions:
            await asyncio.sleep(0.01)
        room.hang_up()
        assert await call is None
    assert await is_called_no_more(people, ann)


async def test_in_a_call_that_they_made_nine_means_nothing(room: Room, people: People, ann: User) -> None:
    async with asyncio.timeout(10):
        call = picked_up(room, people, call_id="")
        await room.playing.wait()
        room.press("9")
        room.hang_up()
        assert await call is None
    assert not await is_called_no_more(people, ann)


@pytest.mark.parametrize(("keys", "pressed"), [(f"{PIN}#9", True), (f"{PIN}#9#", True), (f"{PIN}#", False)])
async def test_nine_behind_the_right_pin_is_left_to_the_call_and_ends_no_one_elses(
    room: Room, people: People, ann: User, keys: str, pressed: bool
) -> None:
    told: list[bool] = []
    async with asyncio.timeout(10):
        call = picked_up(room, people, told=told)
        await room.playing.wait()
        room.press(keys)
        known = await call
    assert known is not None
    assert told == [pressed]
    assert not await is_called_no_more(people, ann)
