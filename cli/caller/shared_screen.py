"""A picture as the screen that the caller shares: published as a browser publishes one, a frame at a time."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Final

from livekit import rtc
from PIL import Image, UnidentifiedImageError

TOPIC: Final = "voicetasks.screen"
"""On it the agent is told whether it may look."""
LEAVE: Final = json.dumps({"allowed": True})
FRAMES_A_SECOND: Final = 5
MOST_FRAMES_A_SECOND: Final = 60
BITRATE: Final = 1_000_000
"""Bits for each frame of a second: a still picture needs hardly any."""
LARGEST_SIDE: Final = 3840
SETTLE_SECONDS: Final = 0.5


class PictureError(ValueError):
    """The file is no picture that can be shared."""


def read_picture(path: Path) -> rtc.VideoFrame:
    """Read a picture as a frame. Raises PictureError."""
    try:
        with Image.open(path) as opened:
            image = opened.convert("RGBA")
    except (OSError, UnidentifiedImageError) as error:
        raise PictureError(f"{path} is no picture that can be read") from error
    if max(image.size) > LARGEST_SIDE:
        image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    return rtc.VideoFrame(image.width, image.height, rtc.VideoBufferType.RGBA, image.tobytes())


class SharedScreen:
    """Shows a picture in the room until it is closed, so many times a second."""

    def __init__(self, room: rtc.Room, frame: rtc.VideoFrame, frames_a_second: int = FRAMES_A_SECOND) -> None:
        self._room = room
        self._frame = frame
        self._frames_a_second = frames_a_second
        self._source = rtc.VideoSource(frame.width, frame.height, is_screencast=True)
        self._track_sid = ""
        self._sending: asyncio.Task[None] | None = None

    async def publish(self, agent: str | None) -> None:
        """Share it, and let the agent look."""
        await self.allow(agent)
        track = rtc.LocalVideoTrack.create_video_track("screen", self._source)
        options = rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_SCREENSHARE,
            simulcast=False,
            video_encoding=rtc.VideoEncoding(
                max_framerate=self._frames_a_second, max_bitrate=BITRATE * self._frames_a_second
            ),
        )
        publication = await self._room.local_participant.publish_track(track, options)
        self._track_sid = publication.sid
        self._sending = asyncio.create_task(self._send(), name="screen.send")
        await asyncio.sleep(SETTLE_SECONDS)

    async def allow(self, agent: str | None) -> None:
        """Tell the agent that it may look: whoever shares by command has been told what happens to the pictures."""
        if agent is not None:
            await self._room.local_participant.send_text(LEAVE, topic=TOPIC, destination_identities=[agent])

    async def aclose(self) -> None:
        """Stop sharing."""
        await self._room.local_participant.unpublish_track(self._track_sid)
        await self.left()

    async def left(self) -> None:
        """Send nothing more: the room is left, and the track went with it."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)
        await self._source.aclose()

    async def _send(self) -> None:
        while True:
            self._source.capture_frame(self._frame)
            await asyncio.sleep(1 / self._frames_a_second)
