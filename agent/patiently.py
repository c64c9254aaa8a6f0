"""A vendor's stream with a limit on its silence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import TypeVar

from livekit.agents import APITimeoutError

T = TypeVar("T")


async def patiently(stream: AsyncIterable[T], patience: Callable[[], float]) -> AsyncIterator[T]:
    """Pass a stream on. Raises APITimeoutError when the next piece does not come within the patience, seconds."""
    pieces = aiter(stream)
    try:
        while True:
            try:
                async with asyncio.timeout(patience()):
                    piece = await anext(pieces)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise APITimeoutError("the stream stands still", retryable=False) from None
            yield piece
    finally:
        if (aclose := getattr(pieces, "aclose", None)) is not None:
            await aclose()
