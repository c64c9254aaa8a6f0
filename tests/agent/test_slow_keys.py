"""Who keys slowly by telephone has time for each entry, and is told so where it is over: nobody is hung up on in silence."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import AsyncMock

import pytest

import agent.handset
from agent import phone_door
from agent.invitation import Invitation
from agent.phone_admission import MOST_ENTRIES, Admitted, Handset
from agent.phone_prompts import PROMPTS, UNKEYED, WELCOME
from people.settings import PeopleSettings
from tests.agent.test_handset import CALLER, Room
from tests.agent.virtual_time import VirtualLoop

pytestmark = pytest.mark.unit

INVITATION = Invitation(call_id="c1", subject="", channel="phone", identity=CALLER)
WELCOME_SECONDS = 14.0
DIGIT_SECONDS = 5.0


class AllEntries:
    """Asks as often as anybody is asked in a call, and takes the last entry."""

    def __init__(self, _people: Any, _said: Any, handset: Handset, *_: Any, **__: Any) -> None:
        self._handset = handset

    async def admit(self) -> Admitted | None:
        keyed = [await self._handset.ask(WELCOME) for _ in range(MOST_ENTRIES)]
        assert [each.get_secret_value() for each in keyed if each is not None] == ["112358"] * MOST_ENTRIES
        return Admitted("usr_ann", "pin")


class Slowly:
    """A call on a clock that jumps, and whoever presses keys in it."""

    def __init__(self) -> None:
        self.clock = VirtualLoop()
        self.room = Room()
        self.reminder = SimpleNamespace(is_one=False, proved=AsyncMock(), went=AsyncMock())

    def press(self, keys: str, first: float) -> None:
        for number, key in enumerate(keys):
            self.clock.call_later(first + number * DIGIT_SECONDS, self.room.press, key)

    def known(self) -> Admitted | None:
        settings = SimpleNamespace(admission_rules=None)
        one: Any = None
        door = phone_door._known(
            cast("Any", self.room), INVITATION, cast("Any", settings), one, one, cast("Any", self.reminder)
        )
        return self.clock.run_until_complete(door)


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slowly]:
    monkeypatch.setenv("VOICETASKS_TASKS_TOKEN_SECRET", "a secret that only tests know, 32+ bytes")
    assert PeopleSettings().tasks_token_secret
    monkeypatch.setattr(phone_door, "PhoneAdmission", AllEntries)
    nobody = SimpleNamespace(is_machine=False)
    monkeypatch.setattr(phone_door, "machine_listener", lambda *_, **__: nullcontext(nobody))

    async def play(_: Any, __: str) -> None:
        await asyncio.sleep(WELCOME_SECONDS)

    monkeypatch.setattr(agent.handset, "play_recording", play)
    made = Slowly()
    yield made
    made.clock.close()


def test_six_digits_at_five_seconds_each_are_in_time_in_every_entry(slowly: Slowly) -> None:
    for entry in range(MOST_ENTRIES):
        slowly.press("112358#", WELCOME_SECONDS + entry * 50.0)
    assert slowly.known() == Admitted("usr_ann", "pin")
    assert slowly.clock.time() > 120


def test_who_never_ends_an_entry_is_told_goodbye(slowly: Slowly) -> None:
    slowly.press("1*" * 30, 1.0)
    assert slowly.known() is None
    assert slowly.room.captions == [PROMPTS[WELCOME], PROMPTS[UNKEYED]]
    slowly.reminder.went.assert_awaited_once()
