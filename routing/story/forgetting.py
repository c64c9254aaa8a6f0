"""What happened in calls is forgotten after its days; money and decisions stay."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

from sqlalchemy import delete

from routing.journal import Journal, JournalDownError, journal_errors
from routing.models import EntryRow

log = logging.getLogger("routing.story.forgetting")

LOOK_SECONDS: Final = 3600.0
_DAY_MS: Final = 24 * 3600 * 1000


async def forget_stories(journal: Journal, *, days: int) -> None:
    """Forget what is older, now and once an hour, until cancelled."""
    while True:
        try:
            if count := await forget_older_than(journal, days):
                log.info("stories.forgotten", extra={"count": count})
        except JournalDownError as error:
            log.warning("stories.not_forgotten", extra={"error": str(error)})
        await asyncio.sleep(LOOK_SECONDS)


async def forget_older_than(journal: Journal, days: int) -> int:
    """Delete everybody's happenings that are older; how many entries there were. Raises JournalDownError."""
    before_ms = time.time_ns() // 1_000_000 - days * _DAY_MS
    with journal_errors():
        async with journal.engine.begin() as connection:
            old = (EntryRow.kind == "event") & (EntryRow.at_ms < before_ms)
            done = await connection.execute(delete(EntryRow).where(old))
            return done.rowcount
