"""The last words of a call: said to their end, and not cut on their way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from agent.followed import Followed

if TYPE_CHECKING:
    from agent.tier_session import TierSession

WAY_SECONDS: Final = 0.3
"""What has left us is heard so much later: 99 ms to a browser (measured: the room's echo), by telephone a bridge's and the
telephone's own buffers more. Whoever leaves the room at once cuts the last syllable: «Good» was heard for «Goodbye»."""
ENDS_SECONDS: Final = 10.0
"""How long what is said last may take where the call is to end; then it ends all the same."""
LONGEST_SECONDS: Final = 20.0
"""How long a line is waited for that nobody may be left to say."""


async def say_last(session: TierSession, line: str) -> None:
    """Say the line and wait until it has been heard, whoever says the rest of it. Its call may end then."""
    followed = Followed()
    session.say(line, followed=(followed,))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_SECONDS):
            await followed.wait_for_playout()
    await heard()


async def say_and_end(
    session: Callable[[], TierSession], line: str, end: Callable[[], None], *, at_once: bool = False
) -> None:
    """Say why the call ends, and end it, also where the session has ended: that raises RuntimeError behind it.

    `at_once`: what is being said is broken off for it.
    """
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ENDS_SECONDS):
                if at_once:
                    with contextlib.suppress(RuntimeError):  # a session that has ended is silent
                        await session().hush()
                await say_last(session(), line)
    finally:
        end()


async def heard() -> None:
    """Wait until what was played to its end is in the caller's ear."""
    await asyncio.sleep(WAY_SECONDS)
