"""The caller's midnight, which a call may outlast: what a model was told of the day is yesterday's from then on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


async def new_days(
    zone: ZoneInfo, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> AsyncIterator[None]:
    """Yield each time that a day has begun in a time zone."""
    day = clock().astimezone(zone).date()
    while True:
        await asyncio.sleep(seconds_left(clock().astimezone(zone)))
        if (today := clock().astimezone(zone).date()) != day:  # a clock that was set back has it again
            day = today
            yield


def seconds_left(now: datetime) -> float:
    """How long the day of an aware moment goes on where its zone is, in seconds; clock changes are counted in."""
    begins = datetime.combine(now.date() + timedelta(days=1), time(0), now.tzinfo)
    return max(1.0, (begins.astimezone(UTC) - now.astimezone(UTC)).total_seconds())
