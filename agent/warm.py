"""Processes are kept warm for the next calls, but none is made in the seconds in which lost calls begin anew.

A worker that is given another one's calls takes all its warm processes at once, and would make as many new ones just
while the calls need the processor to be heard again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

QUIET_SECONDS: Final = 12.0
"""After the last call that was taken over: by then it is heard again, and what its caller had to say once more is answered."""
EACH_SECONDS: Final = 1.0
"""Then one after the other: calls that have just begun anew are answered, and many that begin at once would take the
processor from them."""


class Warm:
    """How many warm processes there are to be. Calls that find none wait for one, as always."""

    def __init__(self, processes: int, set_target: Callable[[int], None]) -> None:
        self._processes = processes
        self._set_target = set_target
        self._timer: asyncio.TimerHandle | None = None

    def take_over(self) -> None:
        """A call that another worker had is about to begin here."""
        if self._timer is not None:
            self._timer.cancel()
        self._set_target(0)
        self._timer = asyncio.get_running_loop().call_later(QUIET_SECONDS, self._one_more, 1)

    def _one_more(self, processes: int) -> None:
        self._set_target(min(processes, self._processes))
        if processes < self._processes:
            self._timer = asyncio.get_running_loop().call_later(EACH_SECONDS, self._one_more, processes + 1)
