"""A repetition with its first due: the day that comes first, at a time that exists and lies ahead."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from mcp_tasks.clock_words import BadClock, ClockTime, split_time
from mcp_tasks.date_reading import Ask, DateQuestion, DateReading, Day, DayOutcome
from mcp_tasks.date_vocabulary import MONTH
from mcp_tasks.day_and_clock import asked
from mcp_tasks.day_spans import calendar_span
from mcp_tasks.recurrence_words import (
    RepetitionWords,
    Unclear,
    leap_day,
    on_days_of_the_month,
    repeats,
    repetition,
    spelt_out,
    taken_apart,
)
from mcp_tasks.repetition import Repetition
from mcp_tasks.spoken import long_date, spoken
from mcp_tasks.wall_clock import is_past, wall_time

ReadDay = Callable[[str, date], DayOutcome]
_LOOK_AHEAD = 12
"""Occurrences to look at for one that can be: a time that the clocks skip is followed by one that exists."""
_WHICH_DAY = "On which day should it come back?"


def read_repeating(
    text: str, local: datetime, before: date | datetime | None, read_day: ReadDay
) -> DateReading | DateQuestion | None:
    """Read «every other Friday at 9 until Christmas»; None when nothing comes back.

    `local` is the speaker's clock. What was due `before` gives the day and the time that the words leave out.
    """
    if not repeats(text):
        return None
    split = split_time(spelt_out(text))
    if isinstance(split.clock, BadClock):
        return DateQuestion(f"{split.clock.why} When exactly do you mean?")
    words = taken_apart(split.rest)
    core = (
        f"{words.core} day"
        if split.part and re.fullmatch(r"every(?: other| \d\w*)?", words.core)
        else words.core
    )
    found = repetition(core)
    first_day = before
    if words.start:
        start = _start(read_day(words.start, local.date()), words.start)
        if start is None or start < local.date():
            return DateQuestion("I did not catch when it starts. From which day on?")
        first_day = start
    if isinstance(found, Repetition) and not found.whole:
        found = _completed(found, first_day)
    clock = split.clock
    if clock is None and split.part is None and isinstance(before, datetime):
        clock = ClockTime(before.time())
    series = _Series(words, first_day, clock, split.part, local, read_day)
    if isinstance(found, Unclear):
        options = [series.due(option) for option in found.options]
        return _asked(found.why, [one for one in options if isinstance(one, DateReading)])
    return series.read(found)


def _start(outcome: DayOutcome, said: str) -> date | None:
    """A month or a week starts on its first day."""
    if (
        isinstance(outcome, Ask)
        and outcome.days
        and re.fullmatch(rf"(?:in )?(?:next (?:week|month|year)|{MONTH})", said)
    ):
        return outcome.days[0]
    return outcome.on if isinstance(outcome, Day) else None


def _completed(found: Repetition, first: date | None) -> Repetition | Unclear:
    """«Every week» comes back on the day on which it starts."""
    if first is None:
        return Unclear(_WHICH_DAY)
    whole = found.on_the_day_of(first)
    if found.frequency == "MONTHLY":
        return on_days_of_the_month(whole)
    return leap_day(whole) if found.frequency == "YEARLY" and (first.month, first.day) == (2, 29) else whole


class _Series:
    """One phrase's start, end and clock, put to any repetition."""

    def __init__(
        self,
        words: RepetitionWords,
        first_day: date | None,
        clock: ClockTime | None,
        part: str | None,
        local: datetime,
        read_day: ReadDay,
    ) -> None:
        self._words, self._clock, self._part, self._local, self._read_day = (
            words,
            clock,
            part,
            local,
            read_day,
        )
        self._given = first_day is not None
        day = first_day.date() if isinstance(first_day, datetime) else first_day
        self._start = max(day, local.date()) if day else local.date()

    def read(self, found: Repetition) -> DateReading | DateQuestion:
        if self._clock is not None and self._clock.midnight and found.frequency != "DAILY":
            return DateQuestion("Midnight belongs to two days. Which day do you mean?")
        first = self.due(found)
        if isinstance(first, DateReading) and found.interval > 1 and not self._given:
            return self._which_first(found, first)
        return first

    def due(self, found: Repetition) -> DateReading | DateQuestion:
        """The first occurrence ahead, with the rule and its end."""
        whens = [
            when for day in found.days_from(self._start, _LOOK_AHEAD) if (when := self._at(day)) is not None
        ]
        if not whens:
            return DateQuestion(_WHICH_DAY)
        return self._bounded(found, whens[0])

    def _which_first(self, found: Repetition, first: DateReading) -> DateReading | DateQuestion:
        """«Every other Tuesday» said on a Tuesday may begin today or in a week, and stays so."""
        today = self._local.date()
        if first.due is None or _day(first.due) != today:
            # The first day ahead, which «every third» from a day that has passed would not be.
            following = self._after(found, today)
            return self._bounded(found, following) if following is not None else first
        following = self._after(found, today + timedelta(days=1))
        if following is None:
            return first
        later = self._bounded(found, following)
        return _asked(
            "It can begin then or then.", [one for one in (first, later) if isinstance(one, DateReading)]
        )

    def _after(self, found: Repetition, start: date) -> date | datetime | None:
        days = replace(found, interval=1).days_from(start, _LOOK_AHEAD)
        return next((when for day in days if (when := self._at(day)) is not None), None)

    def _at(self, day: date) -> date | datetime | None:
        """The due of that day; None when it has passed or the clocks skip it."""
        today = self._local.date()
        if self._clock is None:
            return None if day == today and self._part == "morning" and self._local.hour >= 12 else day
        when = wall_time(day, self._clock.at, self._local)
        return when if when is not None and not is_past(when, self._local) else None

    def _bounded(self, found: Repetition, first: date | datetime) -> DateReading | DateQuestion:
        last = self._last(found, _day(first))
        if isinstance(last, DateQuestion):
            return last
        said = f"{found.spoken}, starting {spoken(first, self._local)}"
        if last is None:
            return DateReading(first, said, found.rule)
        if last < _day(first):
            return DateQuestion("That ends before it begins. Until when should it come back?")
        until = f"{last:%Y%m%d}"
        if isinstance(first, datetime):
            end = datetime.combine(last, time(23, 59, 59), self._local.tzinfo).astimezone(UTC)
            until = f"{end:%Y%m%dT%H%M%SZ}"
        return DateReading(
            first, f"{said}, until {long_date(last, self._local)}", f"{found.rule};UNTIL={until}"
        )

    def _last(self, found: Repetition, first: date) -> date | DateQuestion | None:
        if self._words.end:
            end = self._read_day(self._words.end, self._local.date())
            return (
                end.on if isinstance(end, Day) else DateQuestion("I did not catch the end. Until which day?")
            )
        if self._words.lasting is None:
            return None
        count, unit = self._words.lasting
        if unit == "time":
            days = found.days_from(first, count)
            return days[-1] if days else None
        return first + calendar_span(count, unit) - timedelta(days=1)


def _asked(why: str, options: list[DateReading]) -> DateQuestion:
    return (
        asked(why, options) if options else DateQuestion(why if why.endswith("?") else f"{why} {_WHICH_DAY}")
    )


def _day(due: date | datetime) -> date:
    return due.date() if isinstance(due, datetime) else due
