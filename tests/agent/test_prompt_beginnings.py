"""What a vendor has cached is known to the calls of all workers, and a Redis that is away costs nothing."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from agent.prompt_beginnings import HELD_SECONDS, KEY, PromptBeginnings

pytestmark = pytest.mark.system

NOW = 1_800_000_000.0


async def _told(redis: Redis, digest: str, at: float) -> None:
    call = PromptBeginnings(redis, lambda: at)
    call.used(digest)
    await call.aclose()
    call.used("too late")


async def _asked(redis: Redis, at: float) -> PromptBeginnings:
    call = PromptBeginnings(redis, lambda: at)
    call.ask()
    await call.aclose()
    return call


async def test_another_call_knows_for_five_minutes_what_one_has_used(valkey: str) -> None:
    async with Redis.from_url(valkey) as redis:
        await redis.delete(KEY)
        await _told(redis, "a", NOW)
        assert (await _asked(redis, NOW + HELD_SECONDS - 1)).knows("a")
        assert not (await _asked(redis, NOW + HELD_SECONDS + 1)).knows("a")
        assert not (await _asked(redis, NOW)).knows("b")


async def test_a_call_knows_what_it_has_used_itself_and_tells_it_once_a_minute(valkey: str) -> None:
    async with Redis.from_url(valkey) as redis:
        await redis.delete(KEY)
        clock = [NOW]
        call = PromptBeginnings(redis, lambda: clock[0])
        for after, told in ((0, NOW), (30, NOW), (59, NOW), (61, NOW + 61)):
            clock[0] = NOW + after
            call.used("a")
            await asyncio.gather(*call._beside._tasks)
            assert await redis.zscore(KEY, "a") == told
        assert call.knows("a")


async def test_a_key_that_nobody_uses_goes_by_itself(valkey: str) -> None:
    async with Redis.from_url(valkey) as redis:
        await redis.delete(KEY)
        await _told(redis, "a", NOW)
        await _told(redis, "b", NOW + HELD_SECONDS + 1)
        assert await redis.zrange(KEY, 0, -1) == [b"b"]
        assert 0 < await redis.ttl(KEY) <= HELD_SECONDS


async def test_a_redis_that_is_away_costs_nothing() -> None:
    async with Redis(host="127.0.0.1", port=9) as redis:
        call = PromptBeginnings(redis, lambda: NOW)
        call.ask()
        call.used("a")
        async with asyncio.timeout(5):
            await call.aclose()
        assert call.knows("a")
