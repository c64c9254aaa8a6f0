"""A caller who leaves is waited for as long as they may come back, and no longer."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from livekit import rtc

from agent.presence import Presence

pytestmark = pytest.mark.unit

REASONS = rtc.DisconnectReason


class Room(rtc.EventEmitter[str]):
    """What Presence needs of a room: its events and who is there."""

    def __init__(self, *identities: str) -> None:
        super().__init__()
        self.remote_participants: dict[str, Any] = dict.fromkeys(identities)


def presence(room: Room, *, leave: float = 0.05, lost: float = 10.0) -> Presence:
    watched = Presence(room, "caller", leave_grace_seconds=leave, lost_grace_seconds=lost)  # type: ignore[arg-type]
    watched.watch()
    return watched


def participant(reason: int | None = None, identity: str = "caller") -> SimpleNamespace:
    return SimpleNamespace(identity=identity, disconnect_reason=reason)


@pytest.mark.parametrize(
    "reason", [REASONS.CLIENT_INITIATED, REASONS.USER_REJECTED, REASONS.PARTICIPANT_REMOVED]
)
async def test_a_caller_who_left_on_purpose_is_gone_after_a_short_grace(reason: int) -> None:
    room = Room("caller")
    watched = presence(room)
    room.emit("participant_disconnected", participant(reason))
    assert await asyncio.wait_for(watched.gone, 5) == "left"
    watched.stop()


@pytest.mark.parametrize(
    "reason",
    [
        REASONS.CONNECTION_TIMEOUT,
        REASONS.SIGNAL_CLOSE,
        REASONS.MEDIA_FAILURE,
        REASONS.SIP_TRUNK_FAILURE,
        REASONS.USER_UNAVAILABLE,
        REASONS.UNKNOWN_REASON,
    ],
)
async def test_a_caller_whose_line_was_lost_is_gone_after_the_long_grace(reason: int) -> None:
    room = Room("caller")
    watched = presence(room, leave=60, lost=0.05)
    room.emit("participant_disconnected", participant(reason))
    assert await asyncio.wait_for(watched.gone, 5) == "lost"
    watched.stop()


async def test_a_caller_who_comes_back_in_time_was_never_gone() -> None:
    room = Room("caller")
    watched = presence(room, leave=0.05)
    room.emit("participant_disconnected", participant(REASONS.CLIENT_INITIATED))
    room.emit("participant_connected", participant())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(watched.gone), 0.2)
    watched.stop()


async def test_a_second_tab_that_took_over_does_not_end_the_call() -> None:
    room = Room("caller")
    watched = presence(room, leave=0.01, lost=0.01)
    room.emit("participant_disconnected", participant(REASONS.DUPLICATE_IDENTITY))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(watched.gone), 0.2)
    watched.stop()


async def test_strangers_who_leave_do_not_end_the_call() -> None:
    room = Room("caller")
    watched = presence(room, leave=0.01)
    room.emit("participant_disconnected", participant(REASONS.CLIENT_INITIATED, identity="somebody"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(watched.gone), 0.2)
    watched.stop()


async def test_a_closed_room_ends_the_call_at_once() -> None:
    room = Room("caller")
    watched = presence(room)
    room.emit("disconnected", "gone")
    assert await asyncio.wait_for(watched.gone, 5) == "room_closed"
    watched.stop()
