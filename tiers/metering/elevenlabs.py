"""Streamed text to speech, billed by the characters that were sent, spoken or not: ElevenLabs.

A text that is white space alone opens or keeps a context and says nothing, so it is not counted
(https://elevenlabs.io/docs/api-reference/text-to-speech/v-1-text-to-speech-voice-id-multi-stream-input).
"""

from __future__ import annotations

import json
import uuid

from tiers.catalogue import Model
from tiers.metering.bookings import Bookings
from tiers.metering.speeches import Speeches
from tiers.metering.taps import Handshake


class ElevenLabsWatch:
    """One websocket of `multi-stream-input`. A context is booked when the vendor says that it is final.

    The socket outlives its speeches. The plugin ends a text by an empty one with a flush, then closes the context;
    where it closes without, it was interrupted, and throws away what still comes.
    """

    def __init__(self, bookings: Bookings, model: Model, handshake: Handshake) -> None:
        request_id = handshake.headers.get("request-id") or str(uuid.uuid4())
        self._speeches = Speeches(bookings, model, request_id)
        self._whole: set[str] = set()
        self._left: set[str] = set()

    def sent(self, data: str | bytes) -> None:
        """Count the text of a message."""
        message = json.loads(data)
        context, text = str(message.get("context_id", "")), message.get("text")
        if isinstance(text, str) and text.strip():
            self._speeches.asked(context, len(text))
        elif text == "" and message.get("flush") is True:
            self._whole.add(context)
        if message.get("close_context") is True and context not in self._whole:
            self._left.add(context)

    def received(self, data: str | bytes) -> None:
        """See whether a context sounds, and when it is over."""
        message = json.loads(data)
        context = str(message.get("context_id") or message.get("contextId") or "")
        if message.get("error"):
            if context:
                self._speeches.over(context, "failed")
            else:
                self._speeches.all_failed()  # the socket ends over it
        elif message.get("isFinal") is True:
            self._speeches.over(context, "cancelled" if context in self._left else "ok")
        elif message.get("audio") and context not in self._left:
            self._speeches.sounded(context)

    def ended(self, broken: bool, *, turned_away: bool = False) -> None:
        """Whatever was still being spoken is over, too."""
        self._speeches.all_over(broken=broken, turned_away=turned_away)

    def flush(self) -> None:
        """Book what was sent by now."""
        self.ended(broken=False)
