"""Streamed text to speech, billed by the characters that were sent, spoken or not: Cartesia.

Its plugin reports nothing of a speech that was interrupted, so the texts are counted as they go out. White space
around a text is the plugin's padding and is not counted; what ends in an error before any sound costs nothing
(https://docs.cartesia.ai/pricing).
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Literal

from tiers.catalogue import Model
from tiers.metering.bookings import Bookings
from tiers.metering.taps import Handshake


@dataclass(slots=True)
class _Speech:
    """What was asked for in one context. `sounded`: some of it came back as sound."""

    characters: int = 0
    sounded: bool = False


class VoiceWatch:
    """One websocket of Cartesia's `/tts/websocket`. A context is booked when it is over."""

    def __init__(self, bookings: Bookings, model: Model, handshake: Handshake) -> None:
        self._bookings = bookings
        self._model = model
        self._request_id = handshake.headers.get("cartesia-request-id") or str(uuid.uuid4())
        self._contexts: dict[str, _Speech] = {}

    def sent(self, data: str | bytes) -> None:
        """Count the text of a request."""
        request = json.loads(data)
        context = str(request.get("context_id", ""))
        if request.get("cancel") is True:
            self._over(context, "cancelled")
        elif isinstance(text := request.get("transcript"), str):
            self._contexts.setdefault(context, _Speech()).characters += len(text.strip())

    def received(self, text: str) -> None:
        """See whether a context sounds, and when it is over."""
        message = json.loads(text)
        context = str(message.get("context_id", ""))
        if message.get("type") == "error":
            self._over(context, "failed")
        elif message.get("done") is True:
            self._over(context, "ok")
        elif message.get("data") and context in self._contexts:
            self._contexts[context].sounded = True

    def ended(self, broken: bool) -> None:
        """Whatever was still being spoken is over, too: the plugin interrupts by closing the socket."""
        for context in list(self._contexts):
            self._over(context, "failed" if broken else "cancelled", broken=broken)

    def flush(self) -> None:
        """Book what was sent by now."""
        self.ended(broken=False)

    def _over(
        self, context: str, outcome: Literal["ok", "cancelled", "failed"], *, broken: bool = False
    ) -> None:
        speech = self._contexts.pop(context, None)
        refused = outcome == "failed" and not broken and speech is not None and not speech.sounded
        if speech is None or not speech.characters or refused:
            return
        self._bookings.book(
            f"{self._request_id}:{context}",
            self._model,
            "tts",
            {"characters": speech.characters},
            certainty="estimated" if outcome == "failed" else "actual",
            outcome=outcome,
            heard=speech.sounded,
        )
