"""The agent's questions before it does something that cannot be taken lightly (`voicetasks.confirm`)."""

from __future__ import annotations

import json
from typing import Literal

from livekit import rtc
from pydantic import BaseModel, ConfigDict, ValidationError

from cli.caller.changes import Changes
from cli.caller.record import Confirmation

TOPIC = "voicetasks.confirm"
RPC_METHOD = TOPIC
MAX_MESSAGE = 64_000


class ConfirmMessage(BaseModel):
    """One message on the topic: a question when it is new, its outcome afterwards."""

    model_config = ConfigDict(extra="ignore")

    id: str
    question: str | None = None
    outcome: str | None = None
    by: str | None = None
    answer: str | None = None


class Confirmations:
    """Keeps questions and what became of them."""

    def __init__(self, changes: Changes, kept: list[Confirmation]) -> None:
        self._changes = changes
        self._kept = kept
        self.unreadable = 0
        """Messages on the topic that were no such message: a fault of the agent's."""

    async def read(self, reader: rtc.TextStreamReader, _identity: str) -> None:
        """Take in one message."""
        text = ""
        try:
            async for piece in reader:
                text = (text + piece)[:MAX_MESSAGE]
        except rtc.StreamError:
            return  # the room closed in the middle of it
        finally:
            reader.close()
        self.take(text)

    def take(self, text: str) -> None:
        """Take in the text of one message."""
        try:
            message = ConfirmMessage.model_validate_json(text)
        except ValidationError:
            self.unreadable += 1
            return
        known = next((kept for kept in self._kept if kept.id == message.id), None)
        if known is None:
            known = Confirmation(id=message.id, question=message.question or "")
            self._kept.append(known)
        known.outcome = message.outcome or known.outcome
        known.by = message.by or known.by
        known.answer = message.answer or known.answer
        self._changes.notify()

    def pending(self) -> Confirmation | None:
        """The newest question without an outcome."""
        return next((kept for kept in reversed(self._kept) if kept.outcome is None), None)


def click_payload(confirmation: Confirmation, answer: Literal["yes", "no"]) -> str:
    """What the page sends when a button of the card is pressed."""
    return json.dumps({"id": confirmation.id, "answer": answer})
