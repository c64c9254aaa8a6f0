"""Typed messages in the room: read within bounds, from the caller only."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from livekit import rtc

from agent.caller_stream import CallerStream

log = logging.getLogger("agent.text_chat")

TOPIC: Final = "lk.chat"


class TextChat:
    """Hands the caller's typed messages on, one after the other.

    `on_message` raises TimeoutError where nothing came to serve it in time.
    """

    def __init__(
        self,
        room: rtc.Room,
        *,
        caller_identity: str,
        max_chars: int,
        on_message: Callable[[str], Awaitable[None]],
        on_too_long: Callable[[], Awaitable[None]],
    ) -> None:
        self._on_message = on_message
        self._on_too_long = on_too_long
        self._turn = asyncio.Lock()
        self._stream = CallerStream(
            room, TOPIC, caller_identity=caller_identity, longest=max_chars, on_text=self._on_text
        )

    def open(self) -> None:
        """Begin to listen."""
        self._stream.open()

    async def close(self) -> None:
        """Stop listening; messages that are being handled are dropped. Safe to call without `open`."""
        await self._stream.aclose()

    async def _on_text(self, text: str | None) -> None:
        async with self._turn:
            if text is None:
                await self._on_too_long()
            elif text.strip():
                try:
                    await self._on_message(text.strip())
                except TimeoutError:
                    log.error("chat.unanswered", extra={"error": "TimeoutError"})
