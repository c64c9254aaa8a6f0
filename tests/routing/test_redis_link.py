"""How many connections a process that stands for weeks keeps to Redis."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from redis.exceptions import ConnectionError as NoConnectionError

from routing.redis_link import BlindError, RedisLink

pytestmark = pytest.mark.system

MANY = 12


def named(url: str) -> tuple[str, str]:
    """The address, and the name that our connections are known by there."""
    name = f"test-{uuid4().hex}"
    return f"{url}?client_name={name}", name


async def connections(link: RedisLink, name: str) -> int:
    return sum(client["name"] == name for client in await link.redis.client_list())


async def test_what_many_want_at_once_goes_through_as_many_connections_as_were_said(valkey: str) -> None:
    url, name = named(valkey)
    link = RedisLink(url, most=2, wait_seconds=20)
    try:
        answers = await asyncio.gather(*(link.ask(link.redis.ping()) for _ in range(MANY)))

        assert answers == [True] * MANY
        assert await connections(link, name) == 2
    finally:
        await link.aclose()


async def test_without_that_every_connection_that_was_ever_needed_stays(valkey: str) -> None:
    url, name = named(valkey)
    link = RedisLink(url, wait_seconds=20)
    try:
        await asyncio.gather(*(link.ask(link.redis.ping()) for _ in range(MANY)))

        assert await connections(link, name) > 2
    finally:
        await link.aclose()


async def test_who_gets_none_of_the_connections_in_time_is_blind_and_goes_on(valkey: str) -> None:
    url, _ = named(valkey)
    link = RedisLink(url, most=1, wait_seconds=0.2)
    try:
        waiting = asyncio.create_task(link.redis.blpop(["nothing comes here"], timeout=2))
        while not link.redis.connection_pool.get_connection_count()[1][0]:
            await asyncio.sleep(0.01)

        with pytest.raises(BlindError):
            await link.ask(link.redis.ping())
        with pytest.raises(NoConnectionError):
            await link.redis.ping()

        assert await waiting is None
        assert await link.ask(link.redis.ping(), seconds=20) is True
    finally:
        await link.aclose()
