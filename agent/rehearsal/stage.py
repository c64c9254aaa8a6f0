"""What stands where the room would: a microphone and a loudspeaker that live by the loop's clock, and no network."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.voice import io
from numpy.typing import NDArray
from typing_extensions import override

from agent.ring import Ring

RATE: Final = 24_000
"""Samples a second, both ways: what the room's own input and output are set to."""
FRAME_SECONDS: Final = 0.05
"""As the room's input makes them."""
AHEAD_SECONDS: Final = 0.2
"""How much sound the room's output takes before it makes the speaker wait."""

Pcm = NDArray[np.int16]


class Microphone(io.AudioInput):
    """The caller's sound, frame by frame as time goes; silence where they say nothing."""

    def __init__(self) -> None:
        super().__init__(label="microphone")
        self._size: Final = round(RATE * FRAME_SECONDS)
        self._rest = np.empty(0, np.int16)
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._due: float | None = None

    async def speak(self, pcm: Pcm) -> None:
        """Say this; returns when the last of it went out."""
        self._rest = pcm
        self._quiet.clear()
        await self._quiet.wait()

    @override
    async def __anext__(self) -> rtc.AudioFrame:
        now = asyncio.get_running_loop().time()
        if self._due is None:
            self._due = now
        await asyncio.sleep(self._due - now)
        self._due += FRAME_SECONDS
        samples = np.zeros(self._size, np.int16)
        piece, self._rest = self._rest[: self._size], self._rest[self._size :]
        samples[: len(piece)] = piece
        if not len(self._rest):
            self._quiet.set()
        return rtc.AudioFrame(samples.tobytes(), RATE, 1, self._size)


class Loudspeaker(io.AudioOutput):
    """Plays at the pace of speech, and knows how much of it was heard."""

    def __init__(self, *, pauses: bool = False) -> None:
        """`pauses`: it can be held in the middle of a sentence, as a room's can."""
        super().__init__(
            label="loudspeaker",
            capabilities=io.AudioOutputCapabilities(pause=pauses),
            sample_rate=RATE,
        )
        self.heard_seconds = 0.0
        """Of all that was played since the start."""
        self.silent_since: float | None = None
        """On the loop's clock; None while something is played, and before anything was."""
        self.first_sound: float | None = None
        """On the loop's clock, since somebody began to listen."""
        self._began = 0.0
        self._queued = 0.0
        self._playing: asyncio.Task[None] | None = None
        self._held_at: float | None = None
        self._goes_on = asyncio.Event()
        self._goes_on.set()

    @override
    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        await self._goes_on.wait()
        loop = asyncio.get_running_loop()
        if not self._queued:
            self._began = loop.time()
            self.first_sound = self.first_sound or self._began
            self.silent_since = None
            self.on_playback_started(created_at=time.time())
        self._queued += frame.duration
        ahead = self._began + self._queued - loop.time()
        if ahead > AHEAD_SECONDS:
            await asyncio.sleep(ahead - AHEAD_SECONDS)

    def listen(self) -> None:
        """Wait for the first sound from now on."""
        self.first_sound = None

    @override
    def flush(self) -> None:
        super().flush()
        if self._queued and self._playing is None and self._held_at is None:
            self._playing = asyncio.create_task(self._play_out(), name="loudspeaker")

    @override
    def clear_buffer(self) -> None:
        if self._playing is not None:
            self._playing.cancel()
        if self._queued:
            now = asyncio.get_running_loop().time() if self._held_at is None else self._held_at
            self._over(min(now - self._began, self._queued), interrupted=True)
        self._held_at = None
        self._goes_on.set()

    @override
    def pause(self) -> None:
        if not self.can_pause or self._held_at is not None or not self._queued:
            return
        self._held_at = self.silent_since = asyncio.get_running_loop().time()
        self._goes_on.clear()
        if self._playing is not None:
            self._playing.cancel()

    @override
    def resume(self) -> None:
        if self._held_at is None:
            return
        self._began += asyncio.get_running_loop().time() - self._held_at
        self._held_at = self.silent_since = None
        self._goes_on.set()
        if self._playing is not None:
            self._playing = asyncio.create_task(self._play_out(), name="loudspeaker")

    async def _play_out(self) -> None:
        await asyncio.sleep(self._began + self._queued - asyncio.get_running_loop().time())
        self._over(self._queued, interrupted=False)

    def _over(self, played: float, *, interrupted: bool) -> None:
        self._playing, self._queued = None, 0.0
        self.heard_seconds += played
        self.silent_since = asyncio.get_running_loop().time()
        self.on_playback_finished(playback_position=played, interrupted=interrupted)


class Stage:
    """A line without a room: what a session hears and speaks into."""

    def __init__(self) -> None:
        self.microphone = Microphone()
        self.loudspeaker = Loudspeaker()
        self.ring = Ring(lambda: asyncio.get_running_loop().time())
        self._session: AgentSession[Any] | None = None

    def replay(self) -> None:
        """Nothing was missed."""

    def attach(self, session: AgentSession[Any]) -> None:
        """Let this session hear and speak."""
        session.input.audio, session.output.audio = self.microphone, self.loudspeaker
        self._session = session

    def detach(self) -> None:
        """Let no session hear and speak."""
        if self._session is not None:
            self._session.input.audio = self._session.output.audio = None
        self._session = None

    async def close(self) -> None:
        """Nothing stays open."""
        self.detach()


class _Nobody:
    """Our participant in a room that is none: what is shown and sent is seen by nobody."""

    async def set_attributes(self, attributes: Mapping[str, str]) -> None: ...
    async def send_text(self, text: str, **_: Any) -> None: ...
    def register_rpc_method(self, name: str, handler: Any) -> None: ...
    def unregister_rpc_method(self, name: str) -> None: ...


class NoRoom(rtc.EventEmitter[str]):
    """A room as a call knows it, with the caller in it and no network."""

    def __init__(self, caller_identity: str) -> None:
        super().__init__()
        self.local_participant = _Nobody()
        self.remote_participants = {caller_identity: None}

    def isconnected(self) -> bool:
        """Always."""
        return True

    def register_text_stream_handler(self, topic: str, handler: Any) -> None:
        """Nobody types."""

    def unregister_text_stream_handler(self, topic: str) -> None:
        """Nobody types."""
