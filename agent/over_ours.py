"""Speech of the caller over our voice: a murmur that says «I listen», or an interruption."""

from __future__ import annotations

from collections.abc import Callable

from tiers.open_ends import is_murmur


class OverOurs:
    """Knows of the present speech of the caller whether it began over ours, and what it may be.

    `we_speak`: whether something of ours is being said, or held while the caller is heard.
    """

    def __init__(self, we_speak: Callable[[], bool]) -> None:
        self._we_speak = we_speak
        self._over_ours = False
        self._words = ""

    def caller_speaks(self, speaking: bool) -> None:
        """The caller began or ceased to speak."""
        if speaking:
            self._over_ours = self._we_speak()
            self._words = ""

    def drops(self, words: str, *, awaits_answer: bool) -> bool:
        """Whether words are a murmur over our voice, which nobody needs to hear of. An answer to us is none."""
        if not self._over_ours or awaits_answer or not self._we_speak() or not is_murmur(words):
            return False
        self._words = words
        return True

    @property
    def is_murmur(self) -> bool:
        """Whether the caller's speech, which has just paused, is a murmur over our voice."""
        if not self._over_ours or not self._we_speak():
            return False  # without an ear there are never any words, and a short «stop» shall count
        return bool(self._words)
