"""Wall-clock times in a zone: some do not exist, some come twice, and both are days of people's lives."""

from datetime import UTC, date, datetime, time, timedelta

_GRACE = timedelta(minutes=1)
"""«Now» takes a moment to arrive."""


def wall_time(day: date, at: time, now: datetime) -> datetime | None:
    """A wall-clock time in the zone of `now` (aware); None when the clocks jump over it.

    A time that comes twice is the first one, as RFC 5545 has it, unless that one has passed.
    """
    when = datetime.combine(day, at.replace(fold=0), now.tzinfo)
    if when.astimezone(UTC).astimezone(now.tzinfo).replace(tzinfo=None) != when.replace(tzinfo=None):
        return None
    second = when.replace(fold=1)
    return second if is_past(when, now) and not is_past(second, now) else when


def is_past(when: datetime, now: datetime) -> bool:
    """Whether a moment lies behind, on the real clock: comparing wall clocks errs in the hour that comes twice."""
    return when.astimezone(UTC) < now.astimezone(UTC) - _GRACE
