"""When somebody can be called about a task: at its time, or at nine in the morning of its day."""

from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from mcp_tasks.clock_words import split_time
from mcp_tasks.date_vocabulary import plain
from mcp_tasks.errors import TaskError

MORNING: Final = time(9)
"""On its owner's clock: when one is called about a task that is due on a day, not at a time."""

QUESTION: Final = "At what time shall I call?"


def morning_of(day: date, zone: ZoneInfo) -> datetime:
    """The moment of the call about a task that is due on a day."""
    return datetime.combine(day, MORNING, zone)


def refuse_without_time(words: str, due: date | datetime | None, *, now: datetime, zone: ZoneInfo) -> None:
    """Ask for the time where the morning's call would not be what was promised.

    «Tonight» at nine in the morning is too early, and a morning that has passed rings at once, or never.
    Raises TaskError `bad_date` with that question, also for what has no date, and for a moment that has passed.
    """
    if isinstance(due, datetime):
        if (due if due.tzinfo else due.replace(tzinfo=zone)) <= now:
            raise TaskError("bad_date", QUESTION)
        return
    if due is None or split_time(plain(words)).part not in (None, "morning") or morning_of(due, zone) <= now:
        raise TaskError("bad_date", QUESTION)
