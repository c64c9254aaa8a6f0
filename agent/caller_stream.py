"""What the caller's page sends on a topic of the room, whole, from the caller alone and bounded in length."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from livekit import rtc

OnText = Callable[[str | None], Awaitable[None]]


class CallerStream:
    """Text streams on one topic. `on_text` gets each one's text, and None for one that was too long to read.

    Texts are handed on as they are complete, each in a task of its own that ends with the listening.
    """

    def __init__(
        self, room: rtc.Room, topic: str, *, caller_identity: str, longest: int, on_text: OnText
    ) -> None:
        self._room = room
        self._topic = topic
        self._caller = caller_identity
        self._longest = longest
        self._on_text = on_text
        self._open = False
        self._reading: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        """Begin to listen. Safe to call twice."""
        if not self._open:
            self._open = True
            self._room.register_text_stream_handler(self._topic, self._on_stream)

    def close(self) -> None:
        """Listen no more; what is being handled is dropped. Safe to call without `open`."""
        if self._open:
            self._open = False
            self._room.unregister_text_stream_handler(self._topic)
        for task in list(self._reading):
            task.cancel()

    async def aclose(self) -> None:
        """Listen no more, and wait until what was being handled has ended."""
        self.close()
        await asyncio.gather(*self._reading, return_exceptions=True)

    def _on_stream(self, reader: rtc.TextStreamReader, identity: str) -> None:
        if identity != self._caller:
            return
        task = asyncio.create_task(self._read(reader), name=f"{self._topic}.read")
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def _read(self, reader: rtc.TextStreamReader) -> None:
        text = ""
        try:
            async for part in reader:
                text += part
                if len(text) > self._longest:
                    reader.close()
                    break
        except rtc.StreamError:
            return  # the sender gave up or left in the middle: nothing was said
        await self._on_text(text if len(text) <= self._longest else None)
