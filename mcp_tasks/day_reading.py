"""Words for one day, whatever kind they are of."""

import re
from datetime import date, timedelta

from mcp_tasks.calendar_dates import calendar_day
from mcp_tasks.date_guess import written_day
from mcp_tasks.date_reading import Ask, Day, DayOutcome
from mcp_tasks.date_vocabulary import WEEKDAY
from mcp_tasks.day_spans import anchored_parts, counted_day, counted_from
from mcp_tasks.day_words import named_day, without_end_of_day

_BESIDE = re.compile(r"^(?P<word>before|after)\s+(?P<day>.+)$")

_NAMED_TWICE = re.compile(rf"(?P<near>today|tomorrow) (?P<date>(?:on )?{WEEKDAY}.* .+)")
"""«Tomorrow, Thursday, November 26th»: both must agree."""


def read_day(text: str, today: date) -> DayOutcome:
    """Read a plain phrase without a clock time; None when these words are no day."""
    text = without_end_of_day(text)
    beside = _BESIDE.fullmatch(text)
    if beside:
        return _beside(beside["word"], read_day(beside["day"], today), today)
    both = _NAMED_TWICE.fullmatch(text)
    if both:
        days = {read_day(both["near"], today), read_day(both["date"], today)}
        return days.pop() if len(days) == 1 else Ask("Those are two days.")
    parts = anchored_parts(text)
    try:
        if parts is not None:
            anchor = read_day(parts.anchor, today)
            return counted_from(anchor.on, parts) if isinstance(anchor, Day) else anchor
        return (
            named_day(text, today)
            or counted_day(text, today)
            or calendar_day(text, today)
            or written_day(text)
        )
    except OverflowError:
        return Ask("That is very far away.")


def _beside(word: str, day: DayOutcome, today: date) -> DayOutcome:
    """«Before Friday» may or may not mean Friday; «after» says only what it is not."""
    if not isinstance(day, Day):
        return day
    step = timedelta(days=-1 if word == "before" else 1)
    days = tuple(one for one in sorted((day.on, day.on + step)) if one >= today)
    return Ask(f"«{word.capitalize()}» leaves the day open.", days[-1:] if word == "after" else days)
