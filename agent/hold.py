"""A quiet sound that covers a gap in the conversation: somebody is still there.

It has a track of its own, so that it needs neither a session nor a vendor and ends where our voice begins.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

import numpy as np
from livekit import rtc
from livekit.agents import utils
from livekit.rtc.participant import PublishTrackError
from numpy.typing import NDArray

log = logging.getLogger("agent.hold")

RATE: Final = 24_000
"""Samples a second."""
COVER_AFTER_SECONDS: Final = 0.7
"""A shorter gap is a breath."""
THINKING_SECONDS: Final = 2.0
"""An answer that is not there by then is late: a tool is slow, or a vendor has fallen silent and nobody knows yet."""
LONGEST_SECONDS: Final = 12.0
_FRAME_SECONDS: Final = 0.05
_EVERY_SECONDS: Final = 1.6
_LOUDNESS: Final = 0.05
"""Of full scale: well below speech."""


def sound() -> NDArray[np.int16]:
    """One round of the hold sound: two soft notes and a rest, 16 bit mono at 24 kHz."""
    round_ = np.zeros(round(RATE * _EVERY_SECONDS))
    for start, pitch in ((0.0, 523.25), (0.22, 659.25)):  # C5, E5
        time = np.arange(round(RATE * 0.35)) / RATE
        note = np.sin(2 * np.pi * pitch * time) * np.minimum(1, time / 0.03) * np.exp(-time * 9)
        place = round(start * RATE)
        round_[place : place + len(note)] += note
    samples: NDArray[np.int16] = (round_ / np.abs(round_).max() * _LOUDNESS * 32767).astype(np.int16)
    return samples


class Hold:
    """Covers gaps in one room, and never what the caller says. Nothing is published before the first one."""

    def __init__(self, room: rtc.Room, caller_speaks: Callable[[], bool] = lambda: False) -> None:
        self._room = room
        self._caller_speaks = caller_speaks
        self._source: rtc.AudioSource | None = None
        """Of a track that the room has."""
        self._publishing: asyncio.Task[None] | None = None
        self._playing: asyncio.Task[None] | None = None
        self._after = COVER_AFTER_SECONDS
        self._heard = False
        """Whether the wait is over and the sound is heard."""

    def cover(self, after_seconds: float = COVER_AFTER_SECONDS) -> None:
        """Begin to wait: after so long in which nobody speaks and without `end` the sound is heard.

        A shorter wait takes the place of a longer one that is still on.
        """
        waits = self._playing is not None and not self._playing.done()
        if waits and (self._heard or after_seconds >= self._after):
            return
        if waits and self._playing is not None:
            self._playing.cancel()
        self._heard, self._after = False, after_seconds
        self._playing = asyncio.create_task(self._play(after_seconds), name="hold.play")

    def end(self) -> None:
        """Our voice is there: no more of it."""
        if self._playing is None:
            return
        self._playing.cancel()
        self._playing = None
        if self._source is not None:
            self._source.clear_queue()

    async def aclose(self) -> None:
        """End and give the track back."""
        self.end()
        if self._publishing is not None:
            await utils.aio.cancel_and_wait(self._publishing)
        if self._source is not None:
            await self._source.aclose()
            self._source = None

    async def _play(self, after_seconds: float) -> None:
        await self._gap(after_seconds)
        self._heard = True
        try:
            source = await self._published()
        except PublishTrackError as error:  # the room is connecting again, say: the next gap tries once more
            log.warning("hold.not_published", extra={"error": type(error).__name__})
            return
        samples, size = sound(), round(RATE * _FRAME_SECONDS)
        log.info("hold.heard")
        for place in range(0, round(LONGEST_SECONDS * RATE), size):
            if self._caller_speaks():
                source.clear_queue()
                await self._gap(COVER_AFTER_SECONDS)
            at = place % len(samples)
            piece = samples[at : at + size]
            await source.capture_frame(rtc.AudioFrame(piece.tobytes(), RATE, 1, len(piece)))

    async def _gap(self, seconds: float) -> None:
        """Wait until nobody has spoken for so long that it is a gap."""
        silent = 0.0
        while silent < seconds:
            await asyncio.sleep(_FRAME_SECONDS)
            silent = 0.0 if self._caller_speaks() else silent + _FRAME_SECONDS

    async def _published(self) -> rtc.AudioSource:
        """Wait for the track. It is published to the end also where this gap ends before it is: broken off, it would
        be in the room and known to nobody here.
        """
        while self._source is None:
            if self._publishing is None or self._publishing.done():
                self._publishing = asyncio.create_task(self._publish(), name="hold.publish")
            await asyncio.shield(self._publishing)
        return self._source

    async def _publish(self) -> None:
        source = rtc.AudioSource(RATE, 1, queue_size_ms=100)
        try:
            track = rtc.LocalAudioTrack.create_audio_track("hold", source)
            await self._room.local_participant.publish_track(track, rtc.TrackPublishOptions())
        except BaseException:
            await source.aclose()
            raise
        self._source = source
