"""The caller's microphone: a track that never stops, silence between utterances, on a steady clock."""

from __future__ import annotations

import asyncio
import time

from livekit import rtc

from cli.caller.changes import Changes
from cli.caller.sound import MICROPHONE_RATE, PIECE_MS, Pcm
from cli.caller.utterances import Playing, Utterances

AHEAD_SECONDS = 0.08
"""How much is queued before it leaves, two pieces at least: enough to bridge a busy event loop."""
QUEUE_MS = 400


class Microphone:
    """Publishes sound at its natural speed and knows when each sample left."""

    def __init__(self, changes: Changes, room_noise: float = 0.0, *, piece_ms: int = PIECE_MS) -> None:
        """`room_noise` as in `Utterances`. `piece_ms`: how much sound is handed over at once."""
        self._samples = MICROPHONE_RATE * piece_ms // 1000
        self._seconds = piece_ms / 1000
        self._ahead = max(AHEAD_SECONDS, 2 * self._seconds)
        self._utterances = Utterances(
            changes, rate=MICROPHONE_RATE, frame=self._samples, room_noise=room_noise
        )
        self._source = rtc.AudioSource(MICROPHONE_RATE, 1, queue_size_ms=QUEUE_MS)
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
        return self._utterances.play(pcm)

    async def aclose(self) -> None:
        """Stop the clock and free the track."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
        await self._source.aclose()

    async def _run(self) -> None:
        while True:
            now = time.monotonic()
            if self._queue_end - now > self._ahead:
                await asyncio.sleep(self._queue_end - now - self._ahead)
                continue
            leaves_at = max(self._queue_end, now)
            samples = self._utterances.next(leaves_at)
            self._queue_end = leaves_at + self._seconds
            frame = rtc.AudioFrame(samples.tobytes(), MICROPHONE_RATE, 1, self._samples)
            await self._source.capture_frame(frame)
