"""A call by telephone: who calls stands in the room, and nothing is spent before the call is up."""

from __future__ import annotations

import asyncio
import logging
from types import SimpleNamespace
from typing import Any

import pytest
from livekit import rtc
from pydantic import ValidationError

from agent import phone_door
from agent.keys import Keys
from agent.logs import JsonLines
from agent.phone_door import invited, is_up
from sip.keypad import DIGITS

pytestmark = pytest.mark.unit

CALLER = "sip_+15550100"


class Room(rtc.EventEmitter[Any]):
    """A room with one telephone in it."""

    def __init__(self, status: str | None = "ringing") -> None:
        super().__init__()
        self.phone = SimpleNamespace(
            identity=CALLER, attributes={} if status is None else {"sip.callStatus": status}
        )
        self.remote_participants = {CALLER: self.phone}

    def becomes(self, status: str) -> None:
        self.phone.attributes["sip.callStatus"] = status
        self.emit("participant_attributes_changed", {}, self.phone)

    def hangs_up(self) -> None:
        self.remote_participants.clear()
        self.emit("participant_disconnected", self.phone)


def test_a_dispatch_by_telephone_names_nobody() -> None:
    assert invited('{"channel": "phone"}') is None
    assert invited('{"channel": "phone", "subject": "usr_1"}') is None


def test_a_dispatch_of_ours_is_an_invitation_and_rubbish_is_neither() -> None:
    found = invited('{"call_id": "c1", "subject": "usr_1", "channel": "phone", "identity": "sip_1"}')
    assert found is not None
    assert found.subject == "usr_1"
    for rubbish in ("", "{}", '{"channel": "browser"}', "null"):
        with pytest.raises(ValidationError):
            invited(rubbish)


async def test_a_call_is_up_once_it_is_active() -> None:
    room = Room()
    waiting = asyncio.create_task(is_up(room, CALLER))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    room.becomes("ringing")
    await asyncio.sleep(0)
    assert not waiting.done()
    room.becomes("active")
    assert await waiting is True
    assert await is_up(Room("active"), CALLER) is True  # type: ignore[arg-type]


async def test_a_call_that_is_given_up_while_it_rings_never_is_up() -> None:
    room = Room()
    waiting = asyncio.create_task(is_up(room, CALLER))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    room.hangs_up()
    assert await waiting is False
    assert await is_up(room, CALLER) is False  # type: ignore[arg-type]


async def test_a_call_that_nobody_picks_up_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phone_door, "RING_SECONDS", 0.01)
    assert await is_up(Room(), CALLER) is False  # type: ignore[arg-type]


def test_keys_count_from_the_caller_alone() -> None:
    room, said = Room(), []
    keys = Keys(
        room,  # type: ignore[arg-type]
        caller_identity=CALLER,
        on_answer=said.append,
        on_help=lambda: said.append("help"),
        on_repeat=lambda: said.append("repeat"),
    )

    def press(pressed: str, who: object) -> None:
        for key in pressed:
            room.emit("sip_dtmf_received", rtc.SipDTMF(code=DIGITS.index(key), digit=key, participant=who))  # type: ignore[arg-type]

    keys.open()
    press("120*#7", room.phone)
    press("1", SimpleNamespace(identity="somebody"))
    press("1", None)
    assert said == ["yes", "no", "help", "repeat"]
    keys.close()
    press("1", room.phone)
    assert len(said) == 4


def test_a_room_is_logged_without_the_number_in_its_name() -> None:
    record = logging.LogRecord("agent.worker", logging.INFO, "", 1, "call.offered", (), None)
    record.room = "phone_+15550100_AbC123"
    line = JsonLines().format(record)
    assert "15550100" not in line
    assert "AbC123" in line
