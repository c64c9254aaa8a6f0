"""The screen that the caller shares: looked at while it is shared, with leave and within its money, and never kept.

A frame lives in memory until the next one comes or sharing ends. Nothing here is on the voice's way: frames are read
beside it, and whoever asks what is meant waits no longer than a bound.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, Final, Protocol

from livekit import rtc
from livekit.agents import utils

from agent.frames import Thumbnail, differs, frames, jpeg, thumbnail
from agent.screen_channel import ScreenChannel, State
from agent.seen import presentable
from tiers.faults import Fault
from tiers.sighting import Reading
from tiers.vision_fault import VisionError

if TYPE_CHECKING:
    from tiers.vision import Vision

log = logging.getLogger("agent.screen")

READ_SECONDS: Final = 4.0
"""The longest that an answer waits for what is on the screen."""
FIRST_FRAME_SECONDS: Final = 1.5
"""Sharing has just begun: so long a question waits for the first frame, within the bound."""
NEXT_FRAME_SECONDS: Final = 1.0
"""So long a question about a frame that cannot be read waits for another one."""
SPEECH_EVERY_SECONDS: Final = 1.0
"""While somebody speaks a change is sent so often at most: it may be what they speak of."""
SILENCE_EVERY_SECONDS: Final = 5.0


Frames = Callable[[Any, Callable[[], float]], AsyncIterator[rtc.VideoFrame]]
"""Gives a track's frames for as long as it lives."""


class Sees(Protocol):
    """Makes a call's sight: what the call itself does not know of it is known already."""

    def __call__(
        self, *, is_spoken: Callable[[], bool], on_gone: Callable[[], None], on_spent: Callable[[], None]
    ) -> Screen:
        """Make it."""


