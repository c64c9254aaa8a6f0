"""The caller's ear: when the agent's audio sounded, measured on what arrived, not on what was announced."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import numpy as np
from livekit import rtc

from cli.caller.changes import Changes
from cli.caller.sound import FRAME_SECONDS, PIECE_MS, Pcm, levels
from sandbox.own_frames import OwnFrames

LISTEN_RATE = 24_000
AUDIBLE = 120.0
"""Root mean square of a 10 ms frame from which it counts as sound (-49 dB of full scale)."""
PAUSE_SECONDS = 0.3
"""Silence as long as this ends a stretch of sound; shorter gaps lie between words."""
ONSET_SECONDS = 0.04
"""Sound behind silence as long as this has begun again, if only within a stretch."""
MAX_RECORDING_SECONDS = 900


@dataclass
class Stretch:
    """The agent sounded from `start` to `end` (`time.monotonic()`), with no pause in between."""

    start: float
    end: float


class SoundLog:
    """Stretches of sound, made of levels of 10 ms frames and the time each arrived."""

    def __init__(self) -> None:
        self.stretches: list[Stretch] = []
        self.onsets: list[float] = []
        """When sound began, also behind gaps that are too short to end a stretch."""
        self.heard_seconds = 0.0

    def add(self, level: float, start: float) -> None:
        """Note one frame that began to arrive at `start`."""
        end = start + FRAME_SECONDS
        if level < AUDIBLE:
            return
        self.heard_seconds += FRAME_SECONDS
        if not self.stretches or start - self.stretches[-1].end > ONSET_SECONDS:
            self.onsets.append(start)
        if self.stretches and start - self.stretches[-1].end < PAUSE_SECONDS:
            self.stretches[-1].end = end
        else:
            self.stretches.append(Stretch(start, end))

    def first_after(self, moment: float) -> Stretch | None:
        """The first stretch that began after a moment."""
        return next((stretch for stretch in self.stretches if stretch.start > moment), None)

    def answer_to(self, began_at: float, ended_at: float) -> Stretch | None:
        """The first stretch that began after the caller did and lasted past the caller's last word.

        What the agent was already saying is no answer, nor is a sound that the caller's words silenced.
        """
        return next((s for s in self.stretches if s.start > began_at and s.end > ended_at), None)

    def sounding_at(self, moment: float) -> Stretch | None:
        """The stretch that a moment lies in."""
        return next((s for s in self.stretches if s.start <= moment <= s.end), None)

    def quiet_before(self, moment: float) -> float:
        """Seconds of silence at a moment that may lie back; infinite when there was no sound before it."""
        before = [stretch.end for stretch in self.stretches if stretch.start <= moment]
        return max(0.0, moment - before[-1]) if before else float("inf")

    def quiet_for(self, now: float) -> float:
        """Seconds since the last sound; infinite when there was none."""
        return now - self.stretches[-1].end if self.stretches else float("inf")


class Listener:
    """Reads the agent's audio tracks into a sound log, and keeps the samples when asked to."""

    rate = LISTEN_RATE
    """Of what is recorded."""

    def __init__(self, changes: Changes, *, record: bool, piece_ms: int = PIECE_MS) -> None:
        self.log = SoundLog()
        self._piece_ms = piece_ms
        self._changes = changes
        self._record = record
        self._kept: list[Pcm] = []
        self._kept_samples = 0
        self._streams: dict[str, tuple[rtc.AudioStream, asyncio.Task[None]]] = {}

    def listen(self, track: rtc.Track) -> None:
        """Follow a track until it ends."""
        stream = OwnFrames(track, sample_rate=LISTEN_RATE, num_channels=1, frame_size_ms=self._piece_ms)
        keep = self._record and not self._streams
        task = asyncio.create_task(self._read(stream, keep=keep), name="listener")
        self._streams[track.sid] = (stream, task)

    async def stop(self, track_sid: str) -> None:
        """Stop following a track that is gone."""
        if found := self._streams.pop(track_sid, None):
            stream, task = found
            await stream.aclose()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def aclose(self) -> None:
        """Stop following all tracks."""
        for sid in list(self._streams):
            await self.stop(sid)

    @property
    def recording(self) -> Pcm:
        """What was heard, silence included, at LISTEN_RATE."""
        return np.concatenate(self._kept) if self._kept else np.zeros(0, dtype=np.int16)

    async def _read(self, stream: rtc.AudioStream, *, keep: bool) -> None:
        async for event in stream:
            arrived = time.monotonic()
            pcm = np.frombuffer(event.frame.data, dtype=np.int16)
            if keep and self._kept_samples < MAX_RECORDING_SECONDS * LISTEN_RATE:
                self._kept.append(pcm.copy())
                self._kept_samples += len(pcm)
            loudness, known = levels(pcm, LISTEN_RATE), self.log.heard_seconds
            for index, level in enumerate(loudness):
                self.log.add(float(level), arrived - (len(loudness) - index) * FRAME_SECONDS)
            # Of silence, whoever waits for it learns by the clock.
            if self.log.heard_seconds > known:
                self._changes.notify()
