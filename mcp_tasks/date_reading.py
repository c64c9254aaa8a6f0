"""What the caller's words about a date came to: a date, or a question."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class DateReading:
    """A date that the words can only mean."""

    due: date | datetime | None
    """A date without clock time, an aware date-time in the caller's zone, or None for «no date»."""
    spoken: str
    """How to say it, with how it repeats; it is always read back."""
    recurrence: str | None = None
    """How it repeats: the value of an RFC 5545 RRULE, counted from `due`; None for once.

    An UNTIL is a date where `due` is one, else a UTC time, as RFC 5545 wants it; there is never a COUNT.
    """


@dataclass(frozen=True, slots=True)
class DateQuestion:
    """The words are unclear, wrong or in the past: ask the caller, store nothing."""

    question: str
    candidates: tuple[DateReading, ...] = ()


@dataclass(frozen=True, slots=True)
class Day:
    """A day that was understood."""

    on: date
    said_past: bool = False
    """The words themselves name a past day («yesterday», a full date with its year)."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A day that was not, with the days that it may have meant."""

    why: str
    """A sentence to say before the candidates."""
    days: tuple[date, ...] = ()


DayOutcome = Day | Ask | None
"""None: these words are not of this kind."""
