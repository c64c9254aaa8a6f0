"""The times in which a call cannot see its money: how long each has lasted, and what may be spent in it.

Redis is away then, or does not answer in time. What becomes of the charges is told in `routing.blind`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from routing.spool import Spool

log = logging.getLogger("routing.blind_spells")

RECOVER_SECONDS: Final = 0.25
"""Between tries to reach Redis while it is away."""
DISK_SECONDS: Final = 0.1
"""How long a call that cannot see its money waits to learn what others spent; mostly it is a millisecond."""


class BlindSpells:
    """The blind times of one call, one after the other; `begin` one, and `end` it.

    `allowance` is what the call may spend in one, µ$, and `together` what all may that have the spool's folder in common;
    None: anything. `on_blind` gets the seconds as they pass, by `clock`.
    """

    def __init__(
        self,
        spool: Spool,
        *,
        call_id: str,
        allowance: int,
        together: int | None,
        on_blind: Callable[[float], None],
        clock: Callable[[], float],
    ) -> None:
        self._spool = spool
        self._call_id = call_id
        self._allowance = allowance
        self._together = together
        self._on_blind = on_blind
        self._clock = clock
        self._told = 0.0
        self._look_at = clock()
        self._microdollars = 0
        self.since: float | None = None
        """When the one that lasts began, by the clock; None while money is seen."""

    def begin(self, why: str) -> None:
        """Redis gave no answer. Where one lasts already, it goes on."""
        if self.since is not None:
            return
        self.since = self._told = self._clock()
        self._look_at = self.since + RECOVER_SECONDS
        log.warning("budget.blind", extra={"call_id": self._call_id, "why": why})

    def is_time_to_look(self) -> bool:
        """Whether Redis is to be tried again now; from a yes on so long not."""
        if self._clock() < self._look_at:
            return False
        self._look_at = self._clock() + RECOVER_SECONDS
        return True

    def tell(self) -> None:
        """Tell what has passed of it since that was told last."""
        now = self._clock()
        self._on_blind(now - self._told)
        self._told = now

    def spend(self, microdollars: int) -> None:
        """Count a charge against what may be spent."""
        self._microdollars += microdollars

    async def all_is_spent(self) -> bool:
        """Whether nothing more may be spent: by this call, or by the calls of this machine.

        A disk that gives no answer in time leaves each call with its own part.
        """
        return self._microdollars >= self._allowance or await self._is_spent_together()

    async def _is_spent_together(self) -> bool:
        if self._together is None:
            return False
        try:
            async with asyncio.timeout(DISK_SECONDS):
                return await self._spool.charged() >= self._together
        except OSError:  # a timeout is one too
            return False

    def end(self) -> None:
        """Redis knows again all that was spent."""
        seconds = self._clock() - (self.since or 0.0)
        log.warning(
            "budget.sees_again",
            extra={
                "call_id": self._call_id,
                "seconds": round(seconds, 2),
                "microdollars": self._microdollars,
            },
        )
        self.tell()
        self.since, self._microdollars = None, 0
