"""What one session hears through and speaks through: closing them touches nothing that another session uses."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

from livekit import rtc
from livekit.agents.voice import io
from typing_extensions import override

_TAP_FRAMES: Final = 600
"""The most a session may lag behind the line: 30 s of 50 ms frames."""


class Tap(io.AudioInput):
    """One session's copy of the caller's audio, behind what it has missed. It ends when it is closed."""

    def __init__(self, missed: Iterable[rtc.AudioFrame] = ()) -> None:
        super().__init__(label="CallLine")
        self._frames: asyncio.Queue[rtc.AudioFrame | None] = asyncio.Queue(_TAP_FRAMES)
        for frame in missed:
            self.push(frame)

    def push(self, frame: rtc.AudioFrame) -> None:
        """Add a frame; a session that lags by more than 30 s loses the oldest."""
        if self._frames.full():
            self._frames.get_nowait()
        self._frames.put_nowait(frame)

    def close(self) -> None:
        """End the stream for whoever reads it."""
        if self._frames.full():
            self._frames.get_nowait()
        self._frames.put_nowait(None)

    async def __anext__(self) -> rtc.AudioFrame:
        frame = await self._frames.get()
        if frame is None:
            raise StopAsyncIteration
        return frame


class SpeechPort(io.AudioOutput):
    """One session's mouth. Attaching and detaching it leaves the shared sink alone; closed, it is silent."""

    def __init__(self, sink: io.AudioOutput) -> None:
        super().__init__(
            label="CallLine",
            capabilities=io.AudioOutputCapabilities(pause=True),
            next_in_chain=sink,
            sample_rate=sink.sample_rate,
        )
        self._sink = sink
        self._open = True
        self._in_speech = False
        """Frames were passed on whose end was not."""

    @override
    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        if self._open:
            self._in_speech = True
            await super().capture_frame(frame)
            await self._sink.capture_frame(frame)

    @override
    def flush(self) -> None:
        super().flush()
        if self._open:
            self._in_speech = False
            self._sink.flush()

    @override
    def clear_buffer(self) -> None:
        if self._open:
            self._sink.clear_buffer()

    @override
    def on_attached(self) -> None: ...
    @override
    def on_detached(self) -> None: ...

    def close(self) -> None:
        """Let go of the shared sink, and leave nothing in it: what is still to be heard of this session is its
        successor's to say, and a sink that a caller's voice has paused would begin with it as soon as that one speaks.
        """
        if not self._open:
            return
        if self._in_speech:
            self.flush()  # a sink that waits for more has no end to tell of
        if self._pending_playback_count:
            self._sink.clear_buffer()
        if self.can_pause:
            self._sink.resume()
        self._open = False
        self._sink.off("playback_finished", self._dispatch_playback_finished)
        self._sink.off("playback_started", self._forward_next_playback_started)
        self._sink.off("playback_progressed", self._forward_next_playback_progressed)


class CaptionPort(io.TextOutput):
    """One session's transcript of itself, on its way to the room."""

    def __init__(self, sink: io.TextOutput) -> None:
        super().__init__(label="CallLine", next_in_chain=sink)
        self._sink = sink
        self._open = True

    @override
    async def capture_text(self, text: str) -> None:
        if self._open:
            await self._sink.capture_text(text)

    @override
    def flush(self) -> None:
        if self._open:
            self._sink.flush()

    @override
    def on_attached(self) -> None: ...
    @override
    def on_detached(self) -> None: ...

    def close(self) -> None:
        """Let go of the shared sink."""
        self._open = False
