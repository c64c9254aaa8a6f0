"""Typed messages in the room: read within bounds, from the caller only."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from livekit import rtc

from agent.caller_stream import CallerStream
from agent.invitation import Invitation
from agent.settings import AgentSettings

log = logging.getLogger("agent.text_chat")

TOPIC: Final = "lk.chat"


class TextChat:
    """Hands the caller's typed messages on, one after the other. What is typed before `hand_to` waits for it."""

    def __init__(self, room: rtc.Room, *, caller_identity: str, max_chars: int) -> None:
        self._on_message: Callable[[str], Awaitable[None]]
        self._on_too_long: Callable[[], Awaitable[None]]
        self._is_handed_on = asyncio.Event()
        self._turn = asyncio.Lock()
        self._stream = CallerStream(
            room, TOPIC, caller_identity=caller_identity, longest=max_chars, on_text=self._on_text
        )

    def open(self) -> None:
        """Begin to listen. Safe to call twice."""
        self._stream.open()

    def hand_to(
        self, on_message: Callable[[str], Awaitable[None]], *, on_too_long: Callable[[], Awaitable[None]]
    ) -> None:
        """Hand on what is typed from now on, and was before. `on_message` raises TimeoutError where nothing came to serve
        it in time.
        """
        self._on_message, self._on_too_long = on_message, on_too_long
        self._is_handed_on.set()

    async def close(self) -> None:
        """Stop listening; messages that are being handled are dropped. Safe to call without `open`."""
        await self._stream.aclose()

    async def _on_text(self, text: str | None) -> None:
        async with self._turn:
            await self._is_handed_on.wait()
            if text is None:
                await self._on_too_long()
            elif text.strip():
                try:
                    await self._on_message(text.strip())
                except TimeoutError:
                    log.error("chat.unanswered", extra={"error": "TimeoutError"})


def text_chat(room: rtc.Room, invitation: Invitation, settings: AgentSettings) -> TextChat:
    """The chat of a call. A stream that nobody listens to is lost, so it is opened as soon as its caller is known."""
    return TextChat(room, caller_identity=invitation.identity, max_chars=settings.max_message_chars)
