"""A worker that takes calls, as it tells Redis of itself."""

from __future__ import annotations

from redis.asyncio import Redis

from routing.workers import PREFIX, LiveWorkers


async def works(redis: Redis, *, slots: int, worker: str = "w1") -> None:
    """Have one that has so many slots and no calls, for as long as the test lasts."""
    await LiveWorkers(redis).tell(worker, slots=slots, used=0)
    await redis.persist(PREFIX + worker)
