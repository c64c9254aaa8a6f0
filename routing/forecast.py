"""What the next seconds of a call will cost, from what it has cost so far."""

from __future__ import annotations

import math
from collections import deque
from typing import Final, NamedTuple, Self

from routing.kinds import StackName, Tier

START_RATES: Final[dict[Tier, int]] = {"premium": 120_000, "economy": 40_000}
"""µ$ a minute, before a call has shown a rate of its own: the product's goals, which the reference conversations
stay below. A stack without a rate of its own has its tier's."""

STACK_RATES: Final[dict[StackName, int]] = {
    "gemini": 80_000,
    "quality": 70_000,
    "budget": 30_000,
    "text": 5_000,
}
"""Likewise, of stacks that cost something else than their tier: a minute by list prices (adr/0009), a fifth added."""

SLICE_SECONDS: Final = 15
"""A slice, where nobody has set another."""

WINDOW_SECONDS: Final = 60.0
"""A realtime minute grows dearer with its history, so the last minute tells more than the whole call."""

MARGIN: Final = 1.25
LEAST: Final = 0.25
"""Of the starting rate: after a silent minute the next reply still has to be paid."""


class Offer(NamedTuple):
    """One stack, as money is asked for it."""

    stack: StackName
    tier: Tier
    rate: int
    """µ$ a minute, before the call has shown what it costs with this stack."""

    @classmethod
    def of(cls, stack: StackName, tier: Tier) -> Self:
        """Make the offer of a stack that costs something."""
        return cls(stack, tier, STACK_RATES.get(stack, START_RATES[tier]))

    @property
    def first_slice(self) -> int:
        """µ$ of a first slice, where nobody has set its length."""
        return math.ceil(self.rate * SLICE_SECONDS / 60)


class Forecast:
    """One call's rate. Times are seconds of any clock that does not jump."""

    def __init__(self, began: float) -> None:
        self._began = began
        self._charges: deque[tuple[float, int]] = deque()
        self._serving: Offer | None = None
        self._shown: dict[StackName, float] = {}
        """µ$ a minute that stacks had cost when they were left, with the margin: who comes back costs no less, and a call
        at a cap's edge would go up and down for as long as its first rate fits."""

    def charged(self, tier: Tier, stack: StackName, microdollars: int, at: float) -> None:
        """Learn of a charge. One of another stack than serves says nothing of what comes; `stack` is empty for none's.

        What was being spoken when a call was moved is billed behind the move, at the rate of the stack before.
        """
        serving = self._serving
        if serving is None or (tier == serving.tier and stack in ("", serving.stack)):
            self._charges.append((at, microdollars))

    def serves(self, offer: Offer, now: float) -> None:
        """Learn what serves from now on. After another stack the rate starts anew: that one had its own."""
        if self._serving is not None and self._serving.stack != offer.stack:
            if (shown := self._rate(now, SLICE_SECONDS)) is not None:
                self._shown[self._serving.stack] = shown
            self._began = now
            self._charges.clear()
        self._serving = offer

    def next(self, offer: Offer, seconds: float, now: float) -> int:
        """Forecast so many seconds with a stack, µ$, at least 1.

        What serves costs what it has cost lately; another one its first rate, or what it cost when it was left if more.
        """
        if self._serving is not None and self._serving.stack == offer.stack:
            shown = self._rate(now, seconds)
            rate = offer.rate if shown is None else max(offer.rate * LEAST, shown)
        else:
            rate = max(offer.rate, self._shown.get(offer.stack, 0.0))
        return max(1, math.ceil(rate * seconds / 60))

    def _rate(self, now: float, least_seconds: float) -> float | None:
        """µ$ a minute that what serves has cost lately, with the margin; None where it has served for too short."""
        while self._charges and self._charges[0][0] < now - WINDOW_SECONDS:
            self._charges.popleft()
        elapsed = min(now - self._began, WINDOW_SECONDS)
        if elapsed < least_seconds:
            return None
        return MARGIN * sum(microdollars for _, microdollars in self._charges) / (elapsed / 60)
