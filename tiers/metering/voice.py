"""Streamed text to speech, billed by the characters that were sent, spoken or not: Cartesia.

White space around a text is the plugin's padding and is not counted (https://docs.cartesia.ai/pricing).
"""

from __future__ import annotations

import json
import uuid

from tiers.catalogue import Model
from tiers.metering.bookings import Bookings
from tiers.metering.speeches import Speeches
from tiers.metering.taps import Handshake


class VoiceWatch:
    """One websocket of Cartesia's `/tts/websocket`. A context is booked when it is over."""

    def __init__(self, bookings: Bookings, model: Model, handshake: Handshake) -> None:
        request_id = handshake.headers.get("cartesia-request-id") or str(uuid.uuid4())
        self._speeches = Speeches(bookings, model, request_id)

    def sent(self, data: str | bytes) -> None:
        """Count the text of a request."""
        request = json.loads(data)
        context = str(request.get("context_id", ""))
        if request.get("cancel") is True:
            self._speeches.over(context, "cancelled")
        elif isinstance(text := request.get("transcript"), str):
            self._speeches.asked(context, len(text.strip()))

    def received(self, data: str | bytes) -> None:
        """See whether a context sounds, and when it is over."""
        message = json.loads(data)
        context = str(message.get("context_id", ""))
        if message.get("type") == "error":
            self._speeches.over(context, "failed")
        elif message.get("done") is True:
            self._speeches.over(context, "ok")
        elif message.get("data"):
            self._speeches.sounded(context)

    def ended(self, broken: bool, *, turned_away: bool = False) -> None:
        """Whatever was still being spoken is over, too: the plugin interrupts by closing the socket."""
        self._speeches.all_over(broken=broken, turned_away=turned_away)

    def flush(self) -> None:
        """Book what was sent by now."""
        self.ended(broken=False)
