"""The money that calls hold right now, for people to look at."""

from __future__ import annotations

from dataclasses import dataclass

from routing.budget import PREFIX
from routing.kinds import Tier
from routing.redis_link import RedisLink


@dataclass(frozen=True, slots=True)
class LiveLease:
    """What one call holds."""

    call_id: str
    tier: Tier
    microdollars: int
    expires_ms: int
    """In so many ms; negative for a dead worker's that nobody has cleared away yet."""
    scopes: tuple[str, ...] = ()
    """Names of the scopes that it is counted in, the call's own first."""


async def live_leases(link: RedisLink, *, limit: int = 10_000, prefix: str = PREFIX) -> list[LiveLease]:
    """Read the leases, the one that expires first first. Raises BlindError."""
    found = await link.ask(link.script("leases")(keys=[f"{prefix}leases"], args=[f"{prefix}lease:", limit]))
    return [
        LiveLease(call_id, "premium" if tier else "economy", held, expires_ms, tuple(names.split()))
        for call_id, tier, held, expires_ms, names in found
    ]
