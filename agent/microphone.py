"""What the caller's page says of its microphone: one word, whenever it changes."""

from __future__ import annotations

import asyncio
import logging
from typing import Final, Literal, cast

from livekit import rtc

log = logging.getLogger("agent.microphone")

TOPIC: Final = "voicetasks.microphone"
STATES: Final = frozenset({"on", "off", "denied", "missing"})
LONGEST_CHARS: Final = 16

State = Literal["on", "off", "denied", "missing"]


class Microphone:
    """Listens to the caller's word on their microphone. Nobody is asked to speak up who cannot."""

    def __init__(self, room: rtc.Room, *, caller_identity: str) -> None:
        self._room = room
        self._caller = caller_identity
        self._open = False
        self._reading: set[asyncio.Task[None]] = set()
        self.state: State = "on"

    def open(self) -> None:
        """Begin to listen."""
        self._open = True
        self._room.register_text_stream_handler(TOPIC, self._on_stream)

    def close(self) -> None:
        """Listen no more. Safe to call without `open`."""
        if self._open:
            self._open = False
            self._room.unregister_text_stream_handler(TOPIC)
        for task in list(self._reading):
            task.cancel()

    def _on_stream(self, reader: rtc.TextStreamReader, identity: str) -> None:
        if identity != self._caller:
            return
        task = asyncio.create_task(self._read(reader), name="microphone.read")
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def _read(self, reader: rtc.TextStreamReader) -> None:
        word = ""
        try:
            async for part in reader:
                word += part
                if len(word) > LONGEST_CHARS:
                    reader.close()
                    return
        except rtc.StreamError:
            return
        if word in STATES and word != self.state:
            self.state = cast("State", word)
            log.info("microphone.changed", extra={"state": word})
