"""When a change of what serves a call may happen: at once, in a pause, or in a pause that is not too soon."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from agent.tier_session import TierSession
from routing.decision import Cause

PAUSE_SECONDS: Final = 0.6
"""So long nobody speaks: a pause."""
LOOK_SECONDS: Final = 0.1
TOLD_SECONDS: Final = 3.0
"""An admin's word and spent money are followed in a pause, or after so long without one."""


async def time_for(
    cause: Cause,
    *,
    session: Callable[[], TierSession],
    is_busy: Callable[[], bool],
    still: Callable[[], bool],
    rested_at: float,
) -> bool:
    """Wait until a change may happen. False: it is not wanted any more, as `still` says.

    `is_busy`: a question is open or a tool runs, so that what can wait does. `rested_at`: on the monotonic clock, in
    seconds, before which nothing better is taken.
    """
    if cause is Cause.VENDOR:
        return True
    told = cause in (Cause.POLICY, Cause.MONEY)
    asked = time.monotonic()
    quiet_since: float | None = None
    while still():
        now = time.monotonic()
        if told and now - asked >= TOLD_SECONDS:
            return True
        if session().is_quiet and not session().owes and (told or not is_busy()):
            quiet_since = now if quiet_since is None else quiet_since
        else:
            quiet_since = None
        if quiet_since is not None and now - quiet_since >= PAUSE_SECONDS and (told or now >= rested_at):
            return True
        await asyncio.sleep(LOOK_SECONDS)
    return False


async def pause(
    within: float,
    *,
    session: Callable[[], TierSession],
    is_busy: Callable[[], bool],
    still: Callable[[], bool],
) -> None:
    """Wait for a pause in which nothing is owed, for so many seconds at most, and only while it is wanted."""
    ends, quiet_since = time.monotonic() + within, float("inf")
    while still() and (now := time.monotonic()) < ends:
        is_pause = session().is_quiet and not session().owes and not is_busy()
        quiet_since = min(quiet_since, now) if is_pause else float("inf")
        if now - quiet_since >= PAUSE_SECONDS:
            return
        await asyncio.sleep(LOOK_SECONDS)
