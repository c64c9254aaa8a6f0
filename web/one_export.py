"""One download of everything at a time for each person: it opens every book, and a slow reader holds them open."""

import logging
import secrets
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Final, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
PREFIX: Final = "voicetasks:export:"
"""By a tag that names nobody."""
AT_MOST_SECONDS: Final = 600
"""After so long the next may begin: a process that died lets nobody know."""

# Of one that took longer the key may be the next one's.
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return 0"


class UnderWayError(Exception):
    """Another one of theirs has not ended."""


@asynccontextmanager
async def one_export(redis: Redis, tag: str) -> AsyncIterator[None]:
    """Hold a person's one download; raises UnderWayError. Without Redis it is not counted."""
    key, mine = PREFIX + tag, secrets.token_hex(8)
    try:
        taken = await redis.set(key, mine, nx=True, ex=AT_MOST_SECONDS)
    except RedisError:
        log.warning("redis is away: downloads are not counted")
        yield
        return
    if not taken:
        raise UnderWayError
    try:
        yield
    finally:
        try:
            await cast("Awaitable[int]", redis.eval(_RELEASE, 1, key, mine))
        except RedisError:
            log.warning("redis is away: the next download waits")
