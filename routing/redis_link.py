"""One connection pool to Redis that never keeps a call waiting and notices when it speaks with another Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from importlib.resources import files
from typing import Any, Final, TypeVar

from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ReadOnlyError, RedisError

from routing.ending import heed_cancellation
from routing.patience import within

WAIT_SECONDS: Final = 0.2
"""The longest that the voice path waits for an answer."""

T = TypeVar("T")


class BlindError(Exception):
    """Redis gave no answer that can be used: money cannot be seen. `why` is a label for logs and metrics."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Redis: {why}")
        self.why = why


def pool_of(url: str, *, wait_seconds: float, most: int | None = None, **how: Any) -> ConnectionPool:
    """Make a pool of connections to Redis. `how`: what redis-py's `Redis` takes.

    With `most` there are never more; whoever wants another waits for `wait_seconds` at most and then has a
    `ConnectionError`. The library keeps every connection that was ever needed at once, so that a process that stands for
    weeks should say how many that may be.
    """
    if most is None:
        return ConnectionPool.from_url(url, **how)
    return BlockingConnectionPool.from_url(url, max_connections=most, timeout=wait_seconds, **how)


class RedisLink:
    """Redis with the patience of a phone call.

    Every failure becomes BlindError at once: the library's own retries are off, since what was asked may have been
    done and the caller of this class knows how to ask again under the same operation id.
    """

    def __init__(self, url: str, *, wait_seconds: float = WAIT_SECONDS, most: int | None = None) -> None:
        """`most`: how many connections there may be at once, those of listeners included (see `pool_of`)."""
        pool = pool_of(
            url,
            wait_seconds=wait_seconds,
            most=most,
            decode_responses=True,
            # None of its own: it would take it for silence when our event loop stood still. `ask` bounds the wait.
            socket_timeout=None,
            socket_connect_timeout=wait_seconds,
            retry=Retry(NoBackoff(), 0),
            redis_connect_func=self._on_connect,
            driver_info=None,  # told by each connection, and read from a file each time
        )
        # Its stubs describe bytes, text and both protocols at once; ours are always text.
        self.redis: Any = Redis.from_pool(pool)
        self.wait_seconds = wait_seconds
        """How long an answer is waited for, unless said otherwise."""
        self.connected_anew = True
        """A connection was made since somebody last looked: it may lead to another server."""

    def script(self, name: str) -> Any:
        """Give one of the room's Lua scripts, to be called with `keys` and `args` and asked for."""
        return self.redis.register_script(
            (files("routing") / "lua" / f"{name}.lua").read_text(encoding="utf-8")
        )

    async def ask(self, answer: Awaitable[T], *, seconds: float | None = None) -> T:
        """Wait for an answer for at most 200 ms, or as long as said (see `within`). Raises BlindError."""
        try:
            wait = self.wait_seconds if seconds is None else seconds
            async with within(asyncio.get_running_loop().time() + wait):
                found = await answer
                heed_cancellation()
                return found
        except TimeoutError:
            raise BlindError("timeout") from None
        except ReadOnlyError as error:
            # A primary that was put down: what the address leads to now is found by connecting again.
            await self.redis.connection_pool.disconnect(inuse_connections=False)
            raise BlindError(_label(error)) from error
        except RedisError as error:
            raise BlindError(_label(error)) from error
        except OSError as error:
            raise BlindError("connection") from error

    async def aclose(self) -> None:
        """Give the connections back."""
        await self.redis.aclose()

    async def _on_connect(self, connection: AbstractConnection) -> None:
        await connection.on_connect()
        self.connected_anew = True


def _label(error: RedisError) -> str:
    """A bounded name for what Redis said: its own error code, else the library's class."""
    code = str(error).split(" ", 1)[0].rstrip(":")
    if code.isascii() and code.isalpha() and code.isupper() and len(code) <= 20:
        return code.lower()
    return type(error).__name__.removesuffix("Error").lower() or "redis"
