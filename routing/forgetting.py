"""Counters that nobody used for days leave Redis: one that is needed again is counted from the journal."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from typing import Final

from routing.budget import PREFIX
from routing.redis_link import BlindError, RedisLink

log = logging.getLogger("routing.forgetting")

IDLE_SECONDS: Final = 2 * 24 * 3600
"""Longer than any call and any user's day, so that what is deleted is hardly ever asked for again."""
EVERY_SECONDS: Final = 3600.0
"""Between two rounds of one worker; more workers than one do no harm."""
AT_ONCE: Final = 200
"""Keys or leases of one step: a step holds Redis up for well below a millisecond."""
PAUSE_SECONDS: Final = 0.01
"""Between two steps: calls come first."""
MARGIN_SECONDS: Final = 3
"""What the idle time of a key, which Redis counts in seconds, may be wrong by."""


async def forget_idle(link: RedisLink) -> None:
    """Go round until cancelled."""
    while True:
        try:
            count = await forget_once(link)
            if count:
                log.info("budget.counters_forgotten", extra={"count": count})
        except BlindError as error:
            log.warning("budget.forgetting_waits", extra={"why": error.why})
        await asyncio.sleep(EVERY_SECONDS)


async def forget_once(link: RedisLink, *, idle_seconds: int = IDLE_SECONDS, prefix: str = PREFIX) -> int:
    """Delete the scopes idle for so long in which no live lease stands; returns how many. Raises BlindError.

    Does nothing on a server that keeps no idle times (an LFU eviction policy).
    """
    forget = link.script("forget")
    begun = time.monotonic()
    stand_in = await _stand_in(link, prefix)
    deleted = cursor = 0
    while True:
        cursor, keys = await link.ask(
            link.redis.scan(cursor, match=f"{prefix}scope:*", count=AT_ONCE, _type="STRING")
        )
        if free := [key for key in keys if key not in stand_in]:
            # Whoever got a lease after the look at the leases has touched its scopes since then.
            least = max(idle_seconds, math.ceil(time.monotonic() - begun) + MARGIN_SECONDS)
            some = await link.ask(forget(keys=free, args=[least]))
            if some < 0:
                return deleted
            deleted += some
        if not cursor:
            return deleted
        await asyncio.sleep(PAUSE_SECONDS)


async def _stand_in(link: RedisLink, prefix: str) -> set[str]:
    """Give the keys of the scopes that live leases stand in."""
    standing = link.script("standing")
    found: set[str] = set()
    cursor = "0"
    while True:
        cursor, *leases = await link.ask(
            standing(keys=[f"{prefix}leases"], args=[cursor, AT_ONCE, f"{prefix}lease:"])
        )
        found.update(f"{prefix}scope:{name}" for names in leases for name in names.split())
        if cursor == "0":
            return found
        await asyncio.sleep(PAUSE_SECONDS)
