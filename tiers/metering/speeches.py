"""What was asked of a streamed voice and not booked yet: booked once when it is over, by the characters that were sent.

Plugins report nothing of a speech that was interrupted, so the texts are counted as they go out. What ends in an
error before any sound costs nothing, and so does what was handed to a vendor that was shutting its door. What breaks
off is an estimate, and so is what the vendor never reacted to: it arrived and may be billed, and nobody said so.
"""

from __future__ import annotations

from dataclasses import dataclass

from tiers.catalogue import Model
from tiers.metering.bookings import Bookings
from tiers.usage import Outcome


@dataclass(slots=True)
class _Speech:
    """`sounded`: some of it came back as sound."""

    characters: int = 0
    sounded: bool = False


class Speeches:
    """The speeches of one websocket, by the vendor's name for each."""

    def __init__(self, bookings: Bookings, model: Model, request_id: str) -> None:
        self._bookings = bookings
        self._model = model
        self._request_id = request_id
        self._speeches: dict[str, _Speech] = {}
        self._failed: set[str] = set()

    def asked(self, name: str, characters: int) -> None:
        """So many characters more are to be spoken; of a speech that the vendor has said to have failed, none."""
        if name in self._failed:
            return
        self._speeches.setdefault(name, _Speech()).characters += characters

    def sounded(self, name: str) -> None:
        """Some of it has come back."""
        if name in self._speeches:
            self._speeches[name].sounded = True

    def over(self, name: str, outcome: Outcome, *, broken: bool = False) -> None:
        """Book a speech that ended. `broken`: with its socket, so that nobody knows what arrived."""
        speech = self._speeches.pop(name, None)
        if outcome == "failed" and not broken:
            self._failed.add(name)
        refused = outcome == "failed" and not broken and speech is not None and not speech.sounded
        if speech is None or not speech.characters or refused:
            return
        self._bookings.book(
            f"{self._request_id}:{name}",
            self._model,
            "tts",
            {"characters": speech.characters},
            certainty="actual" if outcome != "failed" and speech.sounded else "estimated",
            outcome=outcome,
            heard=speech.sounded,
        )

    def all_failed(self) -> None:
        """The vendor has said that it speaks none of what is not over."""
        for name in list(self._speeches):
            self.over(name, "failed")

    def all_over(self, *, broken: bool, turned_away: bool = False) -> None:
        """The socket has ended, and all that was still being spoken with it; `turned_away`: nothing was taken."""
        if turned_away:
            self._speeches.clear()
        for name in list(self._speeches):
            self.over(name, "failed" if broken else "cancelled", broken=broken)
