"""What the caller's page says of its microphone: one word, whenever it changes."""

from __future__ import annotations

import logging
from typing import Final, Literal, cast

from livekit import rtc

from agent.caller_stream import CallerStream

log = logging.getLogger("agent.microphone")

TOPIC: Final = "voicetasks.microphone"
STATES: Final = frozenset({"on", "off", "denied", "missing"})
LONGEST_CHARS: Final = 16

State = Literal["on", "off", "denied", "missing"]


class Microphone:
    """Listens to the caller's word on their microphone. Nobody is asked to speak up who cannot."""

    def __init__(self, room: rtc.Room, *, caller_identity: str) -> None:
        self._stream = CallerStream(
            room, TOPIC, caller_identity=caller_identity, longest=LONGEST_CHARS, on_text=self._on_word
        )
        self.state: State = "on"

    def open(self) -> None:
        """Begin to listen."""
        self._stream.open()

    def close(self) -> None:
        """Listen no more. Safe to call without `open`."""
        self._stream.close()

    async def _on_word(self, word: str | None) -> None:
        if word in STATES and word != self.state:
            self.state = cast("State", word)
            log.info("microphone.changed", extra={"state": word})
