"""A stream of one call's sound among those of others."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from livekit import rtc

from sandbox.own_frames import OwnFrames

pytestmark = pytest.mark.unit
RATE = 8_000


async def test_a_stream_is_woken_by_its_own_tracks_frames_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [rtc.AudioSource(RATE, 1) for _ in range(2)]
    tracks = [rtc.LocalAudioTrack.create_audio_track("sip", source) for source in sources]
    streams = [OwnFrames(track, sample_rate=RATE, num_channels=1) for track in tracks]
    woken_by: list[set[int]] = [set(), set()]
    for stream, handles in zip(streams, woken_by, strict=True):
        put = stream._ffi_queue.put_nowait

        def wake(event: Any, put: Any = put, handles: set[int] = handles) -> None:
            handles.add(event.audio_stream_event.stream_handle)
            put(event)

        monkeypatch.setattr(stream._ffi_queue, "put_nowait", wake)
    try:
        async with asyncio.timeout(10):
            for stream in streams:
                for _ in range(10):
                    await anext(stream)
    finally:
        for stream in streams:
            await asyncio.wait_for(stream.aclose(), 5)
        for source in sources:
            await source.aclose()
    assert [len(handles) for handles in woken_by] == [1, 1]
    assert woken_by[0] != woken_by[1]
