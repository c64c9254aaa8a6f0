"""A person's calls that go on, as Redis knows them: told to end, and what was kept of them taken away at once.

The worker that serves a call tells Redis of it every second (agent/served.py) and keeps, with the caller's consent, how
far the call has come (agent/thread.py). The keys are named here, where both sides can see them.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable
from typing import Any, Final, cast

from redis.asyncio import Redis

CALLS: Final = "voicetasks:served"
"""Sorted set of call ids by the millisecond of the last word from their owner."""
CALL_PREFIX: Final = "voicetasks:served:"
"""Of a hash for each: owner, room, metadata of the dispatch, turn, jobs, leave, erased, signed_out."""
THREAD_PREFIX: Final = "voicetasks:thread:"
"""Of what was said in a call, encrypted."""
CUT_OFF_PREFIX: Final = "voicetasks:cut_off:"
"""By a person's id: what was said in a call of theirs that was cut off within the last two minutes, encrypted."""
ERASED: Final = "erased"
"""The field of a call's hash that says that its caller was erased: it ends, and nothing of it is kept."""
SIGNED_OUT: Final = "signed_out"
"""The field that says that its caller's password is another one now: it ends, whoever serves it next."""

HEARD_MS: Final = 10_000
"""An owner tells of its call every second."""
SILENT_MS: Final = 60_000
"""A call of which nobody was heard for so long is served by nobody; workers take over long before."""
LOOK_SECONDS: Final = 0.1
AT_ONCE: Final = 500

# KEYS: the call's hash, its thread, all calls. ARGV: call id, ms after which nobody serves it.
# A call that somebody serves is told to end; one that nobody does is forgotten.
_END = """
redis.call('DEL', KEYS[2])
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local owner, at = redis.call('HGET', KEYS[1], 'owner'), redis.call('ZSCORE', KEYS[3], ARGV[1])
if owner and owner ~= '' and at and now - at < tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], 'erased', '1')
  return 1
end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[3], ARGV[1])
return 0
"""


# KEYS: the call's hash. ARGV: the field. A call that is over is not made anew.
_SIGN_OUT = "return redis.call('EXISTS', KEYS[1]) == 1 and redis.call('HSET', KEYS[1], ARGV[1], '1') or 0"


class LiveCalls:
    """All calls that go on. Methods raise RedisError."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def of(self, user_id: str) -> list[str]:
        """Give the ids of a person's calls: those whose dispatch named them."""
        return [call_id async for call_id, subject in self._all() if subject == user_id]

    async def served(self, *, within_ms: int = HEARD_MS) -> list[str]:
        """Give the ids of the calls that somebody serves, as far as their owners were heard lately."""
        seconds, micros = await self._redis.time()
        now = seconds * 1000 + micros // 1000
        return [_text(each) for each in await self._redis.zrangebyscore(CALLS, now - within_ms, "+inf")]

    async def end(self, call_id: str) -> bool:
        """Have a call end as erased, and delete its thread; whether somebody serves it."""
        keys = (CALL_PREFIX + call_id, THREAD_PREFIX + call_id, CALLS)
        answer = self._redis.eval(_END, len(keys), *keys, call_id, str(SILENT_MS))
        return bool(await cast("Awaitable[int]", answer))

    async def sign_out(self, user_id: str) -> int:
        """Have a person's calls end, since a stranger may talk there; how many there were."""
        found = await self.of(user_id)
        for call_id in found:
            answer = self._redis.eval(_SIGN_OUT, 1, CALL_PREFIX + call_id, SIGNED_OUT)
            await cast("Awaitable[int]", answer)
        return len(found)

    async def forget_cut_off(self, user_id: str) -> int:
        """Delete what a call of theirs that was cut off left; how many there were."""
        return int(await self._redis.delete(CUT_OFF_PREFIX + user_id))

    async def wait(self, call_ids: list[str], *, seconds: float) -> list[str]:
        """Wait until calls are over; those that are not in time."""
        deadline = time.monotonic() + seconds
        left = list(call_ids)
        while left:
            left = [call_id for call_id in left if await self._redis.exists(CALL_PREFIX + call_id)]
            if not left or time.monotonic() > deadline:
                break
            await asyncio.sleep(LOOK_SECONDS)
        return left

    async def threads(self, call_ids: list[str]) -> int:
        """How many of these calls have something kept."""
        if not call_ids:
            return 0
        return int(await self._redis.exists(*(THREAD_PREFIX + call_id for call_id in call_ids)))

    async def _all(self) -> AsyncIterator[tuple[str, str]]:
        ids: list[str] = [_text(each) for each in await self._redis.zrange(CALLS, 0, -1)]
        for start in range(0, len(ids), AT_ONCE):
            some = ids[start : start + AT_ONCE]
            async with self._redis.pipeline(transaction=False) as pipe:
                for call_id in some:
                    pipe.hget(CALL_PREFIX + call_id, "metadata")
                found = await pipe.execute()
            for call_id, metadata in zip(some, found, strict=True):
                yield call_id, _subject(metadata)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _subject(metadata: Any) -> str:
    try:
        return str(json.loads(metadata)["subject"])
    except (TypeError, ValueError, KeyError):
        return ""
