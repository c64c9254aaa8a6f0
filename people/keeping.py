"""What is kept of people is kept no longer than was said."""

import asyncio
import logging
from typing import Final

from people.audit import Audit
from people.consent import Consents
from people.database import DATABASE_AWAY
from people.settings import PeopleSettings
from people.store import People

log = logging.getLogger("people.keeping")

LOOK_SECONDS: Final = 3600.0
AGAIN_SECONDS: Final = 30.0


async def forget_old(settings: PeopleSettings) -> None:
    """Delete transcripts and the audit trail past their days, now and once an hour, until cancelled."""
    while True:
        pause = LOOK_SECONDS
        try:
            async with People(settings.database_url) as people:
                count = await Consents(people.engine).forget_older_than(settings.transcript_days)
                entries = await Audit(people.engine).forget_older_than(settings.audit_days)
            if count:
                log.info("transcripts.forgotten", extra={"count": count})
            if entries:
                log.info("audit.forgotten", extra={"count": entries})
        except DATABASE_AWAY as error:
            # At the very first start another process makes the tables.
            pause = AGAIN_SECONDS
            log.warning("people.nothing_forgotten", extra={"error": type(error).__name__})
        await asyncio.sleep(pause)
