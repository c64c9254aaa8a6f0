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
NEVER: Final = float("inf")
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
    asked, quiet_since = time.monotonic(), NEVER
    while still():
        now = time.monotonic()
        if told and now - asked >= TOLD_SECONDS:
            return True
        is_pause = _owes_nothing(session()) and (told or not is_busy())
        quiet_since = min(quiet_since, now) if is_pause else NEVER
        if now - quiet_since >= PAUSE_SECONDS and (told or now >= rested_at):
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
    ends, quiet_since = time.monotonic() + within, NEVER
    while still() and (now := time.monotonic()) < ends:
        is_pause = _owes_nothing(session()) and not is_busy()
        quiet_since = min(quiet_since, now) if is_pause else NEVER
        if now - quiet_since >= PAUSE_SECONDS:
            return
        await asyncio.sleep(LOOK_SECONDS)


def is_settled(session: TierSession) -> bool:
    """Whether nobody speaks, nothing is owed, and nothing was said of which no turn has come yet."""
    return _owes_nothing(session) and not session.waits_for_turn


def _owes_nothing(session: TierSession) -> bool:
    return session.is_quiet and not session.owes
