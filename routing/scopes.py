"""What a call's money is counted against: the call, its user's day and month, and everybody's day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

ScopeKind = Literal["call", "user_day", "user_month", "global_day"]

FOREVER_MS = 2**52
"""The end of a scope that does not end, exact in Lua's numbers."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One counter's name, and the time on Redis' clock for which it is the right one."""

    kind: ScopeKind
    name: str
    """Such as `user-day:s_3f…:2026-11-25`: one word, the same in Redis and in the journal."""
    starts_ms: int
    """Unix time in ms: the first that belongs to it."""
    ends_ms: int
    """The first that no longer does."""


def scopes_of(call_id: str, subject: str, zone: ZoneInfo, now_ms: int) -> tuple[Scope, ...]:
    """Give the four scopes of a call at a moment, the call's own first.

    Days and months are the user's, by their zone; the global day is UTC's. `now_ms` is Redis' time, so that no
    worker's clock can reach into a fresh day.
    """
    here = datetime.fromtimestamp(now_ms / 1000, zone)
    utc = datetime.fromtimestamp(now_ms / 1000, UTC)
    day, first = here.date(), here.date().replace(day=1)
    next_month = (first + timedelta(days=32)).replace(day=1)
    return (
        Scope("call", f"call:{call_id}", 0, FOREVER_MS),
        Scope(
            "user_day",
            f"user-day:{subject}:{day.isoformat()}",
            _midnight(day, zone),
            _midnight(day + timedelta(days=1), zone),
        ),
        Scope(
            "user_month",
            f"user-month:{subject}:{first:%Y-%m}",
            _midnight(first, zone),
            _midnight(next_month, zone),
        ),
        Scope(
            "global_day",
            f"global-day:{utc.date().isoformat()}",
            _midnight(utc.date(), UTC),
            _midnight(utc.date() + timedelta(days=1), UTC),
        ),
    )


def _midnight(day: date, zone: tzinfo) -> int:
    """The first moment of a local day, in Unix ms."""
    return int(datetime.combine(day, time.min, zone).timestamp() * 1000)
