"""Frames of a shared screen: which are worth a look, and as what they are sent."""

from __future__ import annotations

import asyncio
import contextlib
import io
import time
from collections.abc import AsyncIterator, Callable
from typing import Final

import numpy as np
from livekit import rtc
from numpy.typing import NDArray
from PIL import Image

LOOK_SECONDS: Final = 0.25
"""How often a frame is looked at at all: what a screen shows for less, nobody talks about."""
FAST_SECONDS: Final = 0.1
"""A source that sends faster is listened to now and then: each frame is copied, at 4K twelve million bytes."""
LONGEST_SIDE: Final = 1600
"""Pixels of a frame that is sent. What can be read at arm's length can be read at it; more costs and brings nothing."""
LARGEST_SIDE: Final = 8192
QUALITY: Final = 80
CHANGED: Final = 12
"""A spot that is so much brighter or darker, of 255, is another one."""
_SPOTS: Final = (96, 160)
"""Down and across: a pointer that moves by a word changes some of them."""

Thumbnail = NDArray[np.uint8]


async def frames(
    track: rtc.Track, clock: Callable[[], float] = time.monotonic
) -> AsyncIterator[rtc.VideoFrame]:
    """The frames of a track, four a second at most, for as long as the track lives."""
    while True:
        stream = rtc.VideoStream(track, capacity=1)
        last = looked = -1e9
        fast = False
        try:
            async for event in stream:
                now = clock()
                fast = now - last < FAST_SECONDS
                last = now
                if now - looked >= LOOK_SECONDS:
                    looked = now
                    yield event.frame
                if fast:
                    break
        finally:
            with contextlib.suppress(asyncio.CancelledError):
                await stream.aclose()
        if not fast:
            return
        await asyncio.sleep(max(0.0, looked + LOOK_SECONDS - clock()))


def thumbnail(frame: rtc.VideoFrame) -> Thumbnail:
    """A few spots of a frame's brightness, averaged a little: what a change is seen by. Cheap at any size."""
    gray = _brightness(frame)
    down, across = max(1, gray.shape[0] // _SPOTS[0]), max(1, gray.shape[1] // _SPOTS[1])
    height, width = gray.shape[0] // down * down, gray.shape[1] // across * across
    blocks = gray[:height, :width].reshape(height // down, down, width // across, across)
    spots: Thumbnail = (
        blocks[:, :: max(1, down // 4), :, :: max(1, across // 4)].mean((1, 3)).astype(np.uint8)
    )
    return spots


def differs(one: Thumbnail | None, other: Thumbnail) -> bool:
    """Whether something on the screen is another than before."""
    if one is None or one.shape != other.shape:
        return True
    return bool((np.abs(one.astype(np.int16) - other.astype(np.int16)) >= CHANGED).any())


def jpeg(frame: rtc.VideoFrame) -> bytes:
    """A frame as it is sent: scaled down, never up. Takes some milliseconds: not in the event loop."""
    if max(frame.width, frame.height) > LARGEST_SIDE:
        raise ValueError(f"a frame of {frame.width}×{frame.height}")
    rgba = frame if frame.type == rtc.VideoBufferType.RGBA else frame.convert(rtc.VideoBufferType.RGBA)
    image = Image.frombytes("RGBA", (rgba.width, rgba.height), bytes(rgba.data)).convert("RGB")
    if max(image.size) > LONGEST_SIDE:
        scale = LONGEST_SIDE / max(image.size)
        image = image.resize(
            (max(1, round(image.width * scale)), max(1, round(image.height * scale))),
            Image.Resampling.LANCZOS,
        )
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _brightness(frame: rtc.VideoFrame) -> NDArray[np.uint8]:
    i420 = frame if frame.type == rtc.VideoBufferType.I420 else frame.convert(rtc.VideoBufferType.I420)
    plane = np.frombuffer(i420.data, np.uint8, count=i420.width * i420.height)
    return plane.reshape(i420.height, i420.width)
