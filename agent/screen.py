"""The screen that the caller shares: looked at while it is shared, with leave and within its money, and never kept.

Nothing here is on the voice's way: frames are read beside it, and whoever asks what is meant waits no longer than a
bound.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, Final, Protocol

from livekit import rtc

from agent.frames import frames
from agent.looking import Looking
from agent.screen_channel import ScreenChannel, State
from agent.seen import presentable
from routing.sight_budget import Funds
from tiers.sighting import Reading
from tiers.vision_fault import VisionError

if TYPE_CHECKING:
    from tiers.vision import Vision

log = logging.getLogger("agent.screen")

READ_SECONDS: Final = 4.0
"""The longest that an answer waits for what is on the screen."""

Frames = Callable[[Any, Callable[[], float]], AsyncIterator[rtc.VideoFrame]]
"""Gives a track's frames for as long as it lives."""


class Sees(Protocol):
    """Makes a call's sight: what the call itself does not know of it is known already."""

    def __call__(
        self,
        *,
        is_spoken: Callable[[], bool],
        on_gone: Callable[[], None],
        on_spent: Callable[[], None],
        on_in_vain: Callable[[], None],
    ) -> Screen:
        """Make it."""


class CannotSeeError(Exception):
    """Nothing can be said of the screen. `why`: no_screen, not_allowed, cannot_see or spent."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Screen:
    """One caller's screen. `vision` makes what looks at it; `funds` says whether there is money for it.

    `on_gone` is called when what was seen is seen no more because sharing ended, `on_spent` when money ended it, and
    `on_in_vain` each time that sharing begins with no money left for it. Leave is given for one sharing, which lasts
    from its track's coming to its going: a track that is muted, as a minimised window's is, only shows nothing.
    """

    def __init__(
        self,
        room: rtc.Room,
        *,
        caller_identity: str,
        vision: Callable[[], Vision],
        funds: Callable[[], Funds],
        is_spoken: Callable[[], bool],
        on_gone: Callable[[], None] = lambda: None,
        on_spent: Callable[[], None] = lambda: None,
        on_in_vain: Callable[[], None] = lambda: None,
        patience: float = 1.0,
        frames: Frames = frames,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._room = room
        self._caller = caller_identity
        self._make = vision
        self._funds = funds
        self._is_spoken = is_spoken
        self._on_gone = on_gone
        self._on_spent = on_spent
        self._on_in_vain = on_in_vain
        self._within = READ_SECONDS * patience
        self._frames = frames
        self._clock = clock
        self._channel = ScreenChannel(room, caller_identity=caller_identity, on_leave=self.allow)
        self._track: rtc.Track | None = None
        self._muted = False
        self._allowed = False
        self._spent = False
        self._looking: Looking | None = None
        self._was_seen = False
        """In this sharing, and nobody was told that it ended."""
        self._closing: set[asyncio.Task[None]] = set()
        self._open = False
        self._events: dict[Any, Callable[..., None]] = {
            "track_subscribed": self._on_track,
            "track_unsubscribed": self._on_track_gone,
            "track_muted": self._on_muted,
            "track_unmuted": self._on_unmuted,
            "participant_connected": self._on_connected,
        }

    def open(self) -> None:
        """Begin to notice that the caller shares their screen."""
        self._open = True
        self._channel.open()
        for event, callback in self._events.items():
            self._room.on(event, callback)
        caller = self._room.remote_participants.get(self._caller)
        for publication in caller.track_publications.values() if caller is not None else ():
            if publication.track is not None:
                self._on_track(publication.track, publication, caller)

    async def aclose(self) -> None:
        """See nothing more. Safe to call without `open`."""
        if self._open:
            self._open = False
            for event, callback in self._events.items():
                self._room.off(event, callback)
        self._channel.close()
        self._track = None
        self._stop()
        await asyncio.gather(*self._closing, return_exceptions=True)

    def allow(self, allowed: bool) -> None:
        """Hear the caller's leave for their screen to be looked at, or that they take it back."""
        self._allowed = allowed
        self._was_seen = self._was_seen and allowed
        log.info("screen.leave", extra={"outcome": "given" if allowed else "taken_back"})
        self._review()

    def shared(self, track: Any, *, muted: bool = False) -> None:
        """Hear that the caller shares their screen, by this track, which shows nothing while it is muted."""
        log.info("screen.shared")
        self._stop()
        self._track, self._muted = track, muted
        if self._spent:
            self._on_in_vain()
        self._review()

    def spent(self) -> None:
        """Hear that there is no more money for it in this call."""
        if self._spent:
            return
        self._spent = True
        log.info("screen.ended", extra={"reason": "money"})
        was_looked_at = self._looking is not None
        self._was_seen = False
        self._review()
        if self._track is not None:
            (self._on_spent if was_looked_at else self._on_in_vain)()

    async def read(self, about: str) -> Reading:
        """Say what the caller's words mean on the screen as it is now. Bounded in time. Raises CannotSeeError."""
        looking = self._looks_now()
        started = self._clock()
        try:
            reading = await looking.read(about)
        except (VisionError, TimeoutError) as error:
            if looking is self._looking:
                self._channel.show("blind")
            raise CannotSeeError(self._why_not()) from error
        if looking is not self._looking:  # what was read is of a screen that is no longer looked at
            raise CannotSeeError(self._why_not())
        log.info(
            "screen.read",
            extra={
                "outcome": reading.status,
                "count": len(reading.items),
                "ms": round(1000 * (self._clock() - started)),
            },
        )
        reading = presentable(reading)
        self._channel.show_read(reading.items[0] if reading.status == "seen" else None)
        return reading

    def _looks_now(self) -> Looking:
        """What looks at the screen, begun anew where it has died. Raises CannotSeeError."""
        if self._track is None:
            raise CannotSeeError("no_screen")
        if not self._allowed:
            self._channel.show("asking")
            raise CannotSeeError("not_allowed")
        if (funds := self._funds()) == "spent":
            self.spent()
        if self._spent:
            raise CannotSeeError("spent")
        self._review()
        if self._looking is None or funds == "waiting":
            self._channel.show("blind")
            raise CannotSeeError("cannot_see")
        return self._looking

    def _why_not(self) -> str:
        """Why what was asked about could not be read, as things are now."""
        if self._track is None:
            return "no_screen"
        return "spent" if self._spent else "cannot_see"

    # -- looking on ----------------------------------------------------------------------------------------

    def _review(self) -> None:
        """Begin to look, or cease to, as things are."""
        track = self._track
        if track is None or not self._allowed or self._spent or self._muted:
            self._stop()
            self._channel.show(self._unseen())
        elif self._looking is None:
            if (funds := self._funds()) == "spent":
                self.spent()
                return
            self._looking = Looking(
                self._make(),
                self._frames(track, self._clock),
                funds=self._funds,
                is_spoken=self._is_spoken,
                on_state=self._channel.show,
                on_spent=self.spent,
                on_over=self._over,
                within=self._within,
                clock=self._clock,
            )
            self._was_seen = True
            self._channel.show("watching" if funds == "held" else "blind")

    def _unseen(self) -> State:
        """What the page is told while nothing is looked at."""
        if self._track is None:
            return "off"
        if self._spent:
            return "spent"
        return "blind" if self._allowed else "asking"

    def _stop(self) -> None:
        """See nothing from this moment on; what was seen is forgotten."""
        looking, self._looking = self._looking, None
        if looking is not None:
            looking.forget()
            task = asyncio.create_task(looking.aclose(), name="screen.end")
            self._closing.add(task)
            task.add_done_callback(self._closed)

    def _closed(self, task: asyncio.Task[None]) -> None:
        self._closing.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("screen.closing_failed", exc_info=error)

    def _over(self, looking: Looking) -> None:
        """It ended by itself. It is begun anew when somebody asks: what it died of may be so at once again."""
        if looking is self._looking:
            self._stop()
            self._channel.show(self._unseen())

    # -- what the room tells -------------------------------------------------------------------------------

    def _on_track(self, track: rtc.Track, publication: Any, participant: Any) -> None:
        if self._is_their_screen(participant, publication):
            self.shared(track, muted=publication.muted)

    def _on_track_gone(self, track: rtc.Track, publication: Any, participant: Any) -> None:
        if self._track is not None and track.sid == self._track.sid:
            self._gone()

    def _on_muted(self, participant: Any, publication: Any) -> None:
        if self._is_their_screen(participant, publication):
            self._mute(True)

    def _on_unmuted(self, participant: Any, publication: Any) -> None:
        if self._is_their_screen(participant, publication):
            self._mute(False)

    def _on_connected(self, participant: Any) -> None:
        if participant.identity == self._caller:
            self._channel.show_again()

    def _is_their_screen(self, participant: Any, publication: Any) -> bool:
        screen = rtc.TrackSource.SOURCE_SCREENSHARE
        return bool(participant.identity == self._caller and publication.source == screen)

    def _mute(self, muted: bool) -> None:
        if self._track is not None:
            log.info("screen.muted" if muted else "screen.unmuted")
            self._muted = muted
            self._review()

    def _gone(self) -> None:
        was_seen, self._was_seen = self._was_seen, False
        self._track, self._muted, self._allowed = None, False, False
        log.info("screen.gone")
        self._review()
        if was_seen:
            self._on_gone()
