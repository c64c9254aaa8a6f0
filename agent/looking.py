"""One shared screen that is looked at: its newest frame, sent when something changed and money is held, and asked about.

A frame lives in memory until the next one comes or looking ends. What is read is read beside the voice, within a bound.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Final

from livekit import rtc
from livekit.agents import utils

from agent.frames import Thumbnail, differs, jpeg, thumbnail
from agent.screen_channel import State
from routing.sight_budget import Funds
from tiers.faults import Fault
from tiers.sighting import Reading
from tiers.vision_fault import VisionError

if TYPE_CHECKING:
    from tiers.vision import Vision

log = logging.getLogger("agent.screen")

FIRST_FRAME_SECONDS: Final = 1.5
"""Sharing has just begun: so long a question waits for the first frame, within the bound."""
NEXT_FRAME_SECONDS: Final = 1.0
"""So long a question about a frame that cannot be read waits for another one."""
FAIR_SECONDS: Final = 3.0
"""A vendor that was given less to answer has not failed."""
SPEECH_EVERY_SECONDS: Final = 1.0
"""While somebody speaks a change is sent so often at most: it may be what they speak of."""
SILENCE_EVERY_SECONDS: Final = 5.0


class Looking:
    """Looks from the moment it is made until `forget`, or until it dies of something; `aclose` it either way.

    `on_state` hears how things are with each frame that was due, `on_spent` that there is no more money, and `on_over`
    that it ended by itself: the frames did, or something failed that is no failure of the vendor's.
    """

    def __init__(
        self,
        vision: Vision,
        frames: AsyncIterator[rtc.VideoFrame],
        *,
        funds: Callable[[], Funds],
        is_spoken: Callable[[], bool],
        on_state: Callable[[State], None],
        on_spent: Callable[[], None],
        on_over: Callable[[Looking], None],
        within: float,
        clock: Callable[[], float],
    ) -> None:
        self._vision = vision
        self._frames = frames
        self._funds = funds
        self._is_spoken = is_spoken
        self._on_state = on_state
        self._on_spent = on_spent
        self._on_over = on_over
        self._within = within
        self._clock = clock
        self.frame: rtc.VideoFrame | None = None
        """The newest one."""
        self._came = asyncio.Event()
        self._sent: Thumbnail | None = None
        self._sent_at = -1e9
        self._is_over = False
        self._watching = asyncio.create_task(self._watch(), name="screen.watch")
        self._watching.add_done_callback(self._watched)

    def forget(self) -> None:
        """See nothing from this moment on; what was seen is forgotten."""
        self._is_over = True
        self._watching.cancel()
        self.frame = self._sent = None
        self._came.set()

    async def aclose(self) -> None:
        """Forget, and close what looked."""
        self.forget()
        try:
            await utils.aio.cancel_and_wait(self._watching)
        finally:
            await self._vision.aclose()

    async def read(self, about: str) -> Reading:
        """Say what the caller's words mean on the newest frame. Raises VisionError, and TimeoutError past the bound."""
        until = self._clock() + self._within
        async with asyncio.timeout(min(FIRST_FRAME_SECONDS, self._within)):
            while self.frame is None and not self._is_over:
                await self._came.wait()
        if self.frame is None:
            raise VisionError(Fault.OURS, "sharing ended")
        async with asyncio.timeout(max(0.1, until - self._clock())):
            await self._send(self.frame)
        asked = self._clock()
        reading = await self._ask(about, until)
        if reading.status != "unreadable":
            return reading
        took = self._clock() - asked
        # The first frames of a sharing are empty or blurred until the picture has come through.
        another = await self._another_frame(until - took)
        if another is None or until - self._clock() < took:
            return reading
        try:
            async with asyncio.timeout(until - self._clock()):
                await self._send(another)
            return await self._ask(about, until)
        except (VisionError, TimeoutError):
            return reading  # it was answered once

    async def _ask(self, about: str, until: float) -> Reading:
        seconds = max(0.1, until - self._clock())
        return await self._vision.ask(about, within=seconds, judged=seconds >= FAIR_SECONDS)

    async def _another_frame(self, until: float) -> rtc.VideoFrame | None:
        """Wait a moment for a frame that shows something else than the last that was sent; at most `until`."""
        patience = min(NEXT_FRAME_SECONDS, until - self._clock())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, patience)):
                while self.frame is not None:
                    if differs(self._sent, thumbnail(self.frame)):
                        return self.frame
                    self._came.clear()
                    await self._came.wait()
        return None

    async def _watch(self) -> None:
        async for frame in self._frames:
            self.frame = frame
            self._came.set()
            pause = SPEECH_EVERY_SECONDS if self._is_spoken() else SILENCE_EVERY_SECONDS
            if self._clock() - self._sent_at < pause:
                continue
            funds = self._funds()
            if funds == "spent":
                self._on_spent()
                return
            state: State = "watching" if funds == "held" else "blind"
            try:
                if funds == "held":
                    await self._send(frame)
            except VisionError:
                state = "blind"
            self._on_state(state)

    async def _send(self, frame: rtc.VideoFrame) -> None:
        """Send a frame unless it shows what the last one did. Raises VisionError."""
        spots = thumbnail(frame)
        if not differs(self._sent, spots):
            return
        self._sent_at = self._clock()
        try:
            picture = await asyncio.to_thread(jpeg, frame)
        except ValueError as error:  # larger than any screen: the next frame may be another
            raise VisionError(Fault.OURS, "no picture can be made of it") from error
        await self._vision.show(picture)
        if not self._is_over:
            self._sent = spots

    def _watched(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            log.error("screen.watching_failed", exc_info=error)
        self._on_over(self)
