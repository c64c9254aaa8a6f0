"""What a machine has left while calls talk undisturbed: where that is nothing, their waits are the machine's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import psutil

TIGHT_PERCENT: Final = 10
"""With less left of its processors every start beside the calls starves them."""


@dataclass(frozen=True)
class Moment:
    """The seconds that all processors together had spent until a moment."""

    all: float
    idle: float
    stolen: float
    """By others on the same hardware; only a virtual machine's kernel knows."""

    @classmethod
    def now(cls) -> Self:
        """Read it."""
        times = psutil.cpu_times()
        idle = times.idle + getattr(times, "iowait", 0.0)
        # Linux counts a guest's time in `user` and `nice` too.
        guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
        return cls(sum(times) - guests, idle, getattr(times, "steal", 0.0))


@dataclass(frozen=True)
class Left:
    """Percent of all processors: what was idle, and what others took from the machine."""

    idle: float
    stolen: float

    @classmethod
    def between(cls, before: Moment, after: Moment) -> Self:
        """Of the time between two moments."""
        seconds = max(after.all - before.all, 1e-9)
        return cls(
            round(100 * max(0.0, after.idle - before.idle) / seconds),
            round(100 * max(0.0, after.stolen - before.stolen) / seconds),
        )

    @property
    def is_tight(self) -> bool:
        """Whether what is measured now is the machine's limit more than what is ended under the calls."""
        return self.idle < TIGHT_PERCENT

    def __str__(self) -> str:
        stolen = f", {self.stolen:.0f} % taken by others on its hardware" if self.stolen else ""
        return f"{self.idle:.0f} % of the processors idle{stolen}"
