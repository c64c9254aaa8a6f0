"""What a telephone's keys do in a call. Their digits are in no log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from livekit import rtc

from sip.keypad import Keypad, Meaning


class Keys:
    """Listens to the caller's keys in the room: yes and no answer a question, the others help along.

    `keypad` is for whoever awaits an entry.
    """

    def __init__(
        self,
        room: rtc.Room,
        *,
        caller_identity: str,
        on_answer: Callable[[Literal["yes", "no"]], None],
        on_help: Callable[[], None],
        on_repeat: Callable[[], None],
    ) -> None:
        self._room = room
        self._caller = caller_identity
        self._on_answer = on_answer
        self._on_help = on_help
        self._on_repeat = on_repeat
        self.keypad = Keypad(self._on_key)

    def open(self) -> None:
        """Begin to listen."""
        self._room.on("sip_dtmf_received", self._on_press)

    def close(self) -> None:
        """Listen no more. Safe to call without `open`."""
        self._room.off("sip_dtmf_received", self._on_press)

    def _on_press(self, press: rtc.SipDTMF) -> None:
        if press.participant is not None and press.participant.identity == self._caller:
            self.keypad.press(press.code, press.digit)

    def _on_key(self, meaning: Meaning) -> None:
        match meaning:
            case Meaning.YES:
                self._on_answer("yes")
            case Meaning.NO:
                self._on_answer("no")
            case Meaning.HELP:
                self._on_help()
            case Meaning.REPEAT:
                self._on_repeat()
            case Meaning.END:
                pass  # ends an entry, and there is none
