"""How many calls a worker can still take, told to everybody through Redis.

A worker that is full refuses a call while another one has room. When none has, it takes the call all the same, only
to say that all lines are busy: a caller is never met by silence.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, Literal

from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent.slots_gauge import show
from routing.ending import ended, heed_cancellation
from routing.redis_link import pool_of
from routing.workers import LiveWorkers

log = logging.getLogger("agent.slots")

BUSY_ATTRIBUTE: Final = "voicetasks.busy"
"""Set on our participant when the worker was full: the job only says so."""

BEAT_SECONDS: Final = 3.0
REDIS_TIMEOUT_SECONDS: Final = 0.2
"""A call never waits longer than this for Redis."""

ACCEPTED_LOAD: Final = 0.65
"""A LiveKit server offers nothing to a worker whose load reaches its `agents.target_load`, 0.7 if not set
(livekit/pkg/service/agentservice.go, JobRequestAffinity): then callers meet silence."""

Admission = Literal["take", "busy", "refuse"]


class Slots:
    """One worker's slots and its heartbeat."""

    def __init__(
        self, redis_url: str, *, worker_id: str, slots: int, spare: int, active: Callable[[], int]
    ) -> None:
        pool = pool_of(
            redis_url,
            wait_seconds=REDIS_TIMEOUT_SECONDS,
            most=1,
            socket_timeout=REDIS_TIMEOUT_SECONDS,
            socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
            decode_responses=True,
        )
        self._redis = Redis.from_pool(pool)
        self._workers = LiveWorkers(self._redis)
        self._id = worker_id
        self._slots = slots
        self._spare = spare
        self._active = active
        self._arriving = 0
        self._asking = 0
        """Calls that may be told that lines are busy: whether others have room is asked just now."""
        self._beat: asyncio.Task[None] | None = None
        self._stopped = asyncio.Event()
        self._telling = asyncio.Lock()

    @property
    def used(self) -> int:
        """Calls being served or on their way."""
        return self._active() + self._arriving

    @property
    def load(self) -> float:
        """What LiveKit is told: the fuller, the less is offered, and nothing once not even «busy» can be said."""
        share = self.used / (self._slots + self._spare)
        return ACCEPTED_LOAD * share if share < 1 else 1.0

    async def admit(self) -> Admission:
        """Decide about one more call. `take` and `busy` count it as arriving until `arrived()`."""
        if self._stopped.is_set():
            return "refuse"
        if self.used < self._slots:
            return self._arrives("take")
        if not self._may_say_busy:
            return "refuse"
        self._asking += 1  # whoever comes while we wait counts us
        try:
            others_have_room = await self._others_have_room()
        finally:
            self._asking -= 1
        if self._stopped.is_set():
            return "refuse"
        if self.used < self._slots:  # one was given back meanwhile
            return self._arrives("take")
        if others_have_room or not self._may_say_busy:
            return "refuse"
        return self._arrives("busy")

    @property
    def _may_say_busy(self) -> bool:
        return self.used + self._asking < self._slots + self._spare

    def _arrives(self, admission: Admission) -> Admission:
        self._arriving += 1
        return admission

    def arrived(self) -> None:
        """An admitted call has its job now, or has been given up."""
        self._arriving -= 1

    def start(self) -> None:
        """Begin to tell the others."""
        self._beat = asyncio.create_task(self._beat_on(), name="slots.beat")

    async def stop(self) -> None:
        """Say that nothing can be taken here any more, and nothing else from now on."""
        self._stopped.set()
        show(slots=0, used=0)
        if self._beat is not None:
            await ended(self._beat)
        async with self._telling:  # a word on its way would stand behind ours
            try:
                await self._workers.leave(self._id)
            except RedisError:
                log.warning("slots.redis_unavailable")
        await self._redis.aclose()

    async def tell(self) -> None:
        """Write the heartbeat once, unless we have stopped: a call that was offered before may come in behind that."""
        async with self._telling:
            if self._stopped.is_set():
                return
            show(slots=self._slots, used=self.used)
            try:
                await self._workers.tell(self._id, slots=self._slots, used=min(self.used, self._slots))
            except RedisError:
                log.warning("slots.redis_unavailable")

    async def _beat_on(self) -> None:
        while True:
            await self.tell()
            heed_cancellation()
            await asyncio.sleep(BEAT_SECONDS)

    async def _others_have_room(self) -> bool:
        try:
            return any(worker.has_room for worker in await self._workers.alive() if worker.id != self._id)
        except RedisError:
            log.warning("slots.redis_unavailable")
        return False
