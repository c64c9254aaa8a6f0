"""Whether the caller is there: they may be late, leave for a moment, or be gone."""

from __future__ import annotations

import asyncio
from typing import Final, Literal

from livekit import rtc

COME_WITHIN_SECONDS: Final = 20.0
"""How long a call waits for its caller to enter the room."""

Reason = Literal["never_came", "left", "lost", "room_closed"]

_ON_PURPOSE: Final = frozenset(
    {
        rtc.DisconnectReason.CLIENT_INITIATED,
        rtc.DisconnectReason.USER_REJECTED,
        rtc.DisconnectReason.ROOM_DELETED,
        rtc.DisconnectReason.PARTICIPANT_REMOVED,
    }
)


class Presence:
    """Watches one identity in a room. `gone` is set once, with a reason, when the call has no caller any more."""

    def __init__(
        self, room: rtc.Room, identity: str, *, leave_grace_seconds: float, lost_grace_seconds: float
    ) -> None:
        self._room = room
        self._identity = identity
        self._leave_grace = leave_grace_seconds
        self._lost_grace = lost_grace_seconds
        self._timer: asyncio.TimerHandle | None = None
        self.gone: asyncio.Future[Reason] = asyncio.get_running_loop().create_future()

    def watch(self) -> None:
        """Begin to watch; a caller who is not there yet has 20 s to come."""
        self._room.on("participant_connected", self._on_connected)
        self._room.on("participant_disconnected", self._on_disconnected)
        self._room.on("disconnected", self._on_room_closed)
        if self._identity not in self._room.remote_participants:
            self._expect_within(COME_WITHIN_SECONDS, "never_came")

    def stop(self) -> None:
        """Watch no longer."""
        self._room.off("participant_connected", self._on_connected)
        self._room.off("participant_disconnected", self._on_disconnected)
        self._room.off("disconnected", self._on_room_closed)
        self._cancel_timer()

    def _on_connected(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity == self._identity:
            self._cancel_timer()

    def _on_disconnected(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity != self._identity:
            return
        if participant.disconnect_reason in _ON_PURPOSE:
            self._expect_within(self._leave_grace, "left")
        elif participant.disconnect_reason != rtc.DisconnectReason.DUPLICATE_IDENTITY:
            self._expect_within(self._lost_grace, "lost")

    def _on_room_closed(self, *_: object) -> None:
        self._end("room_closed")

    def _expect_within(self, seconds: float, otherwise: Reason) -> None:
        self._cancel_timer()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._end, otherwise)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self, reason: Reason) -> None:
        if not self.gone.done():
            self.gone.set_result(reason)
