"""Keeping the journal: what waits in Redis or on disk is put into it, beside the calls and not by them.

Redis is kept too: told of what it missed, and freed of counters that nobody needs.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from routing.budget import PREFIX
from routing.forgetting import forget_idle
from routing.journal import Journal, JournalDownError
from routing.missed import Missed
from routing.redis_link import BlindError, RedisLink
from routing.settings import RoutingSettings
from routing.spool import Spool
from routing.stream import Drainer

log = logging.getLogger("routing.keeping")

SWEEP_SECONDS: Final = 1.0
"""How often a worker looks for spool files that a call or a dead process left behind."""


async def keep_journal(settings: RoutingSettings, *, name: str) -> None:
    """Drain Redis' stream and abandoned spool files into the journal until cancelled. `name` is the drainer's own.

    Counters that nobody used for days leave Redis meanwhile.
    """
    link = RedisLink(settings.redis_url)
    try:
        async with Journal(settings.database_url) as journal, asyncio.TaskGroup() as tasks:
            tasks.create_task(Drainer(link, journal, name=name).run(), name="journal.drain")
            spool = Spool(settings.spool_dir)
            tasks.create_task(_sweep(spool, journal, Missed(link, prefix=PREFIX)), name="journal.sweep")
            tasks.create_task(forget_idle(link), name="journal.forget")
    finally:
        await link.aclose()


async def _sweep(spool: Spool, journal: Journal, missed: Missed) -> None:
    while True:
        try:
            if added := await spool.drain(journal, missed):
                log.warning("journal.spool_found", extra={"count": added})
        except (JournalDownError, BlindError, OSError) as error:
            log.warning("journal.spool_waits", extra={"error": type(error).__name__})
        await asyncio.sleep(SWEEP_SECONDS)
