"""The question of a pending confirmation as the page shows it, and the caller's click on it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from livekit import rtc
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.gate import By, Outcome, Pending

TOPIC: Final = "voicetasks.confirm"
"""The text stream on which questions and outcomes are sent, and the RPC method that answers."""


class Click(BaseModel):
    """An answer from the page."""

    model_config = ConfigDict(extra="ignore")

    id: str = Field(max_length=64)
    answer: Literal["yes", "no"]


class ConfirmCard:
    """Sends questions to the room and takes clicks from the caller's own identity only."""

    def __init__(
        self, room: rtc.Room, *, caller_identity: str, on_click: Callable[[Click], Awaitable[bool]]
    ) -> None:
        self._room = room
        self._caller = caller_identity
        self._on_click = on_click
        self._open = False
        self._sending = asyncio.Lock()
        """A question that is closed meanwhile is not put on the page behind its end."""
        self._closed = ""
        """The question that was closed last."""

    def open(self) -> None:
        """Begin to take clicks."""
        self._open = True
        self._room.local_participant.register_rpc_method(TOPIC, self._answer)

    def close(self) -> None:
        """Take no more clicks. Safe to call without `open`."""
        if self._open:
            self._open = False
            self._room.local_participant.unregister_rpc_method(TOPIC)

    async def show(self, pending: Pending, question: str, *, seconds_left: float) -> None:
        """Put a question on the page, or tell it anew for how long it is open. Returns when it was sent to the caller."""
        expires_at = datetime.now(UTC) + timedelta(seconds=seconds_left)
        async with self._sending:
            if pending.id == self._closed:
                return
            await self._send(
                {
                    "id": pending.id,
                    "question": question,
                    "action": " and ".join(pending.tools),
                    "objects": pending.objects,
                    "expires_at": expires_at.isoformat(timespec="seconds"),
                }
            )

    async def resolve(self, pending: Pending, outcome: Outcome, by: By | None, answer: str | None) -> None:
        """Take a question off the page and say how it ended."""
        self._closed = pending.id
        async with self._sending:
            await self._send({"id": pending.id, "outcome": outcome, "by": by, "answer": answer})

    async def _send(self, message: dict[str, object]) -> None:
        await self._room.local_participant.send_text(
            json.dumps(message), topic=TOPIC, destination_identities=[self._caller]
        )

    async def _answer(self, call: rtc.RpcInvocationData) -> str:
        if call.caller_identity != self._caller:
            raise rtc.RpcError(1403, "only the caller can answer")
        try:
            click = Click.model_validate_json(call.payload)
        except ValidationError:
            raise rtc.RpcError(1400, "expected {id, answer: yes|no}") from None
        taken = await self._on_click(click)
        return json.dumps({"taken": taken})
