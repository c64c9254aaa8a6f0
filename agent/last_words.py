"""The last words of a call: said to their end, and not cut on their way."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from agent.followed import Followed

if TYPE_CHECKING:
    from agent.tier_session import TierSession

WAY_SECONDS: Final = 0.3
"""What has left us is heard so much later: 99 ms to a browser (measured: the room's echo), by telephone a bridge's and the
telephone's own buffers more. Whoever leaves the room at once cuts the last syllable: «Good» was heard for «Goodbye»."""
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


async def heard() -> None:
    """Wait until what was played to its end is in the caller's ear."""
    await asyncio.sleep(WAY_SECONDS)
