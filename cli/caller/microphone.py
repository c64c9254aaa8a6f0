"""The caller's microphone: a track that never stops, silence between utterances, on a steady clock."""

from __future__ import annotations

import asyncio
import time

from livekit import rtc

from cli.caller.changes import Changes
from cli.caller.sound import MICROPHONE_RATE, Pcm
from cli.caller.utterances import Playing, Utterances

FRAME_SAMPLES = MICROPHONE_RATE // 50
"""20 ms, as browsers packetise."""
AHEAD_SECONDS = 0.08
"""How much is queued before it leaves: enough to bridge a busy event loop."""
QUEUE_MS = 400


class Microphone:
    """Publishes sound at its natural speed and knows when each sample left."""

    def __init__(self, changes: Changes, room_noise: float = 0.0) -> None:
        """`room_noise` as in `Utterances`."""
        self._utterances = Utterances(
            changes, rate=MICROPHONE_RATE, frame=FRAME_SAMPLES, room_noise=room_noise
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
            if self._queue_end - now > AHEAD_SECONDS:
                await asyncio.sleep(self._queue_end - now - AHEAD_SECONDS)
                continue
            leaves_at = max(self._queue_end, now)
            samples = self._utterances.next(leaves_at)
            self._queue_end = leaves_at + FRAME_SAMPLES / MICROPHONE_RATE
            frame = rtc.AudioFrame(samples.tobytes(), MICROPHONE_RATE, 1, FRAME_SAMPLES)
            await self._source.capture_frame(frame)
