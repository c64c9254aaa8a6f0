"""Prepared recordings: what is heard when nothing can speak any more."""

from __future__ import annotations

import wave
from collections.abc import Callable
from importlib.resources import files
from typing import Final

from livekit import rtc

from agent.last_words import heard

_FRAME_SECONDS: Final = 0.05


async def play_recording(room: rtc.Room, name: str, *, on_begun: Callable[[], None] = lambda: None) -> None:
    """Play one of the recordings in sounds/ to the room, to its end, on a track of its own.

    `on_begun`: the room has the track, and sound is on its way.
    """
    if not room.isconnected():
        return
    with (files("agent") / "sounds" / f"{name}.wav").open("rb") as file, wave.open(file) as sound:
        rate, size = sound.getframerate(), round(sound.getframerate() * _FRAME_SECONDS)
        source = rtc.AudioSource(rate, 1, queue_size_ms=200)
        track = rtc.LocalAudioTrack.create_audio_track("recording", source)
        publication = await room.local_participant.publish_track(track, rtc.TrackPublishOptions())
        on_begun()
        try:
            while samples := sound.readframes(size):
                await source.capture_frame(rtc.AudioFrame(samples, rate, 1, len(samples) // 2))
            await source.wait_for_playout()
            await heard()
        finally:
            await room.local_participant.unpublish_track(publication.sid)
            await source.aclose()
