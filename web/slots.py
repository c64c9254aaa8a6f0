"""Is a worker free? Workers say so in Redis; a call that was just dispatched holds its place until one has it."""

from collections.abc import Awaitable
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from redis.asyncio import Redis

WORKER_KEYS = "voicetasks:worker:*"
"""A hash for each worker, {slots, used}, that the worker renews and that dies with it after 15 s."""
CLAIMS_KEY = "voicetasks:claims"
"""Call ids on their way to a worker, by time. A worker that counts a call in `used` removes it (ZREM)."""
CLAIM_SECONDS = 5
"""How long a dispatched call may be on its way; then it is either counted as used or lost."""

_CLAIM = """
local now = tonumber(redis.call('TIME')[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. (now - tonumber(ARGV[3])))
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('EXPIRE', KEYS[1], 60)
return 1
"""


class Admission(StrEnum):
    """What the workers say to one more call."""

    OK = "ok"
    BUSY = "busy"
    NO_WORKER = "no_worker"


@dataclass(frozen=True)
class Capacity:
    """What all workers together can do."""

    workers: int
    slots: int
    used: int

    @property
    def free(self) -> int:
        """Calls that could start now."""
        return max(0, self.slots - self.used)


class Slots:
    """Reads the workers' heartbeats. Every method raises redis.RedisError when Redis is away."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def capacity(self) -> Capacity:
        """Add up the workers that live."""
        keys = [key async for key in self._redis.scan_iter(match=WORKER_KEYS, count=500)]
        async with self._redis.pipeline(transaction=False) as pipe:
            for key in dict.fromkeys(keys):
                pipe.hmget(key, ["slots", "used"])
            beats = await pipe.execute() if keys else []
        # A heartbeat may expire between the two reads: then it is no worker any more.
        alive = [(int(slots), int(used or 0)) for slots, used in beats if slots is not None]
        # A worker over its slots does not take another's free ones away.
        return Capacity(
            workers=len(alive),
            slots=sum(slots for slots, _ in alive),
            used=sum(min(slots, used) for slots, used in alive),
        )

    async def claim(self, call_id: str) -> Admission:
        """Take a free slot for a call, or say why there is none. Two calls never get the last one."""
        capacity = await self.capacity()
        if capacity.workers == 0:
            return Admission.NO_WORKER
        answer = self._redis.eval(_CLAIM, 1, CLAIMS_KEY, call_id, str(capacity.free), str(CLAIM_SECONDS))
        return Admission.OK if await cast("Awaitable[int]", answer) else Admission.BUSY

    async def release(self, call_id: str) -> None:
        """Give a claim back when the call was not dispatched after all."""
        await self._redis.zrem(CLAIMS_KEY, call_id)
