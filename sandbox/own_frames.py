"""A track's sound, without being woken by every other track's."""

from __future__ import annotations

from typing import Any

from livekit import rtc
from livekit.rtc._ffi_client import FfiClient


class OwnFrames(rtc.AudioStream):
    """livekit's stream, which asks of an event whose it is before it is woken, not after.

    livekit-rtc 1.1.21 wakes each stream of a process for each frame of all of them. An agent has one caller in its
    process; a bridge and a bench have all of them, and ten calls kept half a processor busy with nothing else (measured).
    """

    def __init__(self, track: rtc.Track, **options: Any) -> None:
        super().__init__(track, **options)
        queue = FfiClient.instance.queue
        queue.unsubscribe(self._ffi_queue)
        self._ffi_queue = queue.subscribe(self._loop, filter_fn=self._is_event)
