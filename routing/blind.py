"""What one call spends while Redis is away, kept so that it counts once when Redis is back, whoever is alive then."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import replace
from typing import Final

from routing.journal import Entry, Journal, JournalDownError
from routing.missed import Missed
from routing.redis_link import BlindError
from routing.spool import Spool

log = logging.getLogger("routing.blind")

REMEMBER_MS: Final = 60_000
"""Charges of the last minute are kept: a Redis that failed over may have lost them after it had answered."""


class BlindBook:
    """One call's charges that Redis may not know: it was away, or has lost them since it answered.

    What is spent blindly is written into the journal, so that it is counted, and into the spool file, which stays
    until Redis was told: should the call or its process end before that, whoever finds the file tells Redis.
    """

    def __init__(self, journal: Journal, spool: Spool, missed: Missed) -> None:
        self._journal = journal
        self._spool = spool
        self._missed = missed
        self._recent: deque[Entry] = deque()
        self._untold: list[Entry] = []

    def answered(self, entry: Entry) -> None:
        """Remember a charge that Redis has booked, for a minute."""
        self._recent.append(entry)
        while self._recent[0].at_ms < entry.at_ms - REMEMBER_MS:
            self._recent.popleft()

    async def write(self, entry: Entry) -> None:
        """Keep a charge that Redis gave no answer to. It may have done it: the operation id makes the two one."""
        entry = replace(entry, blind=True)
        self._untold.append(entry)
        written = False
        try:
            await self._spool.append([entry])
            written = True
        except OSError:
            log.exception("budget.spool_failed", extra={"call_id": entry.call_id})
        try:
            await self._journal.append([entry])
        except JournalDownError as error:
            if not written:
                log.warning(
                    "budget.only_in_memory",
                    extra={"call_id": entry.call_id, "error": str(error)},
                )

    async def hand_in(self) -> None:
        """Put everything into the journal, then have Redis count what it lacks. Raises BlindError."""
        entries = [*self._recent, *self._untold]
        try:
            await self._journal.append(entries)
            await self._missed.tell(entries)
            self._untold.clear()
            await self._spool.drain(self._journal, self._missed)
        except JournalDownError:
            raise BlindError("journal") from None
        except OSError:
            log.exception("budget.spool_failed")
