"""Keys of a telephone before a call has begun: each entry gets exactly its own, and who hangs up ends it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit import rtc

import agent.handset
from agent.handset import HungUpError, RoomHandset
from agent.phone_prompts import CLOSED, UNKEYED, WELCOME, WRONG

pytestmark = pytest.mark.unit

CALLER = "sip_caller"


class Room(rtc.EventEmitter[str]):
    """A room with one telephone in it."""

    def __init__(self) -> None:
        super().__init__()
        self.remote_participants: dict[str, Any] = {CALLER: SimpleNamespace(identity=CALLER)}
        self.playing = asyncio.Event()
        self.captions: list[str] = []
        self.local_participant = SimpleNamespace(send_text=self._caption, attributes={})

    async def _caption(self, text: str, **_: Any) -> None:
        self.captions.append(text)

    def isconnected(self) -> bool:
        return True

    def register_text_stream_handler(self, *_: Any) -> None:
        """Nobody types into a telephone."""

    def unregister_text_stream_handler(self, *_: Any) -> None:
        """As above."""

    def press(self, keys: str, identity: str = CALLER) -> None:
        for key in keys:
            pressed = SimpleNamespace(
                participant=SimpleNamespace(identity=identity), code="0123456789*#".index(key), digit=key
            )
            self.emit("sip_dtmf_received", pressed)

    def hang_up(self) -> None:
        self.remote_participants.clear()
        self.emit("participant_disconnected", SimpleNamespace(identity=CALLER))


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    """The recordings of it are as long as a test wants."""
    room = Room()

    async def play(_: Any, name: str) -> None:
        room.playing.set()
        if name not in (CLOSED, UNKEYED):
            await asyncio.sleep(30)

    monkeypatch.setattr(agent.handset, "play_recording", play)
    monkeypatch.setattr(agent.handset, "PAUSE_SECONDS", 0.2)
    return room


def handset(room: Room) -> RoomHandset:
    return RoomHandset(cast("rtc.Room", room), CALLER)


async def test_keys_count_from_the_first_word_of_the_prompt_on(room: Room) -> None:
    async with handset(room) as phone, asyncio.timeout(5):
        asking = asyncio.create_task(phone.ask(WELCOME))
        await room.playing.wait()
        room.press("530817#")
        keyed = await asking
    assert keyed is not None
    assert keyed.get_secret_value() == "530817"
    assert "530817" not in repr(keyed)


async def test_what_is_keyed_ahead_is_the_next_entry(room: Room) -> None:
    async with handset(room) as phone, asyncio.timeout(5):
        asking = asyncio.create_task(phone.ask(WELCOME))
        await room.playing.wait()
        room.press("111#222#33")
        entries = [await asking, await phone.ask(WRONG)]
        third = asyncio.create_task(phone.ask(WRONG))
        await asyncio.sleep(0)
        room.press("4#")
        entries.append(await third)
    assert [each and each.get_secret_value() for each in entries] == ["111", "222", "334"]


@pytest.mark.parametrize("late", [False, True])
async def test_the_hash_key_behind_a_pin_of_twelve_digits_is_no_entry_of_its_own(
    room: Room, late: bool
) -> None:
    async with handset(room) as phone, asyncio.timeout(5):
        asking = asyncio.create_task(phone.ask(WELCOME))
        await room.playing.wait()
        room.press("530817530817" if late else "530817530817#")
        entries = [await asking]
        room.playing.clear()
        asking = asyncio.create_task(phone.ask(WRONG))
        await room.playing.wait()
        if late:
            room.press("#")
        room.press("271828271828#271828#")
        entries += [await asking, await phone.ask(WRONG)]
    assert [each and each.get_secret_value() for each in entries] == [
        "530817530817",
        "271828271828",
        "271828",
    ]


@pytest.mark.parametrize("late", [False, True])
async def test_the_hash_key_pressed_twice_is_no_entry_and_cuts_off_no_answer(room: Room, late: bool) -> None:
    async with handset(room) as phone, asyncio.timeout(5):
        asking = asyncio.create_task(phone.ask(WELCOME))
        await room.playing.wait()
        room.press("112358#" if late else "112358###")
        entries = [await asking]
        room.playing.clear()
        asking = asyncio.create_task(phone.ask(WRONG))
        await room.playing.wait()
        if late:
            room.press("##")
        await asyncio.sleep(0)
        assert not asking.done()
        room.press("530817##271828#")
        entries += [await asking, await phone.ask(WRONG)]
    assert [each and each.get_secret_value() for each in entries] == ["112358", "530817", "271828"]


async def test_the_hash_key_behind_a_pin_that_a_pause_has_ended_is_no_entry_of_its_own(room: Room) -> None:
    async with handset(room) as phone, asyncio.timeout(5):
        asking = asyncio.create_task(phone.ask(WELCOME))
        await room.playing.wait()
        room.press("112358")
        entries = [await asking]
        room.press("#530817#")
        entries.append(await phone.ask(WRONG))
    assert [each and each.get_secret_value() for each in entries] == ["112358", "530817"]


async def test_what_is_keyed_behind_the_twelfth_digit_begins_the_next_entry(room: Room) -> None:
    async with handset(room) as phone, asyncio.timeout(5):
        asking = asyncio.create_task(phone.ask(WELCOME))
        await room.playing.wait()
        room.press("5308175308174#")
        entries = [await asking, await phone.ask(WRONG)]
    assert [each and each.get_secret_value() for each in entries] == ["530817530817", "4"]


async def test_a_pause_ends_an_entry_and_no_key_at_all_is_none(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with handset(room) as phone, asyncio.timeout(5):
        asking = asyncio.create_task(phone.ask(WELCOME))
        await room.playing.wait()
        room.press("53")
        keyed = await asking
        assert keyed is not None
        assert keyed.get_secret_value() == "53"
        assert await phone.ask(CLOSED) is None


async def test_what_is_told_after_an_entry_is_told_to_its_end(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    async def play(_: Any, name: str) -> None:
        room.playing.set()
        await asyncio.sleep(0.05)
        told.append(name)

    async with handset(room) as phone, asyncio.timeout(5):
        asking = asyncio.create_task(phone.ask(WELCOME))
        await room.playing.wait()
        room.press("530817#")
        await asking
        monkeypatch.setattr(agent.handset, "play_recording", play)
        await phone.tell(CLOSED)
    assert told == [CLOSED]


async def test_keys_of_others_are_nobodys(room: Room) -> None:
    async with handset(room) as phone, asyncio.timeout(5):
        asking = asyncio.create_task(phone.ask(WELCOME))
        await room.playing.wait()
        room.press("999999#", identity="somebody")
        room.press("530817#")
        keyed = await asking
    assert keyed is not None
    assert keyed.get_secret_value() == "530817"


async def test_who_hangs_up_ends_the_asking_at_once(room: Room) -> None:
    async with handset(room) as phone, asyncio.timeout(5):
        asking = asyncio.create_task(phone.ask(WELCOME))
        await room.playing.wait()
        room.hang_up()
        with pytest.raises(HungUpError):
            await asking
        with pytest.raises(HungUpError):
            await phone.tell(CLOSED)
