"""One question to each process: can you serve? The answer is None, or what is missing in a few words."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from functools import cache

import httpx
import redis.asyncio
import redis.exceptions

from routing.workers import LiveWorkers

Probe = Callable[[], Awaitable[str | None]]

TIMEOUT_SECONDS = 2.0


@cache
def tls() -> ssl.SSLContext:
    """What a server's certificate is checked against, read once: 30 ms of the processor for each client otherwise.

    Ten questions a second took that from those that were to start, and each turn from those that talk.
    """
    return httpx.create_ssl_context()


def http_probe(url: str, *, any_answer: bool = False) -> Probe:
    """Healthy when the address answers 200; with `any_answer`, when it answers anything below 500."""

    async def probe() -> str | None:
        try:
            # No proxy: the address is this machine's own.
            async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False, verify=tls()) as client:
                answer = await client.get(url)
        except httpx.HTTPError as error:
            return f"no answer ({type(error).__name__})"
        if answer.status_code == httpx.codes.OK or (any_answer and answer.status_code < 500):
            return None
        return f"HTTP {answer.status_code}: {answer.text[:200].strip()}".rstrip(": ")

    return probe


def running_probe() -> Probe:
    """Healthy as long as it runs: nobody asks anything of it. A process that ends is noticed by itself."""

    async def probe() -> str | None:
        return None

    return probe


def redis_probe(url: str) -> Probe:
    """Healthy when Redis answers a PING."""

    async def probe() -> str | None:
        client = redis.asyncio.from_url(url, socket_timeout=TIMEOUT_SECONDS)
        try:
            await client.ping()
        except (redis.exceptions.RedisError, OSError) as error:
            return f"no answer ({type(error).__name__})"
        finally:
            await client.aclose()
        return None

    return probe


def worker_registered_probe(url: str) -> Probe:
    """Healthy when at least one worker says in Redis that it lives, as it does once LiveKit has registered it."""

    async def probe() -> str | None:
        client = redis.asyncio.from_url(url, socket_timeout=TIMEOUT_SECONDS)
        try:
            if await LiveWorkers(client).alive():
                return None
        except (redis.exceptions.RedisError, OSError) as error:
            return f"Redis does not answer ({type(error).__name__})"
        finally:
            await client.aclose()
        return "no worker has registered yet"

    return probe
