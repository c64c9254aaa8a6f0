"""Streamed speech to text, billed by the audio that was sent: Deepgram.

Silence that is streamed is billed like speech; an open socket on which only KeepAlive passes is not
(https://developers.deepgram.com/docs/audio-keep-alive). The plugin's own report counts how long the socket was open,
so the bytes are counted here as they go out.
"""

from __future__ import annotations

import uuid
from typing import Final

from tiers.catalogue import Model
from tiers.metering.bookings import Bookings
from tiers.metering.taps import Handshake

BOOKED_MS: Final = 5_000
"""Audio is booked in slices of so many milliseconds, so that a budget follows a long call."""

_BYTES_A_SAMPLE: Final = {"linear16": 2, "mulaw": 1, "alaw": 1}


class HearingWatch:
    """One websocket of Deepgram's `/v1/listen`."""

    def __init__(self, bookings: Bookings, model: Model, handshake: Handshake) -> None:
        self._bookings = bookings
        self._model = model
        self._request_id = handshake.headers.get("dg-request-id") or str(uuid.uuid4())
        query = handshake.query
        sample = _BYTES_A_SAMPLE[query.get("encoding", "linear16")]
        self._bytes_a_second = int(query["sample_rate"]) * sample * int(query.get("channels", "1"))
        self._bytes = 0
        self._booked_ms = 0
        self._slices = 0
        self._over = False

    def sent(self, data: str | bytes) -> None:
        """Count audio; text messages are free."""
        if isinstance(data, str):
            return
        self._bytes += len(data)
        if (owed := self._bytes * 1000 // self._bytes_a_second - self._booked_ms) >= BOOKED_MS:
            self._book(owed, broken=False)

    def received(self, data: str | bytes) -> None:
        """Nothing that the vendor says is billed."""

    def ended(self, broken: bool, *, turned_away: bool = False) -> None:
        """Book what is left. Audio that went into a broken socket may not have arrived: an estimate.

        A vendor of ears may have listened long before it says its first word: being turned away changes nothing.
        """
        if self._over:
            return
        self._over = True
        total = (self._bytes * 2000 + self._bytes_a_second) // (2 * self._bytes_a_second)
        if (owed := total - self._booked_ms) > 0:
            self._book(owed, broken=broken)

    def flush(self) -> None:
        """Book what was sent by now."""
        self.ended(broken=False)

    def _book(self, milliseconds: int, *, broken: bool) -> None:
        self._slices += 1
        self._booked_ms += milliseconds
        self._bookings.book(
            f"{self._request_id}:{self._slices}",
            self._model,
            "stt",
            {"audio_ms": milliseconds},
            certainty="estimated" if broken else "actual",
            outcome="failed" if broken else "ok",
        )
