"""Counters that nobody used for days leave Redis: one that is needed again is counted from the journal."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from routing.budget import PREFIX
from routing.redis_link import BlindError, RedisLink

log = logging.getLogger("routing.forgetting")

IDLE_SECONDS: Final = 2 * 24 * 3600
"""Longer than any call and any user's day, so that what is deleted is hardly ever asked for again."""
EVERY_SECONDS: Final = 3600.0
"""Between two rounds of one worker; more workers than one do no harm."""
AT_ONCE: Final = 200
"""Keys of one step: a step holds Redis up for well below a millisecond."""
PAUSE_SECONDS: Final = 0.01
"""Between two steps: calls come first."""


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
    arguments = [idle_seconds, f"{prefix}lease:", f"{prefix}scope:"]
    deleted = cursor = 0
    while True:
        cursor, keys = await link.ask(
            link.redis.scan(cursor, match=f"{prefix}scope:*", count=AT_ONCE, _type="STRING")
        )
        if keys:
            some = await link.ask(forget(keys=[f"{prefix}leases", *keys], args=arguments))
            if some < 0:
                return deleted
            deleted += some
        if not cursor:
            return deleted
        await asyncio.sleep(PAUSE_SECONDS)
