"""Whether words move a date on from what it is: «an hour later» said twice is two hours, «Friday» said twice is one day."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from mcp_tasks.date_reading import DateReading
from mcp_tasks.dates import understand

_FAR: Final = timedelta(days=200)
"""Counted from so far ahead nothing lies in the past, however far the words go back."""


def counts_on(words: str) -> bool:
    """Whether a due that was changed by these words would be changed again by them."""
    now, zone = datetime.now(UTC), ZoneInfo("UTC")
    once = understand(words, now=now, zone=zone, before=now + _FAR)
    if not isinstance(once, DateReading) or once.due is None:
        return False
    twice = understand(words, now=now, zone=zone, before=once.due)
    return isinstance(twice, DateReading) and twice.due != once.due
