"""Which calls are served, and by whom: told by each call every second, through Redis, to all workers.

A call has one owner. Whoever comes second, as after a restart of the LiveKit server, which dispatches its agents once
more, is told so and leaves. A call whose owner is silent for some seconds has lost its worker; where the owner's wire
to Redis has ended too, one missed word is enough.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast
from uuid import uuid4

from redis.asyncio import Redis
from redis.commands.core import AsyncScript
from redis.exceptions import RedisError

from agent.ending import Ending
from agent.wire import PREFIX as WIRE_PREFIX
from agent.wire import Wire
from privacy.live_calls import CALL_PREFIX, CALLS
from routing.ending import ended, heed_cancellation
from routing.redis_link import pool_of

log = logging.getLogger("agent.served")

PREFIX: Final = CALL_PREFIX
BEAT_SECONDS: Final = 1.0
KEEP_MS: Final = 900_000
CLAIM_MS: Final = 10_000
"""How long a dispatch may take until a worker serves; after it the call is lost once more."""
AGAIN_MS: Final = 1_000
"""The same where it is known that there is none."""
UNWIRED_MS: Final = 1_500
"""An owner whose wire has ended is dead when it has been silent for so long: a beat, and half a beat for the wire to be
mended."""
REDIS_TIMEOUT_SECONDS: Final = 0.3
BEGIN_TRIES: Final = 3
SILENT_TRIES: Final = 2
"""After so many that Redis did not answer while we were not too busy to hear it, it will not answer the next."""
STOOD_STILL_SECONDS: Final = 0.1
"""A wait that ended later than this was ours: the event loop stood still, and the answer may lie there unread."""
AT_ONCE: Final = 10
"""Lost calls that one worker is given with one look: others look too."""

_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""
# KEYS: calls, the call's hash. ARGV: call id, owner, room, metadata, ms after which an owner is dead, ms to keep.
_BEGIN = (
    _NOW
    + """
local owner, at = redis.call('HGET', KEYS[2], 'owner'), redis.call('ZSCORE', KEYS[1], ARGV[1])
if owner and owner ~= '' and owner ~= ARGV[2] and at and now - at < tonumber(ARGV[5]) then return {0, 0, 0} end
local jobs = redis.call('HINCRBY', KEYS[2], 'jobs', owner == ARGV[2] and 0 or 1)
redis.call('HSET', KEYS[2], 'owner', ARGV[2], 'room', ARGV[3], 'metadata', ARGV[4])
redis.call('HDEL', KEYS[2], 'leave', 'wired')
redis.call('PEXPIRE', KEYS[2], ARGV[6])
redis.call('ZADD', KEYS[1], now, ARGV[1])
return {1, jobs - 1, tonumber(redis.call('HGET', KEYS[2], 'turn') or 0)}
"""
)
# The same, the turn, and whether the owner holds a wire. What Redis has lost is told anew.
_BEAT = (
    _NOW
    + """
local owner = redis.call('HGET', KEYS[2], 'owner')
if owner and owner ~= ARGV[2] then return 'taken' end
redis.call('HSET', KEYS[2], 'owner', ARGV[2], 'room', ARGV[3], 'metadata', ARGV[4], 'turn', ARGV[7], 'wired', ARGV[8])
redis.call('PEXPIRE', KEYS[2], ARGV[6])
redis.call('ZADD', KEYS[1], now, ARGV[1])
if redis.call('HGET', KEYS[2], 'erased') then return 'erased' end
if redis.call('HGET', KEYS[2], 'signed_out') then return 'signed_out' end
return redis.call('HGET', KEYS[2], 'leave') and 'leave' or 'go'
"""
)
# KEYS: calls, the call's hash. ARGV: call id, owner.
_LET_GO = """
if redis.call('HGET', KEYS[2], 'owner') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[2], 'owner', '')
redis.call('ZADD', KEYS[1], 0, ARGV[1])
return 1
"""
# What Redis has lost is nobody else's.
_END = """
local owner = redis.call('HGET', KEYS[2], 'owner')
if owner and owner ~= ARGV[2] then return 0 end
redis.call('DEL', KEYS[2])
redis.call('ZREM', KEYS[1], ARGV[1])
return 1
"""
# KEYS: calls. ARGV: what hashes begin with, ms after which an owner is dead, ms until one is lost once more, what wires
# begin with, ms after which an owner without its wire is dead, at most so many.
_LOST = (
    _NOW
    + """
