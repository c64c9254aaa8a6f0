"""Frames of a shared screen: which are another picture, and as what they are sent."""

from __future__ import annotations

import asyncio
import io
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from livekit import rtc
from PIL import Image, ImageDraw

from agent.frames import LARGEST_SIDE, LONGEST_SIDE, LOOK_SECONDS, differs, frames, jpeg, thumbnail

pytestmark = pytest.mark.unit


def frame(image: Image.Image) -> rtc.VideoFrame:
    """As the room gives it."""
    whole = image.convert("RGBA")
    rgba = rtc.VideoFrame(whole.width, whole.height, rtc.VideoBufferType.RGBA, whole.tobytes())
    return rgba.convert(rtc.VideoBufferType.I420)


def page(width: int = 1280, height: int = 720, colour: str = "white") -> Image.Image:
    return Image.new("RGB", (width, height), colour)


def test_the_same_picture_is_no_news_and_noise_is_none() -> None:
    quiet = thumbnail(frame(page()))
    noise = Image.fromarray(np.random.default_rng(1).integers(250, 256, (720, 1280, 3)).astype(np.uint8))
    assert not differs(quiet, thumbnail(frame(page())))
    assert not differs(quiet, thumbnail(frame(noise)))


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (3840, 2160)])
def test_a_line_of_text_is_news_at_any_size(size: tuple[int, int]) -> None:
    before, after = page(*size), page(*size)
    x, y = size[0] // 2, size[1] // 2
    ImageDraw.Draw(after).rectangle((x, y, x + size[0] // 12, y + size[1] // 60), fill="black")
    assert differs(thumbnail(frame(before)), thumbnail(frame(after)))


def test_another_size_is_news_and_so_is_the_first_frame() -> None:
    assert differs(None, thumbnail(frame(page())))
    assert differs(thumbnail(frame(page(640, 480))), thumbnail(frame(page())))


@pytest.mark.parametrize(
    ("size", "sent"),
    [
        ((1280, 720), (1280, 720)),
        ((3840, 2160), (LONGEST_SIDE, 900)),
        ((1080, 2400), (720, LONGEST_SIDE)),
        ((2, 2), (2, 2)),
    ],
)
def test_a_frame_is_scaled_down_and_never_up(size: tuple[int, int], sent: tuple[int, int]) -> None:
    with Image.open(io.BytesIO(jpeg(frame(page(*size))))) as got:
        assert got.size == sent
        assert got.format == "JPEG"


def test_a_frame_of_four_thousand_pixels_is_looked_at_in_some_milliseconds() -> None:
    large = frame(page(3840, 2160, "black"))
    began = time.process_time()
    for _ in range(10):
        thumbnail(large)
    assert (time.process_time() - began) / 10 < 0.05


def test_a_monster_is_refused() -> None:
    with pytest.raises(ValueError, match="frame of"):
        jpeg(rtc.VideoFrame(LARGEST_SIDE + 2, 2, rtc.VideoBufferType.RGBA, bytes(4 * 2 * (LARGEST_SIDE + 2))))


class FastSource:
    """A track's stream at a hundred frames a second; counts the frames that were copied out of it."""

    copied = 0
    opened = 0

    def __init__(self, _track: object, *, capacity: int) -> None:
        assert capacity == 1
        FastSource.opened += 1
        self._frame = frame(page(64, 36))

    def __aiter__(self) -> FastSource:
        return self

    async def __anext__(self) -> SimpleNamespace:
        await asyncio.sleep(0.01)
        FastSource.copied += 1
        return SimpleNamespace(frame=self._frame)

    async def aclose(self) -> None: ...


async def test_of_a_fast_source_few_frames_are_copied_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtc, "VideoStream", FastSource)
    track: Any = object()
    seen = 0
    began = time.monotonic()
    async for _ in frames(track):
        seen += 1
        if seen == 4:
            break
    assert time.monotonic() - began >= 3 * LOOK_SECONDS - 0.05
    assert FastSource.copied <= 3 * seen
    assert FastSource.opened > 1
