"""Typed messages in the room: read within bounds, from the caller only."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from livekit import rtc

TOPIC: Final = "lk.chat"


class TextChat:
    """Hands the caller's typed messages on, one after the other."""

    def __init__(
        self,
        room: rtc.Room,
        *,
        caller_identity: str,
        max_chars: int,
        on_message: Callable[[str], Awaitable[None]],
        on_too_long: Callable[[], Awaitable[None]],
    ) -> None:
        self._room = room
        self._caller = caller_identity
        self._max_chars = max_chars
        self._on_message = on_message
        self._on_too_long = on_too_long
        self._turn = asyncio.Lock()
        self._open = False
        self._reading: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        """Begin to listen."""
        self._open = True
        self._room.register_text_stream_handler(TOPIC, self._on_stream)

    async def close(self) -> None:
        """Stop listening; messages that are being handled are dropped. Safe to call without `open`."""
        if self._open:
            self._open = False
            self._room.unregister_text_stream_handler(TOPIC)
        for task in list(self._reading):
            task.cancel()
        await asyncio.gather(*self._reading, return_exceptions=True)

    def _on_stream(self, reader: rtc.TextStreamReader, identity: str) -> None:
        if identity != self._caller:
            return
        task = asyncio.create_task(self._read(reader), name="text_chat.read")
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def _read(self, reader: rtc.TextStreamReader) -> None:
        text = ""
        try:
            async for part in reader:
                text += part
                if len(text) > self._max_chars:
                    reader.close()
                    break
        except rtc.StreamError:
            return  # The sender gave up or left in the middle: there is no message.
        async with self._turn:
            if len(text) > self._max_chars:
                await self._on_too_long()
            elif text.strip():
                await self._on_message(text.strip())
