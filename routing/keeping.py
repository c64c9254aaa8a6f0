"""Keeping the journal: what waits in Redis or on disk is put into it, beside the calls and not by them."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from routing.journal import Journal, JournalDownError
from routing.redis_link import RedisLink
from routing.settings import RoutingSettings
from routing.spool import Spool
from routing.stream import Drainer

log = logging.getLogger("routing.keeping")

SWEEP_SECONDS: Final = 10.0
"""How often a worker looks for spool files that a dead process left behind."""


async def keep_journal(settings: RoutingSettings, *, name: str) -> None:
    """Drain Redis' stream and abandoned spool files into the journal until cancelled. `name` is the drainer's own."""
    link = RedisLink(settings.redis_url)
    try:
        async with Journal(settings.database_url) as journal, asyncio.TaskGroup() as tasks:
            tasks.create_task(Drainer(link, journal, name=name).run(), name="journal.drain")
            tasks.create_task(_sweep(Spool(settings.spool_dir), journal), name="journal.sweep")
    finally:
        await link.aclose()


async def _sweep(spool: Spool, journal: Journal) -> None:
    while True:
        try:
            if added := await spool.drain(journal):
                log.warning("journal.spool_found", extra={"count": added})
        except (JournalDownError, OSError) as error:
            log.warning("journal.spool_waits", extra={"error": type(error).__name__})
        await asyncio.sleep(SWEEP_SECONDS)
