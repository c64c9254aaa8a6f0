"""How things stand with money, for whoever watches: leases in Redis, and entries that are not in the journal yet."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from redis.exceptions import ResponseError

from routing.budget import PREFIX, Budget
from routing.redis_link import BlindError, RedisLink
from routing.scopes import scopes_of
from routing.spool import spool_files
from routing.stream import GROUP

_UTC: Final = ZoneInfo("Etc/UTC")

BACKUP_AT: Final = "voicetasks:backup:at"
"""Where deploy/backup writes when it last made one, seconds since 1970."""


@dataclass(frozen=True, slots=True)
class LeaseCounts:
    """How many calls hold money."""

    held: int
    overdue: int
    """Their workers extended them no more; nobody has cleared them away yet."""


@dataclass(frozen=True, slots=True)
class DaySpent:
    """What is gone of a day, µ$: charged, beyond caps and without Redis too, and held."""

    premium: int
    total: int


async def lease_counts(link: RedisLink, *, prefix: str = PREFIX) -> LeaseCounts:
    """Count the leases. Raises BlindError."""
    seconds, micros = await link.ask(link.redis.time())
    now_ms = seconds * 1000 + micros // 1000
    all_of_them = await link.ask(link.redis.zcard(f"{prefix}leases"))
    overdue = await link.ask(link.redis.zcount(f"{prefix}leases", "-inf", now_ms))
    return LeaseCounts(held=all_of_them - overdue, overdue=overdue)


async def journal_queue(link: RedisLink, spool_dir: Path, *, prefix: str = PREFIX) -> int:
    """Count entries that wait for the database: in Redis' stream, and on this machine's disk. Raises BlindError."""
    spooled = await asyncio.to_thread(_spooled, spool_dir)
    try:
        groups = await link.ask(link.redis.xinfo_groups(f"{prefix}journal"))
    except BlindError as error:
        if isinstance(error.__cause__, ResponseError):
            return spooled  # nobody has written anything yet
        raise
    ours = next((group for group in groups if group["name"] == GROUP), None)
    if ours is None:
        return spooled + int(await link.ask(link.redis.xlen(f"{prefix}journal")))
    # Redis cannot say how far a group lags behind once entries between were deleted.
    return spooled + int(ours["pending"]) + int(ours["lag"] or 0)


async def global_day(budget: Budget) -> DaySpent:
    """Say what is spent and held of everybody's present day; nothing where nobody was counted yet. Raises BlindError."""
    day = next(each for each in scopes_of("", "", _UTC, await budget.time_ms()) if each.kind == "global_day")
    (counted,) = await budget.counters([day.name])
    if counted is None:
        return DaySpent(0, 0)
    return DaySpent(counted.premium_spent + counted.premium_held, counted.spent + counted.held)


async def last_backup(link: RedisLink) -> float:
    """When deploy/backup last made a backup, seconds since 1970; 0 where it never did. Raises BlindError."""
    return float(await link.ask(link.redis.get(BACKUP_AT)) or 0)


def _spooled(folder: Path) -> int:
    """Lines of the spool files; those that somebody puts into the journal meanwhile are gone."""
    lines = 0
    for path in spool_files(folder):
        try:
            lines += path.read_bytes().count(b"\n")
        except OSError:
            continue
    return lines
