"""The breakers of all services, shared by all workers: their health as it stands in Redis.

Redis only keeps what the rules of `routing.health` say: a change is made by whoever read it last, so that of two who
claim one probe one gets it. Redis' clock is everybody's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from routing.budget import PREFIX
from routing.health import Health
from routing.redis_link import BlindError, RedisLink

KEPT: Final = 500
"""Changes of breakers that are kept for people to look at."""
TRIES: Final = 20
"""Others may be quicker, but not for ever: once a service is open, further failures change nothing."""


Step = Callable[[Health, int], Health]
"""What becomes of a service's health at a time, Unix ms."""


class Turned(BaseModel):
    """A breaker opened, stayed open after a probe, or closed again."""

    model_config = ConfigDict(frozen=True)

    service: str
    at_ms: int
    """Unix ms by Redis' clock."""
    turned: Literal["opened", "still_open", "closed"]
    fault: str
    """What it was given up for, or the probe met; empty when it closed."""
    cool_ms: int
    """How long it is left alone."""


class Reading(NamedTuple):
    """What Redis said."""

    now_ms: int
    services: dict[str, Health]


class Breakers:
    """Reads and changes what is known of the services. Every method may raise BlindError."""

    def __init__(self, link: RedisLink, *, prefix: str = PREFIX) -> None:
        self._link = link
        self._key = f"{prefix}breakers"
        self._turns_key = f"{prefix}breakers:turns"
        self._replace = link.script("breaker")

    @asynccontextmanager
    async def listener(self) -> AsyncIterator[Any]:
        """Listen for messages: gives redis-py's PubSub, whose first message says that it listens."""
        async with self._link.redis.pubsub() as listener:
            await self._link.ask(listener.subscribe(self._key))
            yield listener

    async def read(self) -> Reading:
        """Read all that is known."""
        pipeline = self._link.redis.pipeline(transaction=False)
        now, raw = await self._link.ask(pipeline.time().hgetall(self._key).execute())
        return Reading(_ms(now), {service: _health(value) for service, value in raw.items()})

    async def turns(self, limit: int = 200) -> list[Turned]:
        """Read what changed last, the newest first, of at most the last 500."""
        raw = await self._link.ask(self._link.redis.lrange(self._turns_key, 0, limit - 1))
        return [turned for turned in map(_read_turned, raw) if turned is not None]

    async def change(self, service: str, step: Step) -> Reading:
        """Change what is known of a service by a function of that and Redis' time; gives what is known then."""
        for _ in range(TRIES):
            pipeline = self._link.redis.pipeline(transaction=False)
            now, raw = await self._link.ask(pipeline.time().hget(self._key, service).execute())
            before = _health(raw)
            after = step(before, _ms(now))
            if after == before:
                return Reading(_ms(now), {service: before})
            written = after.model_dump_json(exclude_defaults=True)
            turned = _turned(service, before, after, _ms(now))
            told = "" if turned is None else turned.model_dump_json()
            keys, args = [self._key, self._turns_key], [service, raw or "", written, told, KEPT]
            if await self._link.ask(self._replace(keys=keys, args=args)):
                return Reading(_ms(now), {service: after})
        raise BlindError("contention")


def _turned(service: str, before: Health, after: Health, now: int) -> Turned | None:
    """What people want to know of a change; None where it is none for them."""
    if after.is_open == before.is_open and after.retry == before.retry:
        return None
    turned: Literal["opened", "still_open", "closed"] = "closed"
    if after.is_open:
        turned = "still_open" if before.is_open else "opened"
    elif not before.is_open:
        return None
    fault, cool_ms = (after.fault, after.cool) if after.is_open else ("", 0)
    return Turned(service=service, at_ms=now, turned=turned, fault=fault, cool_ms=cool_ms)


def _read_turned(raw: str) -> Turned | None:
    try:
        return Turned.model_validate_json(raw)
    except ValidationError:
        return None


def _ms(now: tuple[int, int]) -> int:
    return now[0] * 1000 + now[1] // 1000


def _health(raw: str | None) -> Health:
    """Read what stands in Redis. What another version wrote and nobody can read counts as nothing."""
    try:
        return Health.model_validate_json(raw) if raw else Health()
    except ValidationError:
        return Health()
