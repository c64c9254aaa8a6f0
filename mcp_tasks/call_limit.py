"""How often one person's tools may be called: a client gone wild takes the database from nobody else.

A token bucket for each subject, in this process: a minute's calls may come at once, and each moment gives some back.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from mcp_tasks.errors import TaskError

MOST_SUBJECTS: Final = 10_000
"""So many are remembered; whoever was silent the longest is forgotten, and begins with a full bucket."""


class CallLimit:
    """Counts calls by subject. `per_minute` 0 counts nothing; `clock` gives seconds that only grow."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """How many calls each had left, and when; the longest silent first."""

    def take(self, subject: str) -> None:
        """Count a call. Raises TaskError `rate_limited` where there were too many, with the seconds to wait."""
        if not self._per_minute:
            return
        now, per_second = self._clock(), self._per_minute / 60
        left, since = self._left.pop(subject, (float(self._per_minute), now))
        left = min(float(self._per_minute), left + (now - since) * per_second)
        allowed = left >= 1
        self._left[subject] = (left - allowed, now)
        if len(self._left) > MOST_SUBJECTS:
            self._left.popitem(last=False)
        if not allowed:
            wait = math.ceil((1 - left) / per_second)
            raise TaskError(
                "rate_limited", f"Too many requests; try again in {wait} s.", retry_after_seconds=wait
            )
