"""What one call spends while Redis is away, kept so that it counts once when Redis is back, whoever is alive then."""

from __future__ import annotations

import asyncio
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

LAST_TRY_SECONDS: Final = 2.0
"""How long the end of a call waits for the journal and Redis, and then again for the disk; a charge for the journal."""

JOURNAL_RESTS_SECONDS: Final = 10.0
"""So long a journal that has kept a charge waiting is asked to keep no other: many may be left when a call ends."""


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
        self._not_in_spool: list[Entry] = []
        self._not_in_journal: list[Entry] = []
        self._journal_rests_until = 0.0

    def answered(self, entry: Entry) -> None:
        """Remember a charge that Redis has booked, for a minute."""
        self._recent.append(entry)
        while self._recent[0].at_ms < entry.at_ms - REMEMBER_MS:
            self._recent.popleft()

    async def write(self, entry: Entry) -> None:
        """Keep a charge that Redis gave no answer to. It may have done it: the operation id makes the two one.

        What could be kept nowhere before is tried again with it.
        """
        entry = replace(entry, blind=True)
        for entries in (self._untold, self._not_in_spool, self._not_in_journal):
            entries.append(entry)
        try:
            await self._into_spool()
        except OSError:
            log.exception("budget.spool_failed", extra={"call_id": entry.call_id})
        try:
            await self._into_journal()
        except JournalDownError as error:
            if self._in_memory():
                log.warning(
                    "budget.only_in_memory",
                    extra={"call_id": entry.call_id, "error": str(error)},
                )

    async def _into_journal(self) -> None:
        """Raises JournalDownError, also where the journal gives no answer: it is left alone for a while then."""
        clock = asyncio.get_running_loop().time
        if clock() < self._journal_rests_until:
            raise JournalDownError("silent")
        try:
            async with asyncio.timeout(LAST_TRY_SECONDS):
                await self._journal.append(self._not_in_journal)
        except TimeoutError:
            self._journal_rests_until = clock() + JOURNAL_RESTS_SECONDS
            raise JournalDownError("silent") from None
        self._not_in_journal.clear()

    async def hand_in(self) -> None:
        """Put everything into the journal, then have Redis count what it lacks. Raises BlindError."""
        entries = [*self._recent, *self._untold]
        try:
            await self._journal.append(entries)
            self._not_in_journal.clear()
            await self._missed.tell(entries)
            self._untold.clear()
            self._not_in_spool.clear()
            await self._spool.drain(self._journal, self._missed)
        except JournalDownError:
            raise BlindError("journal") from None
        except OSError:
            log.exception("budget.spool_failed")

    async def aclose(self) -> None:
        """Try once more, and not for long, to put what Redis was not told of where somebody finds it."""
        if not self._untold:
            return
        try:
            async with asyncio.timeout(LAST_TRY_SECONDS):
                await self.hand_in()
        except (BlindError, TimeoutError):
            await self._leave_behind()

    async def _leave_behind(self) -> None:
        if not self._not_in_spool:
            return
        try:
            async with asyncio.timeout(LAST_TRY_SECONDS):
                await self._into_spool()
        except OSError as error:  # a timeout is one too
            lost = self._in_memory()
            if not lost:
                return
            log.error(
                "budget.lost",
                extra={
                    "call_id": lost[0].call_id,
                    "count": len(lost),
                    "microdollars": sum(entry.microdollars for entry in lost),
                    "error": type(error).__name__,
                },
            )

    async def _into_spool(self) -> None:
        await self._spool.append(self._not_in_spool)
        self._not_in_spool.clear()

    def _in_memory(self) -> list[Entry]:
        """Charges that nobody would know of if the process died now."""
        return [entry for entry in self._not_in_spool if entry in self._not_in_journal]
