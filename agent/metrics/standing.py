"""What a worker's main process tells beside its calls: leases, the journal's queue, the policy's age, the last backup."""

from __future__ import annotations

import asyncio
from typing import Final

from prometheus_client import Gauge

from routing.again import again
from routing.budget import Budget
from routing.journal import Journal
from routing.policy_watch import PolicyWatch
from routing.redis_link import BlindError, RedisLink
from routing.settings import RoutingSettings
from routing.standing import global_day, journal_queue, last_backup, lease_counts
from routing.stream import StreamCounts

EVERY_SECONDS: Final = 2.0

# Every worker tells the same of what all share, so that these are looked at by their greatest, not by their sum.
LEASES: Final = Gauge(
    "voicetasks_leases",
    "Calls that hold money: held, or overdue where their worker extended it no more.",
    ("state",),
    multiprocess_mode="livemostrecent",
)
JOURNAL_QUEUE: Final = Gauge(
    "voicetasks_journal_queue",
    "Entries that are not in the database yet: in Redis' stream, and on the worker's disk.",
    multiprocess_mode="livemostrecent",
)
POLICY_AGE: Final = Gauge(
    "voicetasks_policy_age_seconds",
    "Since Redis or the database last said which policy is in force.",
    multiprocess_mode="livemostrecent",
)
BACKUP_TIME: Final = Gauge(
    "voicetasks_backup_time_seconds",
    "When a backup was last made, since 1970; 0 where none was.",
    multiprocess_mode="livemostrecent",
)

DAY: Final = Gauge(
    "voicetasks_global_day_microdollars",
    "What is spent and held of everybody's present day (UTC), µ$: of premium, and in all (total).",
    ("side",),
    multiprocess_mode="livemostrecent",
)
DAY_CAP: Final = Gauge(
    "voicetasks_global_day_cap_microdollars",
    "What may be spent on everybody's day, µ$.",
    ("side",),
    multiprocess_mode="livemostrecent",
)


async def keep_telling(settings: RoutingSettings) -> None:
    """Tell until cancelled."""
    await again("metrics.standing", lambda: _keep_telling(settings))


async def _keep_telling(settings: RoutingSettings) -> None:
    link = RedisLink(settings.redis_url, most=2)  # the watch listens at one
    watch = PolicyWatch(link, settings.database_url)
    journal = Journal(settings.database_url)
    budget = Budget(link, StreamCounts(link, journal))
    try:
        await watch.start()
        while True:
            POLICY_AGE.set(watch.age_seconds)
            try:
                cap, day = watch.policy.caps.global_day, await global_day(budget)
                DAY.labels("premium").set(day.premium)
                DAY.labels("total").set(day.total)
                DAY_CAP.labels("premium").set(cap.premium)
                DAY_CAP.labels("total").set(cap.total)
                leases = await lease_counts(link)
                LEASES.labels("held").set(leases.held)
                LEASES.labels("overdue").set(leases.overdue)
                JOURNAL_QUEUE.set(await journal_queue(link, settings.spool_dir))
                BACKUP_TIME.set(await last_backup(link))
            except BlindError:
                pass  # calls tell how long they were blind
            await asyncio.sleep(EVERY_SECONDS)
    finally:
        await watch.aclose()
        await journal.aclose()
        await link.aclose()
