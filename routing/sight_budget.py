"""What looking at a caller's screen may cost in one call, beside the caps that it shares with everything else."""

from __future__ import annotations

from typing import Literal

from tiers.usage import Usage

PART = "vision"

Funds = Literal["held", "waiting", "spent"]
"""Money for sight: there is some; none is reserved at the moment; none is left in this call."""


class SightBudget:
    """Counts what sight has cost. It is paid from the call's own lease; this is a limit within that, µ$."""

    def __init__(self, cap_microdollars: int) -> None:
        self._cap = cap_microdollars
        self.microdollars = 0
        """Spent so far."""

    def charged(self, usage: Usage, microdollars: int) -> None:
        """Hear of a charge, of whatever."""
        if usage.part == PART:
            self.microdollars += microdollars

    @property
    def is_left(self) -> bool:
        """Whether there is something left."""
        return self.microdollars < self._cap
