"""Gives every sound back as it comes: what the room and both ends cost by themselves, from ear to ear."""

from __future__ import annotations

import asyncio
import sys
from typing import Final

from livekit import rtc

RATE: Final = 24_000
FRAME_MS: Final = 10
QUEUE_MS: Final = 100


async def echo(url: str, token: str) -> None:
    """Enter the room and echo whoever speaks, until it ends."""
    room = rtc.Room()
    over = asyncio.Event()
    source = rtc.AudioSource(RATE, 1, queue_size_ms=QUEUE_MS)
    reading: set[asyncio.Task[None]] = set()

    async def give_back(track: rtc.Track) -> None:
        stream = rtc.AudioStream(track, sample_rate=RATE, num_channels=1, frame_size_ms=FRAME_MS)
        async for event in stream:
            await source.capture_frame(event.frame)

    def subscribed(track: rtc.Track, *_: object) -> None:
        if track.kind == rtc.TrackKind.KIND_AUDIO:
            reading.add(asyncio.create_task(give_back(track)))

    room.on("track_subscribed", subscribed)
    room.on("participant_disconnected", lambda _: over.set())
    room.on("disconnected", lambda _: over.set())
    await room.connect(url, token)
    voice = rtc.LocalAudioTrack.create_audio_track("echo", source)
    options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
    await room.local_participant.publish_track(voice, options)
    await over.wait()
    await room.disconnect()


if __name__ == "__main__":
    asyncio.run(echo(sys.argv[1], sys.argv[2]))
