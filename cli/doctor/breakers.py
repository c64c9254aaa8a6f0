"""The vendors' breakers: who is not dialled now, since when, and when it is tried again."""

from __future__ import annotations

from typing import Final

from cli.doctor.check import Check
from cli.health import TIMEOUT_SECONDS
from routing.breaker import Breakers, Reading
from routing.redis_link import BlindError, RedisLink

FIX: Final = "voicetasks admin health shows them; calls are served without them until a probe succeeds"


async def breakers(url: str) -> list[Check]:
    """Read what all workers know. Nothing where Redis does not answer: it has a check of its own."""
    link = RedisLink(url, wait_seconds=TIMEOUT_SECONDS)
    try:
        return [verdict(await Breakers(link).read())]
    except BlindError:
        return []
    finally:
        await link.aclose()


def verdict(reading: Reading) -> Check:
    """One line for all services."""
    told = []
    for service, health in sorted(reading.services.items()):
        unhealthy = health.as_unhealthy(service)
        if unhealthy is not None:
            seconds = max(0, reading.now_ms - unhealthy.since_ms) // 1000
            told.append(f"{service} {unhealthy.state.replace('_', ' ')} for {seconds} s ({health.fault})")
    if told:
        return Check("vendor breakers", "warn", "; ".join(told), FIX)
    return Check("vendor breakers", "ok", "all closed")
