"""Day and clock time put together: it lies ahead and exists, or becomes a question."""

from datetime import date, datetime, time, timedelta
from typing import Final

from mcp_tasks.clock_words import ClockTime
from mcp_tasks.date_reading import Ask, DateQuestion, DateReading, Day
from mcp_tasks.spoken import spoken
from mcp_tasks.wall_clock import is_past, wall_time

NOT_CAUGHT = "I did not catch the date. Which day do you mean?"
PASSED = "That time has passed. Which day do you mean?"
_SKIPPED = "The clocks change then and that time is skipped. Which time do you mean?"

_ENDS: Final = {"morning": 12, "afternoon": 18}
"""The hour at which a part of the day is over; the evening and the night last as long as the day."""


def due_on(
    day: Day, clock: ClockTime | None, part: str | None, local: datetime
) -> DateReading | DateQuestion:
    """A due on that day, as seen from `local` (aware, the speaker's clock)."""
    if clock is None:
        if day.on < local.date() and not day.said_past:
            return question(Ask("That day has passed."), None, local)
        if day.on == local.date() and local.hour >= _ENDS.get(part or "", 24):
            return question(Ask(f"This {part} has passed.", (day.on + timedelta(days=1),)), None, local)
        return reading(day.on, local)
    if clock.midnight:
        # The midnight of today and tonight is the coming one; that of another day begins it or ends it.
        following = day.on + timedelta(days=1)
        if day.on != local.date():
            return question(Ask("Midnight belongs to two days.", (day.on, following)), clock, local)
        when = wall_time(following, clock.at, local)
        return reading(when, local) if when is not None else DateQuestion(_SKIPPED)
    at = _best_half(day.on, clock, local)
    when = wall_time(day.on, at, local)
    if when is None:
        return DateQuestion(_SKIPPED)
    if is_past(when, local) and not day.said_past:
        return _passed(day.on, clock, local)
    return reading(when, local)


def reading(due: date | datetime, local: datetime, recurrence: str | None = None) -> DateReading:
    """A date with the way to say it."""
    return DateReading(due, spoken(due, local), recurrence)


def question(ask: Ask, clock: ClockTime | None, local: datetime) -> DateQuestion:
    """Ask with the candidates that lie ahead, the clock time put to each."""
    candidates: list[DateReading] = []
    for day in ask.days:
        due: date | datetime | None = day if clock is None else wall_time(day, clock.at, local)
        if due is None:
            continue
        if not is_past(due, local) if isinstance(due, datetime) else due >= local.date():
            candidates.append(reading(due, local))
    return asked(ask.why, candidates)


def asked(why: str, candidates: list[DateReading]) -> DateQuestion:
    """A question that says all candidates."""
    if not candidates:
        return DateQuestion(why if why.endswith("?") else f"{why} Which day do you mean?")
    options = " or ".join(one.spoken for one in candidates)
    return DateQuestion(f"{why} Do you mean {options}?", tuple(candidates))


def _passed(day: date, clock: ClockTime, local: datetime) -> DateQuestion:
    if day != local.date():
        return question(Ask("That time has passed."), clock, local)
    following = day + timedelta(days=1)
    halves = [clock.at]
    if clock.at.hour == 12 and clock.other_half is not None:
        halves.insert(0, clock.other_half)  # «at 12» said at night may well be midnight
    whens = [wall_time(following, at, local) for at in halves]
    return asked("That time has passed.", [reading(when, local) for when in whens if when is not None])


def _best_half(day: date, clock: ClockTime, local: datetime) -> time:
    """«At 9» said at noon is nine in the evening."""
    if day == local.date() and clock.other_half is not None:
        when, other = wall_time(day, clock.at, local), wall_time(day, clock.other_half, local)
        if when is not None and other is not None and is_past(when, local) and not is_past(other, local):
            return clock.other_half
    return clock.at
