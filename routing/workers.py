"""The workers that live, as Redis knows them, and how many calls each can take: told by each every few seconds.

They are found by a list of their ids. Redis holds some hundred keys for each live call, and whoever asks is a call
that is to begin: nobody looks through all of them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis

IDS: Final = "voicetasks:workers"
"""Sorted set of the ids of workers by the millisecond of their last word, each by its own clock."""
PREFIX: Final = "voicetasks:worker:"
"""Of a hash for each, {slots, used}. It dies with its worker: one that has none is no worker any more."""
EXPIRE_SECONDS: Final = 15
FORGET_MS: Final = 86_400_000
"""Ids that were silent for so long are left out: longer than clocks differ."""


@dataclass(frozen=True)
class Worker:
    """One that lives. `used`: calls that it has, which may be more than its slots."""

    id: str
    slots: int
    used: int

    @property
    def has_room(self) -> bool:
        """Whether it could take one more call."""
        return self.used < self.slots


class LiveWorkers:
    """All workers. Every method raises redis.RedisError when Redis is away."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def tell(self, worker_id: str, *, slots: int, used: int) -> None:
        """Say that a worker lives, and how many calls it has."""
        now = round(time.time() * 1000)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(PREFIX + worker_id, mapping={"slots": slots, "used": used})
            pipe.expire(PREFIX + worker_id, EXPIRE_SECONDS)
            pipe.zadd(IDS, {worker_id: now})
            pipe.zremrangebyscore(IDS, "-inf", now - FORGET_MS)
            await pipe.execute()

    async def leave(self, worker_id: str) -> None:
        """Say that a worker takes no more calls."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(PREFIX + worker_id)
            pipe.zrem(IDS, worker_id)
            await pipe.execute()

    async def alive(self) -> list[Worker]:
        """Give those that live, in two questions however many keys Redis has."""
        ids = [_text(each) for each in await self._redis.zrange(IDS, 0, -1)]
        if not ids:
            return []
        async with self._redis.pipeline(transaction=False) as pipe:
            for worker_id in ids:
                pipe.hmget(PREFIX + worker_id, ["slots", "used"])
            told = await pipe.execute()
        return [
            Worker(worker_id, int(slots), int(used or 0))
            for worker_id, (slots, used) in zip(ids, told, strict=True)
            if slots is not None
        ]


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
