"""What the next seconds of a call will cost, from what it has cost so far."""

from __future__ import annotations

import math
from collections import deque
from typing import Final

from routing.kinds import Tier

START_RATES: Final[dict[Tier, int]] = {"premium": 120_000, "economy": 40_000}
"""µ$ a minute, before a call has shown a rate of its own: the product's goals, which the reference conversations
stay below."""

WINDOW_SECONDS: Final = 60.0
"""A realtime minute grows dearer with its history, so the last minute tells more than the whole call."""

MARGIN: Final = 1.25
LEAST: Final = 0.25
"""Of the starting rate: after a silent minute the next reply still has to be paid."""


class Forecast:
    """One call's rate. Times are seconds of any clock that does not jump."""

    def __init__(self, began: float) -> None:
        self._began = began
        self._charges: deque[tuple[float, int]] = deque()
        self._tier: Tier | None = None

    def charged(self, tier: Tier, microdollars: int, at: float) -> None:
        """Learn of a charge. One of another tier than was asked for last says nothing of what comes.

        What was being spoken when a call was moved is billed behind the move, at the rate of the tier before.
        """
        if self._tier in (None, tier):
            self._charges.append((at, microdollars))

    def next(self, tier: Tier, seconds: float, now: float) -> int:
        """Forecast so many seconds with a tier, µ$, at least 1.

        After another tier it starts anew, whatever came between: that one had another rate.
        """
        if self._tier not in (None, tier):
            self._began = now
            self._charges.clear()
        self._tier = tier
        while self._charges and self._charges[0][0] < now - WINDOW_SECONDS:
            self._charges.popleft()
        start = START_RATES[tier]
        elapsed = min(now - self._began, WINDOW_SECONDS)
        rate: float = start
        if elapsed >= seconds:
            spent = sum(microdollars for _, microdollars in self._charges)
            rate = max(start * LEAST, MARGIN * spent / (elapsed / 60))
        return max(1, math.ceil(rate * seconds / 60))
