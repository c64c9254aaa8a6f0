"""Is a worker free? Workers say so in Redis; a call that was just dispatched holds its place until one has it.

This spares callers the way into a room where all lines are busy. A worker that is asked for more than it has slots
all the same (calls ended and began within the same moment) says so itself.
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from redis.asyncio import Redis

from privacy.calls_at_once import BEGINS_MS, CALLS_OF_PREFIX, DROP_OVER, KEEP_SECONDS
from privacy.live_calls import CALLS, SILENT_MS
from routing.workers import LiveWorkers

CLAIMS_KEY = "voicetasks:claims"
"""Call ids on their way to a worker, by the millisecond they were let in."""
CLAIMED_AT_KEY = "voicetasks:claimed_at"
"""For each of those ids, how many calls the workers said they had when it was let in."""
CLAIM_MS = 2_000
"""How long a dispatched call may be on its way: a worker that takes it says so at once."""

# Calls on their way come on top of those that were counted when the first of them was let in; what the workers
# have counted since is not counted twice. A person's calls are those that workers tell of, and those that began just now.
_CLAIM = (
    DROP_OVER
    + """
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
local call, slots, used, life = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local over = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - life)
for _, id in ipairs(over) do
  redis.call('ZREM', KEYS[1], id)
  redis.call('HDEL', KEYS[2], id)
end
drop_over(KEYS[3], KEYS[4], now, tonumber(ARGV[6]), tonumber(ARGV[7]))
local most = tonumber(ARGV[5])
if most > 0 and redis.call('ZCARD', KEYS[3]) >= most then return 2 end
local taken = used
local first = redis.call('ZRANGE', KEYS[1], 0, 0)[1]
if first then
  local base = tonumber(redis.call('HGET', KEYS[2], first) or used)
  taken = math.max(used, base + redis.call('ZCARD', KEYS[1]))
end
if taken >= slots then return 0 end
redis.call('ZADD', KEYS[1], now, call)
redis.call('HSET', KEYS[2], call, used)
redis.call('EXPIRE', KEYS[1], 60)
redis.call('EXPIRE', KEYS[2], 60)
redis.call('ZADD', KEYS[3], now, call)
redis.call('EXPIRE', KEYS[3], ARGV[8])
return 1
"""
)


class Admission(StrEnum):
    """What is said to one more call: by the workers, or by the caller's other calls."""

    OK = "ok"
    BUSY = "busy"
    NO_WORKER = "no_worker"
    TOO_MANY = "too_many_calls"


_ANSWERS = (Admission.BUSY, Admission.OK, Admission.TOO_MANY)


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
        self._workers = LiveWorkers(redis)

    async def capacity(self) -> Capacity:
        """Add up the workers that live."""
        alive = await self._workers.alive()
        # A worker over its slots does not take another's free ones away.
        return Capacity(
            workers=len(alive),
            slots=sum(worker.slots for worker in alive),
            used=sum(min(worker.slots, worker.used) for worker in alive),
        )

    async def claim(self, call_id: str, person: str, most: int) -> Admission:
        """Take a free slot for a call, or say why there is none. Two calls never get the last one.

        `person` is a tag that names nobody; they have `most` calls at once, or any number with 0.
        """
        capacity = await self.capacity()
        if capacity.workers == 0:
            return Admission.NO_WORKER
        keys = (CLAIMS_KEY, CLAIMED_AT_KEY, CALLS_OF_PREFIX + person, CALLS)
        numbers = (capacity.slots, capacity.used, CLAIM_MS, most, BEGINS_MS, SILENT_MS, KEEP_SECONDS)
        answer = self._redis.eval(_CLAIM, len(keys), *keys, call_id, *(str(number) for number in numbers))
        return _ANSWERS[await cast("Awaitable[int]", answer)]

    async def release(self, call_id: str, person: str) -> None:
        """Give a claim back when the call was not dispatched after all."""
        async with self._redis.pipeline() as pipe:
            pipe.zrem(CLAIMS_KEY, call_id)
            pipe.hdel(CLAIMED_AT_KEY, call_id)
            pipe.zrem(CALLS_OF_PREFIX + person, call_id)
            await pipe.execute()
