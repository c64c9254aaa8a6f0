"""Streamed text to speech, billed by the characters that were sent, spoken or not: Deepgram's Aura.

The plugin sends word by word with a space between, and the vendor counts every character
(https://developers.deepgram.com/docs/text-to-speech: `dg-char-count`).
"""

from __future__ import annotations

import json
import uuid
from collections import deque

from tiers.catalogue import Model
from tiers.metering.bookings import Bookings
from tiers.metering.speeches import Speeches
from tiers.metering.taps import Handshake


class AuraWatch:
    """One websocket of Deepgram's `/v1/speak`. A speech ends with a Flush, and is booked when the vendor confirms it."""

    def __init__(self, bookings: Bookings, model: Model, handshake: Handshake) -> None:
        request_id = handshake.headers.get("dg-request-id") or str(uuid.uuid4())
        self._speeches = Speeches(bookings, model, request_id)
        self._count = 0
        self._flushed: deque[str] = deque()

    @property
    def _heard(self) -> str:
        """The speech whose sound comes now: the oldest that is not confirmed."""
        return self._flushed[0] if self._flushed else str(self._count)

    def sent(self, data: str | bytes) -> None:
        """Count the text of a Speak, and begin another speech after a Flush."""
        message = json.loads(data)
        match message.get("type"):
            case "Speak":
                self._speeches.asked(str(self._count), len(message.get("text", "")))
            case "Flush":
                self._flushed.append(str(self._count))
                self._count += 1
            case "Clear":
                self._speeches.all_over(broken=False)

    def received(self, data: str | bytes) -> None:
        """See whether a speech sounds, and when it is over."""
        if isinstance(data, bytes):
            self._speeches.sounded(self._heard)
            return
        match json.loads(data).get("type"):
            case "Flushed":
                self._speeches.over(self._heard, "ok")
                if self._flushed:
                    self._flushed.popleft()
            case "Error" | "error":
                self._speeches.over(self._heard, "failed")

    def ended(self, broken: bool, *, turned_away: bool = False) -> None:
        """Whatever was still being spoken is over, too: the plugin interrupts by leaving the socket."""
        self._speeches.all_over(broken=broken, turned_away=turned_away)

    def flush(self) -> None:
        """Book what was sent by now."""
        self.ended(broken=False)
