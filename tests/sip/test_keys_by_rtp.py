"""Keys as RTP events through the bridge into the room, in every odd shape: exactly those keys, and in no log."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from typing import Any

import pytest
from livekit import api, rtc

from cli.secrets_file import load_or_make
from sip.keypad import key_of
from tests.sandbox.phone_bridge.test_telephone_event import ODD, Shape, stream
from tests.sip.conftest import livekit, rooms
from tests.sip.rtp_phone import rtp_phone
from tests.sip.talk import PIN

pytestmark = [pytest.mark.phone, pytest.mark.timeout(240)]

BOOK = ODD["by the book"]
ALWAYS = (
    "by the book",
    "held for two seconds",
    "no marker bit",
    "a single packet",
    "only the three end packets",
)
"""Shapes that LiveKit's bridge reads too: it takes a new timestamp for a new key."""


async def listener(demo: Any, room_name: str, pressed: list[str]) -> rtc.Room:
    secrets = load_or_make(demo.data_dir)
    token = (
        api.AccessToken(secrets["LIVEKIT_API_KEY"], secrets["LIVEKIT_API_SECRET"])
        .with_identity("listener")
        .with_kind("agent")
        .with_grants(api.VideoGrants(room_join=True, room=room_name, hidden=True))
        .to_jwt()
    )
    room = rtc.Room()
    room.on("sip_dtmf_received", lambda press: pressed.append(key_of(press.code, press.digit) or "?"))
    await room.connect(f"ws://127.0.0.1:{demo.ports['livekit']}", token)
    return room


async def test_two_hundred_odd_presses_are_exactly_those_keys_in_the_room(
    phone_demo: Any, bridge: str
) -> None:
    chance = random.Random(99)
    names = list(ODD) if bridge == "stand-in" else list(ALWAYS)
    # Neither yes nor no nor help: the agent in the room is not to talk all the time.
    keys = "".join(chance.choice("3456789#") for _ in range(200))
    shapes = [ODD[chance.choice(names)] for _ in keys]
    assert await pressed_in_room(phone_demo, keys, shapes) == keys


async def pressed_in_room(demo: Any, keys: str, shapes: list[Shape]) -> str:
    """The keys that came into the room after those of the PIN, of a caller who is known by then."""
    packets = [each.render() for each in stream(PIN + keys, [BOOK] * len(PIN) + shapes, seed=3)]
    first = len(PIN) * (BOOK.packets + BOOK.ends)
    pressed: list[str] = []
    async with rtp_phone(demo.ports["sip"]) as phone, livekit(demo) as client:
        [name] = await rooms(client)
        room = await listener(demo, name, pressed)
        try:
            await state_of_agent(room, lambda state: state == "asking_who")
            await phone.send(packets[:first], pause=0.01)
            await state_of_agent(room, lambda state: state not in ("", "asking_who"))
            await phone.send(packets[first:], pause=0.002)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(20):
                    while len(pressed) < len(PIN) + len(keys):
                        await asyncio.sleep(0.05)
            await asyncio.sleep(0.3)
        finally:
            await room.disconnect()
    assert pressed[: len(PIN)] == list(PIN)
    return "".join(pressed[len(PIN) :])


async def state_of_agent(room: rtc.Room, is_it: Callable[[str], bool]) -> None:
    """Wait until the agent shows such a state."""

    def shown() -> bool:
        return any(is_it(who.attributes.get("voicetasks.state", "")) for who in others(room))

    async with asyncio.timeout(30):
        while not shown():
            await asyncio.sleep(0.05)


def others(room: rtc.Room) -> list[rtc.RemoteParticipant]:
    """The agents in the room."""
    agent = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
    return [who for who in room.remote_participants.values() if who.kind == agent]


@pytest.mark.dear
async def test_no_key_and_no_number_is_in_a_log_of_ours(start_phone_demo: Any, person: Any) -> None:
    demo = start_phone_demo(VOICETASKS_SANDBOX_EAR="told", VOICETASKS_SANDBOX_VOICE="tone").wait_ready()
    keys = "73918264505" * 3
    assert await pressed_in_room(demo, keys, [BOOK] * len(keys)) == keys
    async with rtp_phone(demo.ports["sip"], "+4930123456"):
        pass
    assert demo.end() == 0
    # The LiveKit server writes names of rooms and participants, in which its bridge puts the number.
    ours = [file for file in demo.log_dir.iterdir() if not file.name.startswith("livekit")]
    assert {"worker.log", "bridge.log"} <= {file.name for file in ours}
    for file in ours:
        text = file.read_text(errors="replace")
        assert "15550100" not in text, file.name
        assert "4930123456" not in text, file.name
        assert "7391826" not in text, file.name
        assert PIN[:-1] not in text, file.name
        for line in text.splitlines():
            assert "digit" not in line, file.name
