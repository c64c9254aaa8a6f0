"""What the caller's page and the agent tell each other of a shared screen: leave to look, and what is being seen.

Text streams on one topic, JSON: from the page `{"allowed": true|false}`, from the agent `{"state": …}`, and after each look `read` beside
it: what was found, or null. The agent's go to the caller alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any, Final, Literal

from livekit import rtc
from pydantic import BaseModel, ConfigDict, ValidationError

from agent.caller_stream import CallerStream
from tiers.sighting import Sighting

TOPIC: Final = "voicetasks.screen"
LONGEST_CHARS: Final = 200

State = Literal["off", "asking", "watching", "blind", "spent"]
"""Nothing is shared; leave is needed; it is looked at; nothing can be seen at the moment; the money is spent."""


class Leave(BaseModel):
    """The page's word."""

    model_config = ConfigDict(extra="ignore", strict=True)

    allowed: bool


class ScreenChannel:
    """Hears the caller's leave and shows them what is seen."""

    def __init__(self, room: rtc.Room, *, caller_identity: str, on_leave: Callable[[bool], None]) -> None:
        self._room = room
        self._caller = caller_identity
        self._on_leave = on_leave
        self._stream = CallerStream(
            room, TOPIC, caller_identity=caller_identity, longest=LONGEST_CHARS, on_text=self._on_text
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._state: State = "off"

    def open(self) -> None:
        """Begin to listen."""
        self._stream.open()

    def close(self) -> None:
        """Listen no more. Safe to call without `open`."""
        self._stream.close()
        for task in list(self._tasks):
            task.cancel()

    def show(self, state: State) -> None:
        """Tell the page how things are, where that is news."""
        if state != self._state:
            self._state = state
            self._spawn(self._send(json.dumps({"state": state})))

    def show_read(self, read: Sighting | None) -> None:
        """Tell the page what a look found: one thing, or None, and what was found before is no longer meant."""
        self._state = "watching"
        found = read and {"title": read.title, "due_words": read.due_words, "box": read.box_2d}
        self._spawn(self._send(json.dumps({"state": self._state, "read": found})))

    def show_again(self) -> None:
        """Tell a page that has just come."""
        state, self._state = self._state, "off"
        self.show(state)

    async def _send(self, text: str) -> None:
        if self._room.isconnected():
            with contextlib.suppress(rtc.RpcError, ConnectionError, RuntimeError):
                await self._room.local_participant.send_text(
                    text, topic=TOPIC, destination_identities=[self._caller]
                )

    async def _on_text(self, text: str | None) -> None:
        with contextlib.suppress(ValidationError):
            self._on_leave(Leave.model_validate_json(text or "").allowed)

    def _spawn(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work, name="screen.channel")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
