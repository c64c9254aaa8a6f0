"""Words told to the ear: for load and for exact tests, a caller hands over what they say instead of it being heard."""

import asyncio
from collections import OrderedDict

MAX_TEXT = 2000
_MAX_TAGS = 2000
_MAX_WAITING = 200


class ToldError(ValueError):
    """The words cannot be taken: too long, or too many waiting. The caller sends less."""


class Told:
    """Words waiting for each call, first in first out. Tags are call ids; the longest unused one goes first."""

    def __init__(self) -> None:
        self._queues: OrderedDict[str, asyncio.Queue[str]] = OrderedDict()

    def _queue(self, tag: str) -> asyncio.Queue[str]:
        queue = self._queues.get(tag)
        if queue is None:
            queue = self._queues[tag] = asyncio.Queue(_MAX_WAITING)
        self._queues.move_to_end(tag)
        while len(self._queues) > _MAX_TAGS:
            self._queues.popitem(last=False)
        return queue

    def put(self, tag: str, text: str) -> None:
        """Words that the caller of `tag` says next. Raises ToldError when they are too long or too many."""
        if len(text) > MAX_TEXT:
            raise ToldError(f"at most {MAX_TEXT} characters at a time")
        try:
            self._queue(tag).put_nowait(text)
        except asyncio.QueueFull:
            raise ToldError(f"{_MAX_WAITING} are waiting for this tag already") from None

    async def next(self, tag: str, timeout: float | None = None) -> str | None:  # noqa: ASYNC109 - a peek, not a deadline
        """The next words of `tag`, waiting up to `timeout` seconds (for ever when None); None when there are none."""
        queue = self._queue(tag)
        try:
            return queue.get_nowait()
        except asyncio.QueueEmpty:
            pass
        try:
            return await asyncio.wait_for(queue.get(), timeout)
        except TimeoutError:
            return None

    def reset(self) -> None:
        """Forget all words that were not taken."""
        self._queues.clear()
