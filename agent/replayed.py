"""A turn that was replayed to a successor in one burst: nobody hears a breath in it as one, so it may end too soon.

The ear ends a sentence at the breath of its speaker, and the words behind the breath come a moment later. What the
caller said in one turn is answered as one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

PHASE_SECONDS: Final = 3.0
"""How long after it was sent a burst is still being heard."""
REST_SECONDS: Final = 0.4
"""So long after words that were taken for a turn we listen for more of them. Chosen, not measured: long enough for an ear
to send what it heard behind a breath, and short beside the seconds that a silent vendor has cost already."""

LEADS_ON: Final = frozenset(
    ["a", "an", "and", "at", "by", "for", "from", "in", "my", "of", "or", "the", "to", "with"]
)
"""Words that something follows."""
LED_ON_SECONDS: Final = 2.0
"""So long behind one of them: measured, an ear on a busy machine sent «Please add a task to» more than 0.4 s before the rest,
in one of twelve bursts, and a task «to» was made."""

LONGEST_SECONDS: Final = 3.0
"""So long is somebody heard to speak without a word; an ear has written some by then."""


class Replayed:
    """The turns of a session that began by hearing again what nobody had answered."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = float("-inf")
        self._heard = asyncio.Event()
        self._more = False
        self._sounds = False
        self._before = ""

    def begins(self) -> None:
        """A burst was sent to the ear."""
        self._until = self._clock() + PHASE_SECONDS

    def sounds(self, speaking: bool) -> None:
        """The caller is heard to speak, or to be silent."""
        self._sounds = speaking
        self._heard.set()

    def hears(self) -> None:
        """Words of the caller have come."""
        self._more = True
        self._heard.set()

    async def whole(self, text: str) -> str | None:
        """Give the words of the turn, with those that were taken for a turn of their own; None when more has come.

        Takes 0.4 s of silence in a burst, 2 s where its last word leads on, and no time outside of one. That somebody
        speaks is no promise of words: the detector of speech may be later than the ear, and hear what is written already.
        """
        before, self._before = self._before, ""
        if self._clock() > self._until:
            return text  # what stood alone until now is no part of it
        text = f"{before} {text}".strip()
        rest = LED_ON_SECONDS if text.lower().rstrip(" .…").rpartition(" ")[2] in LEADS_ON else REST_SECONDS
        self._more = False
        while not self._more:
            self._heard.clear()
            try:
                async with asyncio.timeout(LONGEST_SECONDS if self._sounds else rest):
                    await self._heard.wait()
            except TimeoutError:
                return text
        self._before = text
        # What began to be heard is heard to its end.
        self._until = max(self._until, self._clock() + LED_ON_SECONDS)
        return None
