"""The end of a call, in the one order in which nothing that a person was promised is lost, and nothing is held for it.

We fall silent first: only then is it known what was heard. Beside what was promised, which is waited for, the vendors'
sockets and the call's money are given back, and all else is broken off.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from agent.background import Background
from agent.owed import Leftover

log = logging.getLogger("agent.closing")

SILENT_SECONDS: Final = 1.0
"""How long a session may take to fall silent; it is closed all the same."""
FINISH_TOOLS_SECONDS: Final = 5.0
PROMISED_SECONDS: Final = 8.0
"""How long what was promised is waited for: SQLite waits 5 s for another's lock, and then it is kept for later."""
LET_GO_SECONDS: Final = 2.0
"""How long what is cut off may take to keep what it could not do."""
CLOSE_SECONDS: Final = 10.0
CLOSE_HANDED_OVER_SECONDS: Final = 1.5
"""How long one that is handed over may take to close; what is open then ends with the worker."""


class Serves(Protocol):
    """What serves the call."""

    async def leave(self) -> Leftover:
        """Fall silent."""

    async def aclose(self) -> None:
        """Close the vendors' sockets."""


class Tools(Protocol):
    """What tools the call runs."""

    async def finish(self, *, within: float) -> None:
        """Wait for them."""


async def close(
    serving: Serves | None,
    tools: Tools,
    *,
    promised: Background,
    rest: Background,
    give_back: Callable[[], Awaitable[None]],
    stop_hearing: Callable[[], Awaitable[None]],
    handed_over: bool,
) -> None:
    """End a call. Bounded in time.

    `promised`: work that a person asked for or agreed to. `rest`: what is of no use any more. `give_back` gives the
    money back, `stop_hearing` takes no more of what the caller does. `handed_over`: it has left, and tools were waited for.
    """
    try:
        if serving is not None and not handed_over:
            await _fall_silent(serving)
    finally:
        done = await asyncio.gather(
            _close(serving, CLOSE_HANDED_OVER_SECONDS if handed_over else CLOSE_SECONDS, give_back),
            _finish(promised, CLOSE_HANDED_OVER_SECONDS if handed_over else PROMISED_SECONDS),
            tools.finish(within=0.0 if handed_over else FINISH_TOOLS_SECONDS),
            stop_hearing(),
            rest.cancel(),
            return_exceptions=True,
        )
    for error in done:
        if isinstance(error, BaseException):
            raise error


async def _fall_silent(serving: Serves) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SILENT_SECONDS):
            left = await serving.leave()
            left.end()  # who waits to have it heard knows now


async def _close(serving: Serves | None, within: float, give_back: Callable[[], Awaitable[None]]) -> None:
    if serving is None:
        return
    try:
        async with asyncio.timeout(within):
            await serving.aclose()
    except TimeoutError:
        log.warning("call.close_timed_out")
    await give_back()  # the last of what was used is booked by now


async def _finish(promised: Background, within: float) -> None:
    await promised.finish(within=within)
    cut_off = list(promised)
    for task in cut_off:
        log.warning("call.cut_off", extra={"task": task.get_name()})
        task.cancel()
    if cut_off:
        # Not until they are over: a database that is being waited for lets go of nobody.
        await asyncio.wait(cut_off, timeout=LET_GO_SECONDS)
