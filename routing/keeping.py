"""Keeping the journal: what waits in Redis or on disk is put into it, beside the calls and not by them.

Redis is kept too: told of what it missed, and freed of counters that nobody needs.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Final

from routing.again import again
from routing.budget import PREFIX
from routing.forgetting import forget_idle
from routing.journal import Journal, JournalDownError
from routing.missed import Missed
from routing.redis_link import BlindError, RedisLink
from routing.settings import RoutingSettings
from routing.spool import drain_abandoned, spool_files
from routing.story.forgetting import forget_stories
from routing.stream import Drainer

log = logging.getLogger("routing.keeping")

SWEEP_SECONDS: Final = 1.0
"""How often a worker looks for spool files that a call or a dead process left behind."""


async def keep_journal(settings: RoutingSettings, *, name: str) -> None:
    """Drain Redis' stream and abandoned spool files into the journal until cancelled. `name` is the drainer's own.

    Counters that nobody used for days leave Redis meanwhile, and stories past their days the journal. None of these
    ends with another, or for good.
    """
    link = RedisLink(settings.redis_url, most=2)  # the drainer waits at one
    try:
        async with Journal(settings.database_url) as journal, asyncio.TaskGroup() as tasks:
            missed = Missed(link, prefix=PREFIX)
            drainer = Drainer(link, journal, name=name)
            tasks.create_task(again("journal.drain", drainer.run))
            tasks.create_task(again("journal.sweep", lambda: _sweep(settings.spool_dir, journal, missed)))
            tasks.create_task(again("journal.forget", lambda: forget_idle(link)))
            stories = settings.story_days
            tasks.create_task(again("journal.stories", lambda: forget_stories(journal, days=stories)))
    finally:
        await link.aclose()


async def _sweep(folder: Path, journal: Journal, missed: Missed) -> None:
    while True:
        added, waits = 0, ""
        for path in spool_files(folder):
            try:
                added += await drain_abandoned(path, journal, missed)
            except (JournalDownError, BlindError, OSError) as error:
                waits = type(error).__name__  # it may be for this file only
        if added:
            log.warning("journal.spool_found", extra={"count": added})
        if waits:
            log.warning("journal.spool_waits", extra={"error": waits})
        await asyncio.sleep(SWEEP_SECONDS)