local function is_dead(at, owner, wired)
  if now - at >= tonumber(ARGV[2]) then return true end
  if not owner or owner == '' or wired ~= '1' then return false end
  return redis.call('PUBSUB', 'NUMSUB', ARGV[4] .. owner)[2] == 0
end
local found = {}
local silent_ms = math.min(tonumber(ARGV[2]), tonumber(ARGV[5]))
local silent = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - silent_ms, 'WITHSCORES')
for i = 1, #silent, 2 do
  local id, at = silent[i], tonumber(silent[i + 1])
  local room, metadata, owner, wired = unpack(
    redis.call('HMGET', ARGV[1] .. id, 'room', 'metadata', 'owner', 'wired'))
  if not room then
    redis.call('ZREM', KEYS[1], id)
  elseif #found < tonumber(ARGV[6]) and is_dead(at, owner, wired) then
    redis.call('HSET', ARGV[1] .. id, 'owner', '')
    redis.call('ZADD', KEYS[1], now - tonumber(ARGV[2]) + tonumber(ARGV[3]), id)
    found[#found + 1] = {id, room, metadata}
  end
end
return found
"""
)


def connect(redis_url: str, *, most: int | None = None) -> Redis:
    """Connect, for things that wait 0.3 s at most. Answers are bytes. `most`: how many connections (see `pool_of`)."""
    pool = pool_of(
        redis_url,
        wait_seconds=REDIS_TIMEOUT_SECONDS,
        most=most,
        socket_timeout=REDIS_TIMEOUT_SECONDS,
        socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
        driver_info=None,  # told by each connection, and read from a file each time
    )
    return Redis.from_pool(pool)


@dataclass(frozen=True)
class Begun:
    """A call is ours now."""

    before: int
    """How many workers had it before."""
    turn: int
    """The last turn that they told of."""


class Call(Protocol):
    """A call, as far as its owner has to know it."""

    @property
    def turn(self) -> int:
        """The number of the present turn."""

    def end(self, reason: Ending) -> None:
        """End here."""

    def leave(self) -> None:
        """End here in a pause: another worker is to have it."""

    def erased(self) -> None:
        """The caller was erased: end, and keep nothing."""

    def signed_out(self) -> None:
        """The caller's password is another one now: end."""


class Served:
    """One call, as its owner tells of it."""

    def __init__(
        self, redis: Redis, *, call_id: str, room: str, metadata: str, dead_after_seconds: float
    ) -> None:
        self._keys = [CALLS, PREFIX + call_id]
        self._owner = uuid4().hex
        self._told: list[str | int] = [
            call_id,
            self._owner,
            room,
            metadata,
            round(1000 * dead_after_seconds),
            KEEP_MS,
        ]
        self._call: Call | None = None
        self._turn = 0
        self._is_taken = False
        """Another worker has the call, as it may have had before there was one here to tell it."""
        self._begin, self._beat = redis.register_script(_BEGIN), redis.register_script(_BEAT)
        self._let_go, self._end = redis.register_script(_LET_GO), redis.register_script(_END)
        self._beating: asyncio.Task[None] | None = None
        self._wire = Wire(redis, self._owner)

    async def begin(self) -> Begun | None:
        """Own the call, and tell so every second from now on; None where somebody else serves it.

        Without Redis nobody knows, so it is served.
        """
        silent = 0
        for _ in range(BEGIN_TRIES):  # a job that has just begun may be too busy for an answer
            asked = time.monotonic()
            if (answer := await self._ask(self._begin, *self._told)) is not None:
                break
            silent += 0 <= time.monotonic() - asked - REDIS_TIMEOUT_SECONDS < STOOD_STILL_SECONDS
            if silent == SILENT_TRIES:
                break
        mine, before, self._turn = answer or (1, 0, 0)
        if not mine:
            return None
        self._wire.start()
        self._beating = asyncio.create_task(self._beat_on(), name="served.beat")
        return Begun(before, self._turn)

    def as_served(self, call: Call) -> None:
        """Tell from now on how far this call is, and it when another worker has it or is to have it."""
        self._call = call
        if self._is_taken:
            call.end("taken_over")

    def names(self, metadata: str) -> None:
        """Tell from now on whose call it is and since when its line is up, which the dispatch did not say."""
        self._told[3] = metadata

    async def let_go(self) -> None:
        """Have another worker take the call at once."""
        await self.stop()
        await self._ask(self._let_go, *self._told[:2])

    async def end(self) -> bool:
        """The call is over. False where another worker has it by now: then its room is not ours to close.

        Without Redis nobody knows, so it is ours.
        """
        await self.stop()
        return bool(await self._ask(self._end, *self._told[:2]) != 0)

    async def stop(self) -> None:
        """Tell no more."""
        if self._beating is not None:
            await ended(self._beating)  # redis-py may lose a cancellation, and a call would never end
            self._beating = None
        await self._wire.stop()

    async def _beat_on(self) -> None:
        told: set[Any] = set()
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            call = self._call
            # One that goes on with a call has not come as far, before it begins, as those before it had.
            turn = self._turn if call is None else max(self._turn, call.turn)
            answer = await self._ask(self._beat, *self._told, turn, int(self._wire.is_up))
            if answer == b"taken":
                self._is_taken = True
                if self._call is not None:
                    self._call.end("taken_over")
                return
            if call is None or answer in told:
                continue
            told.add(answer)
            if answer == b"erased":
                call.erased()
            elif answer == b"signed_out":
                call.signed_out()
            elif answer == b"leave":
                call.leave()

    async def _ask(self, script: AsyncScript, *arguments: str | int) -> Any:
        answer = None
        try:
            answer = await script(keys=self._keys, args=arguments)
        except RedisError:
            log.warning("served.redis_unavailable")
        heed_cancellation()
        return answer


@dataclass(frozen=True)
class Lost:
    """A call that lost its worker."""

    call_id: str
    room: str
    metadata: str


class AllServed:
    """All calls, as a worker looks at them. Methods raise RedisError."""

    def __init__(self, redis: Redis, *, dead_after_seconds: float) -> None:
        self._redis = redis
        self.dead_after_seconds = dead_after_seconds
        self._dead_ms = round(1000 * dead_after_seconds)
        self._lost = redis.register_script(_LOST)

    async def lost(self, *, by_wire: bool = True, at_most: int = AT_ONCE) -> list[Lost]:
        """Give the calls that have no worker any more, each to one worker that asks; it has 10 s to find them one.

        `by_wire`: a wire that has ended tells something.
        """
        unwired_ms = UNWIRED_MS if by_wire else self._dead_ms
        told: list[str | int] = [PREFIX, self._dead_ms, CLAIM_MS, WIRE_PREFIX, unwired_ms, at_most]
        found = await self._lost(keys=[CALLS], args=told)
        return [Lost(*(part.decode() for part in each)) for each in found]

    async def is_served(self, call_id: str) -> bool:
        """Whether a worker serves it."""
        owner = await self._redis.hget(PREFIX + call_id, "owner")
        at = await self._redis.zscore(CALLS, call_id)
        seconds, micros = await self._redis.time()
        return bool(owner) and at is not None and seconds * 1000 + micros // 1000 - at < self._dead_ms

    async def ask_to_leave(self, call_id: str) -> None:
        """Have the call's owner hand it over."""
        if await self._redis.exists(PREFIX + call_id):
            await self._redis.hset(PREFIX + call_id, "leave", "1")

    async def ask_to_leave_room(self, room: str) -> None:
        """Have the owner of the call in this room hand it over. A call by telephone is known by its room alone."""
        calls = cast("list[bytes]", await self._redis.zrange(CALLS, 0, -1))
        for call_id in (call.decode() for call in calls):
            if await self._redis.hget(PREFIX + call_id, "room") == room.encode():
                await self.ask_to_leave(call_id)

    async def find_again(self, call_id: str) -> None:
        """Have a lost call that was given found once more soon: a worker for it could not be had."""
        seconds, micros = await self._redis.time()
        at = seconds * 1000 + micros // 1000 - self._dead_ms + AGAIN_MS
        await self._redis.zadd(CALLS, {call_id: at}, xx=True)

    async def forget(self, call_id: str) -> None:
        """There is no such call any more."""
        await self._redis.zrem(CALLS, call_id)
        await self._redis.delete(PREFIX + call_id)
