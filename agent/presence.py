"""Whether the caller is there: they may be late, leave for a moment, be away for a while, or be gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from livekit import rtc

from agent.ending import Ending

COME_WITHIN_SECONDS: Final = 20.0
"""How long a call waits for its caller to enter the room."""

_ON_PURPOSE: Final = frozenset(
    {
        rtc.DisconnectReason.CLIENT_INITIATED,
        rtc.DisconnectReason.USER_REJECTED,
        rtc.DisconnectReason.ROOM_DELETED,
        rtc.DisconnectReason.PARTICIPANT_REMOVED,
    }
)
_NOT_TO_COME_BACK: Final = frozenset(
    {rtc.DisconnectReason.USER_UNAVAILABLE, rtc.DisconnectReason.SIP_TRUNK_FAILURE}
)
"""A telephone's: nobody is there who could come back into this room."""
_ANOTHER_OF_US: Final = frozenset(
    {rtc.DisconnectReason.PARTICIPANT_REMOVED, rtc.DisconnectReason.DUPLICATE_IDENTITY}
)
"""Why we are put out of a room that goes on: another worker has the call."""
_ROOM_IS_GONE: Final = frozenset(
    {
        rtc.DisconnectReason.ROOM_DELETED,
        rtc.DisconnectReason.ROOM_CLOSED,
        rtc.DisconnectReason.CLIENT_INITIATED,
    }
)


@dataclass(frozen=True)
class Graces:
    """How long a caller may be away, in seconds since they went."""

    left: float = 4.0
    """After they left on purpose the call ends; a reload comes back within it."""
    left_parked: float = 2.0
    """Until then the vendors' sockets are kept open for them."""
    lost: float = 120.0
    """After their line was lost without a word the call ends."""
    lost_parked: float = 30.0


class Presence:
    """Watches one identity in a room. `gone` is set once, with a reason, when the call has no caller any more.

    `on_away` is told when they have been away for so long that nothing should be kept open for them, `on_back` when
    they have come back, also before that. `on_lost`: their line was lost without a word, just now.
    """

    def __init__(
        self,
        room: rtc.Room,
        identity: str,
        graces: Graces,
        *,
        on_away: Callable[[], None] = lambda: None,
        on_back: Callable[[], None] = lambda: None,
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        self._room = room
        self._identity = identity
        self._graces = graces
        self._on_away = on_away
        self._on_back = on_back
        self._on_lost = on_lost
        self._timers: list[asyncio.TimerHandle] = []
        self._away = self._was_here = False
        self.gone: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()

    def watch(self, *, come_within: float | None = COME_WITHIN_SECONDS) -> None:
        """Begin to watch; a caller who is not there yet has so many seconds to come.

        None: they were in the call while another worker had it, so that their line is lost by now.
        """
        self._room.on("participant_connected", self._on_connected)
        self._room.on("participant_disconnected", self._on_disconnected)
        self._room.on("disconnected", self._on_room_closed)
        if not self._room.isconnected():
            # It was closed before anybody watched, as while the call's person was looked up: that is not told again, and
            # who was in it stands in its list for ever. Why is not known: whoever has the call next finds no room, or goes on.
            self._on_room_closed()
            return
        self._was_here = self._identity in self._room.remote_participants
        if self._was_here:
            return
        if come_within is None:
            self._expect_within(self._graces.lost, "lost", parked=self._graces.lost_parked)
        else:
            self._expect_within(come_within, "never_came", parked=self._graces.lost_parked)

    def stop(self) -> None:
        """Watch no longer."""
        self._room.off("participant_connected", self._on_connected)
        self._room.off("participant_disconnected", self._on_disconnected)
        self._room.off("disconnected", self._on_room_closed)
        self._cancel_timers()

    def _on_connected(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity != self._identity:
            return
        self._cancel_timers()
        back, self._was_here, self._away = self._was_here or self._away, True, False
        if back and not self.gone.done():
            self._on_back()

    def _on_disconnected(self, participant: rtc.RemoteParticipant) -> None:
        if participant.identity != self._identity:
            return
        graces, reason = self._graces, participant.disconnect_reason
        if reason in _NOT_TO_COME_BACK:
            self._expect_within(0.0, "left", parked=0.0)
        elif reason in _ON_PURPOSE:
            self._expect_within(graces.left, "left", parked=graces.left_parked)
        elif reason != rtc.DisconnectReason.DUPLICATE_IDENTITY or (
            self._identity not in self._room.remote_participants  # the other connection has not come yet
        ):
            self._expect_within(graces.lost, "lost", parked=graces.lost_parked)
            self._on_lost()

    def _on_room_closed(self, reason: object = None) -> None:
        if reason in _ANOTHER_OF_US:
            self._end("taken_over")
        else:
            self._end("room_closed" if reason in _ROOM_IS_GONE else "line_lost")

    def _expect_within(self, seconds: float, otherwise: Ending, *, parked: float) -> None:
        self._cancel_timers()
        later = asyncio.get_running_loop().call_later
        self._timers = [later(seconds, self._end, otherwise)]
        if parked < seconds and not self._away:
            self._timers.append(later(parked, self._go_away))

    def _go_away(self) -> None:
        self._away = True
        self._on_away()

    def _cancel_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers = []

    def _end(self, reason: Ending) -> None:
        self._cancel_timers()
        if not self.gone.done():
            self.gone.set_result(reason)
