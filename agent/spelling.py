"""Words that are spelled, and digits: whoever says them slowly has not finished after each one.

Where what they said before tells that it is all of it, nothing is waited for (tiers/spelled.py).
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable
from typing import Final

from tiers.spelled import Progress, progress_of

HOLD_SECONDS: Final = 1.6
"""From the end of a turn that was spelled until it counts as all of it; the end is noticed a moment after the word."""
SHORT_SECONDS: Final = 1.0
"""No letter and no digit takes longer."""
REMEMBERED: Final = 3
"""Turns whose words somebody may spell now."""
_TOKENS: Final = re.compile(r"[a-z0-9']+")
_DIGIT: Final = frozenset(
    ["zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "double", "triple"]
)
_OWN_WORDS: Final = frozenset({"i", "a"})
"""Letters that are words: alone they are spelled in a row of others only."""


def is_spelled(text: str) -> bool:
    """Whether a turn ends in the middle of letters or digits said one by one: it holds nothing else, or ends in two."""
    tokens = _TOKENS.findall(text.lower().replace("-", " "))
    spelled = [_is_one(token) for token in tokens]
    if not tokens or not spelled[-1]:
        return False
    if len(tokens) == 1:
        return tokens[0] not in _OWN_WORDS
    return all(spelled) or (spelled[-2] and not set(tokens[-2:]) <= _OWN_WORDS)


def _is_one(token: str) -> bool:
    return len(token) == 1 or token in _DIGIT or (token.isdigit() and len(token) <= 4)


class Spelling:
    """Holds spelled turns until one comes that goes on, or a pause is over. `on_over` gets all of it."""

    def __init__(self, on_over: Callable[[str], None]) -> None:
        self._on_over = on_over
        self._held = ""
        self._open = False
        self._said: deque[str] = deque(maxlen=REMEMBERED)
        self._timer: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Begin to hold; until then every turn is given on."""
        self._open = True

    @property
    def is_open(self) -> bool:
        """Whether spelled turns are held at all."""
        return self._open

    @property
    def is_held(self) -> bool:
        """Whether something was spelled and not yet given on."""
        return bool(self._held)

    def take(self, text: str) -> str | None:
        """Give a turn with what was spelled before it; None where it may go on and is held."""
        whole = f"{self._held} {text}".strip()
        self._stop()
        if self._open and self._may_go_on(whole):
            self._held = whole
            self._wait()
            return None
        self._held = ""
        self._said.append(whole)
        return whole

    def caller_sounds(self, sounding: bool) -> None:
        """Hear from the detector of speech: while they go on nothing is over."""
        self._stop()
        if self._held and not sounding:
            self._wait()

    def close(self) -> None:
        """Hold nothing more."""
        self._stop()
        self._held, self._open = "", False

    def _may_go_on(self, whole: str) -> bool:
        return is_spelled(whole) and progress_of(whole, before=" ".join(self._said)) is not Progress.WHOLE

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(HOLD_SECONDS, self._over)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _over(self) -> None:
        held, self._held, self._timer = self._held, "", None
        self._said.append(held)
        self._on_over(held)