class CannotSeeError(Exception):
    """Nothing can be said of the screen. `why`: no_screen, not_allowed, cannot_see or spent."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Screen:
    """One caller's screen. `vision` makes what looks at it; `may_spend` says whether there is money for it.

    `on_gone` is called when what was seen is seen no more because sharing ended, `on_spent` when money ended it.
    """

    def __init__(
        self,
        room: rtc.Room,
        *,
        caller_identity: str,
        vision: Callable[[], Vision],
        may_spend: Callable[[], bool],
        is_spoken: Callable[[], bool],
        on_gone: Callable[[], None] = lambda: None,
        on_spent: Callable[[], None] = lambda: None,
        patience: float = 1.0,
        frames: Frames = frames,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._room = room
        self._caller = caller_identity
        self._make = vision
        self._may_spend = may_spend
        self._is_spoken = is_spoken
        self._on_gone = on_gone
        self._on_spent = on_spent
        self._within = READ_SECONDS * patience
        self._frames = frames
        self._clock = clock
        self._channel = ScreenChannel(room, caller_identity=caller_identity, on_leave=self.allow)
        self._track: rtc.Track | None = None
        self._allowed = False
        self._spent = False
        self._vision: Vision | None = None
        self._watching: asyncio.Task[None] | None = None
        self._frame: rtc.VideoFrame | None = None
        self._came = asyncio.Event()
        self._sent: Thumbnail | None = None
        self._sent_at = -1e9
        self._closing: set[asyncio.Task[None]] = set()
        self._open = False
        self._events: dict[Any, Callable[..., None]] = {
            "track_subscribed": self._on_track,
            "track_unsubscribed": self._on_track_gone,
            "track_muted": self._on_muted,
            "track_unmuted": self._on_unmuted,
            "participant_connected": self._on_connected,
        }

    @property
    def is_shared(self) -> bool:
        """Whether the caller shares a screen now."""
        return self._track is not None

    @property
    def is_seen(self) -> bool:
        """Whether frames are looked at."""
        return self._watching is not None and not self._watching.done()

    def open(self) -> None:
        """Begin to notice that the caller shares their screen."""
        self._open = True
        self._channel.open()
        for event, callback in self._events.items():
            self._room.on(event, callback)
        caller = self._room.remote_participants.get(self._caller)
        for publication in caller.track_publications.values() if caller is not None else ():
            if publication.track is not None and not publication.muted:
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
        log.info("screen.leave", extra={"outcome": "given" if allowed else "taken_back"})
        self._review()

    def shared(self, track: Any) -> None:
        """Hear that the caller shares their screen, by this track."""
        log.info("screen.shared")
        self._track = track
        self._review()

    def spent(self) -> None:
        """Hear that there is no more money for it in this call."""
        if self.is_seen:
            self._end_for_money()
        self._spent = True

    async def read(self, about: str) -> Reading:
        """Say what the caller's words mean on the screen as it is now. Bounded in time. Raises CannotSeeError."""
        if self._track is None:
            raise CannotSeeError("no_screen")
        if not self._allowed:
            self._channel.show("asking")
            raise CannotSeeError("not_allowed")
        if self._spent or not self._may_spend():
            self.spent()
            raise CannotSeeError("spent")
        self._review()
        seen_by = self._vision
        started = self._clock()
        try:
            reading = await self._read(about)
        except (VisionError, TimeoutError) as error:
            if seen_by is None or seen_by is not self._vision:
                raise CannotSeeError("no_screen") from error
            self._channel.show("blind")
            raise CannotSeeError("cannot_see") from error
        if (
            seen_by is not self._vision
        ):  # it ended meanwhile: what was read is of a screen that is no longer shared
            raise CannotSeeError("no_screen")
        log.info(
            "screen.read",
            extra={
                "outcome": reading.status,
                "count": len(reading.items),
                "ms": round(1000 * (self._clock() - started)),
            },
        )
        items = tuple(item for each in reading.items if (item := presentable(each)) is not None)
        status = reading.status if items or reading.status == "unreadable" else "nothing"
        self._channel.show("watching", items[0] if status == "seen" and items else None)
        return Reading(status=status, items=items)

    async def _read(self, about: str) -> Reading:
        until = self._clock() + self._within
        async with asyncio.timeout(min(FIRST_FRAME_SECONDS, self._within)):
            while self._frame is None:
                await self._came.wait()
        if self._vision is None or self._frame is None:
            raise VisionError(Fault.OURS, "sharing ended")
        vision = self._vision
        async with asyncio.timeout(max(0.1, until - self._clock())):
            await self._send(vision, self._frame)
        reading = await vision.ask(about, within=max(0.1, until - self._clock()))
        if reading.status == "unreadable" and (another := await self._another_frame(until)) is not None:
            # The first frames of a sharing are empty or blurred until the picture has come through.
            async with asyncio.timeout(max(0.1, until - self._clock())):
                await self._send(vision, another)
            reading = await vision.ask(about, within=max(0.1, until - self._clock()))
        return reading

    async def _another_frame(self, until: float) -> rtc.VideoFrame | None:
        """Wait a moment for a frame that shows something else than the last that was sent."""
        patience = min(NEXT_FRAME_SECONDS, (until - self._clock()) / 2)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, patience)):
                while self._frame is not None:
                    if differs(self._sent, thumbnail(self._frame)):
                        return self._frame
                    self._came.clear()
                    await self._came.wait()
        return None

    # -- looking on ----------------------------------------------------------------------------------------

    def _review(self) -> None:
        """Begin to look, or cease to, as things are."""
        if self._track is None or not self._allowed or self._spent:
            if self._track is not None and not self._allowed:
                self._channel.show("asking")
            self._stop()
        elif not self.is_seen:
            self._vision = self._make()
            self._watching = asyncio.create_task(self._watch(self._track, self._vision), name="screen.watch")
            self._watching.add_done_callback(self._watched)
            self._channel.show("watching")

    def _stop(self) -> None:
        """See nothing from this moment on; what was seen is forgotten."""
        vision, self._vision = self._vision, None
        watching, self._watching = self._watching, None
        self._frame = self._sent = None
        self._came.clear()
        self._sent_at = -1e9
        if vision is not None or watching is not None:
            self._channel.show("spent" if self._spent else "off")
            task = asyncio.create_task(self._ended(vision, watching), name="screen.end")
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def _ended(self, vision: Vision | None, watching: asyncio.Task[None] | None) -> None:
        if watching is not None:
            await utils.aio.cancel_and_wait(watching)
        if vision is not None:
            await vision.aclose()

    async def _watch(self, track: rtc.Track, vision: Vision) -> None:
        async for frame in self._frames(track, self._clock):
            self._frame = frame
            self._came.set()
            pause = SPEECH_EVERY_SECONDS if self._is_spoken() else SILENCE_EVERY_SECONDS
            if self._clock() - self._sent_at < pause:
                continue
            if not self._may_spend():
                self.spent()
                return
            state: State = "watching"
            try:
                await self._send(vision, frame)
            except VisionError:
                state = "blind"
            self._channel.show(state)

    async def _send(self, vision: Vision, frame: rtc.VideoFrame) -> None:
        """Send a frame unless it shows what the last one did. Raises VisionError."""
        spots = thumbnail(frame)
        if not differs(self._sent, spots):
            return
        self._sent_at = self._clock()
        await vision.show(await asyncio.to_thread(jpeg, frame))
        if vision is self._vision:
            self._sent = spots

    def _end_for_money(self) -> None:
        self._spent = True
        log.info("screen.ended", extra={"reason": "money"})
        self._stop()
        self._on_spent()

    def _watched(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("screen.watching_failed", exc_info=error)

    # -- what the room tells -------------------------------------------------------------------------------

    def _on_track(self, track: rtc.Track, publication: Any, participant: Any) -> None:
        if participant.identity != self._caller or publication.source != rtc.TrackSource.SOURCE_SCREENSHARE:
            return
        self.shared(track)

    def _on_track_gone(self, track: rtc.Track, publication: Any, participant: Any) -> None:
        if self._track is not None and track.sid == self._track.sid:
            self._gone()

    def _on_muted(self, participant: Any, publication: Any) -> None:
        if participant.identity == self._caller and publication.source == rtc.TrackSource.SOURCE_SCREENSHARE:
            self._gone()

    def _on_unmuted(self, participant: Any, publication: Any) -> None:
        if publication.track is not None:
            self._on_track(publication.track, publication, participant)

    def _on_connected(self, participant: Any) -> None:
        if participant.identity == self._caller:
            self._channel.show_again()

    def _gone(self) -> None:
        if self._track is None:
            return
        was_seen = self.is_seen
        self._track, self._allowed = None, False
        log.info("screen.gone")
        self._stop()
        if was_seen:
            self._on_gone()
