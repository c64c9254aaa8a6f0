"""What one call cost and how long each stack served it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from typing import Final

from agent.metrics.names import COST, COST_PER_MINUTE, EXPERIMENT_COST, SERVED
from tiers.usage import Usage

LONG_ENOUGH_SECONDS: Final = 15.0
"""A stack that served a call for less says nothing of what a minute costs."""


LINE: Final = "line"
"""Stands for the stack of what a telephone's line costs."""


class Costs:
    """Counts one call's money. A counter never goes back, so an estimate waits for its real figure, or the end."""

    def __init__(self, channel: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._channel = channel
        self._clock = clock
        self._stack: str | None = None
        self._since = 0.0
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._microdollars: defaultdict[str, int] = defaultdict(int)
        self._estimates: dict[str, tuple[Usage, int]] = {}
        self._counted: set[str] = set()
        self.arm: tuple[str, str] | None = None
        """The experiment and the arm that the call was drawn for."""

    def served_with(self, stack: str | None) -> None:
        """From now on this serves; None: nothing does."""
        self.advance()
        self._stack, self._since = stack, self._clock()

    def advance(self) -> None:
        """Count the time until now."""
        if self._stack is None:
            return
        now = self._clock()
        seconds, self._since = now - self._since, now
        self._seconds[self._stack] += seconds
        SERVED.labels(self._stack, self._channel).inc(seconds)

    def charged(self, usage: Usage, microdollars: int) -> None:
        """Count what a usage event costs, µ$."""
        if usage.event_id in self._counted:
            return  # told twice
        self._counted.add(usage.event_id)
        if usage.replaces:
            self._estimates.pop(usage.replaces, None)
        if usage.certainty == "estimated":
            self._estimates[usage.event_id] = usage, microdollars
        else:
            self._count(usage, microdollars)

    def close(self) -> None:
        """The call is over."""
        self.served_with(None)
        for usage, microdollars in self._estimates.values():
            self._count(usage, microdollars)
        self._estimates.clear()
        for stack, seconds in self._seconds.items():
            if seconds >= LONG_ENOUGH_SECONDS:
                COST_PER_MINUTE.labels(stack).observe(60 * self._microdollars[stack] / seconds)
        self._seconds.clear()

    def _count(self, usage: Usage, microdollars: int) -> None:
        # What a minute of a stack costs says nothing of the door: a telephone's own minutes are apart.
        stack = LINE if usage.part == "phone" else usage.stack
        self._microdollars[stack] += microdollars
        COST.labels(stack, usage.vendor).inc(microdollars)
        if self.arm is not None:
            EXPERIMENT_COST.labels(*self.arm).inc(microdollars)
