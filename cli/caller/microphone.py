"""The caller's microphone: a track that never stops, silence between utterances, on a steady clock."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass

import numpy as np
from livekit import rtc

from cli.caller.changes import Changes
from cli.caller.sound import MICROPHONE_RATE, Pcm, spoken_part

FRAME_SAMPLES = MICROPHONE_RATE // 50
"""20 ms, as browsers packetise."""
AHEAD_SECONDS = 0.08
"""How much is queued before it leaves: enough to bridge a busy event loop."""
QUEUE_MS = 400


@dataclass
class Playing:
    """One utterance on its way out. Times are those of `time.monotonic()`."""

    pcm: Pcm
    first_word_sample: int
    last_word_sample: int
    sent: int = 0
    began_at: float | None = None
    """When the first word left."""
    ended_at: float | None = None
    """When the last word had left."""


class Microphone:
    """Publishes sound at its natural speed and knows when each sample left."""

    def __init__(self, changes: Changes, room_noise: float = 0.0) -> None:
        """`room_noise`: root mean square of what is heard while nobody speaks, in sample units; real rooms have some."""
        self._changes = changes
        self._noise = _noise(room_noise)
        self._noise_at = 0
        self._source = rtc.AudioSource(MICROPHONE_RATE, 1, queue_size_ms=QUEUE_MS)
        self._waiting: deque[Playing] = deque()
        self._queue_end = 0.0
        self._loop: asyncio.Task[None] | None = None

    async def publish(self, room: rtc.Room) -> None:
        """Publish the track and start the clock."""
        track = rtc.LocalAudioTrack.create_audio_track("microphone", self._source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        self._loop = asyncio.create_task(self._run(), name="microphone")
        await room.local_participant.publish_track(track, options)

    def play(self, pcm: Pcm) -> Playing:
        """Begin an utterance now, or after those that still play. Its times tell how far it is."""
        first, last = spoken_part(pcm, MICROPHONE_RATE)
        playing = Playing(pcm, first, last)
        self._waiting.append(playing)
        return playing

    async def aclose(self) -> None:
        """Stop the clock and free the track."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
        await self._source.aclose()

    async def _run(self) -> None:
        silence = np.zeros(FRAME_SAMPLES, dtype=np.int16)
        while True:
            now = time.monotonic()
            if self._queue_end - now > AHEAD_SECONDS:
                await asyncio.sleep(self._queue_end - now - AHEAD_SECONDS)
                continue
            leaves_at = max(self._queue_end, now)
            samples = self._in_the_room(self._next_samples(leaves_at) if self._waiting else silence)
            self._queue_end = leaves_at + FRAME_SAMPLES / MICROPHONE_RATE
            frame = rtc.AudioFrame(samples.tobytes(), MICROPHONE_RATE, 1, FRAME_SAMPLES)
            await self._source.capture_frame(frame)

    def _in_the_room(self, samples: Pcm) -> Pcm:
        if self._noise is None:
            return samples
        self._noise_at = (self._noise_at + FRAME_SAMPLES) % (len(self._noise) - FRAME_SAMPLES)
        return samples + self._noise[self._noise_at : self._noise_at + FRAME_SAMPLES]

    def _next_samples(self, leaves_at: float) -> Pcm:
        playing = self._waiting[0]
        samples = playing.pcm[playing.sent : playing.sent + FRAME_SAMPLES]
        end = playing.sent + len(samples)
        if playing.began_at is None and end > playing.first_word_sample:
            playing.began_at = leaves_at + (playing.first_word_sample - playing.sent) / MICROPHONE_RATE
            self._changes.notify()
        if playing.ended_at is None and end >= playing.last_word_sample:
            playing.ended_at = leaves_at + (playing.last_word_sample - playing.sent) / MICROPHONE_RATE
            self._changes.notify()
        playing.sent = end
        if end >= len(playing.pcm):
            self._waiting.popleft()
            samples = np.pad(samples, (0, FRAME_SAMPLES - len(samples)))
        return samples


def _noise(level: float) -> Pcm | None:
    """Ten seconds of it, gone round and round; None for a room without any."""
    if not level:
        return None
    rng = np.random.default_rng(1)
    found: Pcm = rng.normal(0, level, 10 * MICROPHONE_RATE).astype(np.int16)
    return found
