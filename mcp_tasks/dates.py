"""From a caller's words to a date, by the caller's own clock; what is unclear becomes a question.

Our own grammar reads everyday words, because the libraries get them wrong in silence («next Friday», «the 31st»,
«tomorrow at 3»). dateparser reads full written dates, and otherwise only ever suggests.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import dateparser

from mcp_tasks.calendar_dates import calendar_day
from mcp_tasks.clock_words import BadClock, ClockTime, split_time
from mcp_tasks.date_reading import Ask, DateQuestion, DateReading, Day, DayOutcome
from mcp_tasks.date_vocabulary import MONTHS, WEEKDAYS, plain, without_lead
from mcp_tasks.day_spans import Moment, ahead_of, anchored_parts, counted_day, counted_moment
from mcp_tasks.day_words import named_day
from mcp_tasks.due import Due
from mcp_tasks.errors import Candidate, TaskError
from mcp_tasks.spoken import spoken

MAX_PHRASE = 200
"""Longer words are no date."""

_NO_DATE = re.compile(
    r"(?:no|without an?|without|remove the|clear the|drop the) (?:due )?(?:date|deadline|due date)|none|never|"
    r"whenever|any time|anytime|someday|some day|no rush"
)
_ISO_READING = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?", re.IGNORECASE
)
_NOT_CAUGHT = "I did not catch the date. Which day do you mean?"
_BESIDE = re.compile(r"^(?P<word>before|after)\s+(?P<day>.+)$")
_GRACE = timedelta(minutes=1)
"""«Now» takes a moment to arrive."""


def understand(words: str, *, now: datetime, zone: ZoneInfo) -> DateReading | DateQuestion:
    """Read what somebody said about when, by their clock.

    `now` is any aware time, `zone` the speaker's. A reading is never in the past unless the words name a past day.
    """
    local = now.astimezone(zone)
    if len(words) > MAX_PHRASE:
        return DateQuestion(_NOT_CAUGHT)
    if _ISO_READING.fullmatch(words.strip()):
        return read_iso(words.strip(), now=now, zone=zone)
    text = without_lead(plain(words))
    if _NO_DATE.fullmatch(text):
        return DateReading(None, "no date")
    moment = counted_moment(text, local.astimezone(UTC))
    if isinstance(moment, Moment):
        return _reading(moment.at.astimezone(zone), local)
    if isinstance(moment, Ask):
        return _question(moment, None, local)
    split = split_time(text)
    if isinstance(split.clock, BadClock):
        return DateQuestion(f"{split.clock.why} When exactly do you mean?")
    rest = re.sub(r"\s+(?:at|by|on)$", "", without_lead(f"{split.rest} ").strip())
    rest = "" if rest in ("due", "by", "on", "at") else rest
    if not rest:
        return _time_alone(split.clock, local) if split.clock else DateQuestion(_NOT_CAUGHT)
    day = _day(rest, local.date())
    if day is None:
        return _suggest(rest, split.clock, local)
    if isinstance(day, Ask):
        return _question(day, split.clock, local)
    return _on(day, split.clock, split.part, local)


def read_iso(text: str, *, now: datetime, zone: ZoneInfo) -> DateReading | DateQuestion:
    """Read a model's own ISO date or time as the speaker's local one.

    An offset is dropped: models write «17:00Z» for five in the afternoon where the speaker is. Midnight means the day.
    """
    local = now.astimezone(zone)
    try:
        naive = datetime.fromisoformat(text.upper()).replace(tzinfo=None, second=0, microsecond=0)
    except ValueError:
        return DateQuestion("There is no such date. Which day do you mean?")
    if naive.year > local.year + 10:
        return DateQuestion("That is very far away. Which day do you mean?")
    clock = None if naive.time() == time(0) else ClockTime(naive.time())
    return _on(Day(naive.date()), clock, None, local)


def resolve_due(words: str, reading: str, *, now: datetime, zone: ZoneInfo) -> date | datetime | None:
    """Settle a task's due: the person's words if there are any, else the model's reading.

    Raises TaskError `bad_date` with a question and its candidates; nothing may be stored then.
    """
    outcome = understand(words or reading, now=now, zone=zone)
    if isinstance(outcome, DateReading):
        return outcome.due
    candidates = tuple(
        Candidate(Due(one.due).text, one.spoken) for one in outcome.candidates if one.due is not None
    )
    raise TaskError("bad_date", outcome.question, candidates)


def _day(text: str, today: date) -> DayOutcome:
    beside = _BESIDE.fullmatch(text)
    if beside:
        return _beside(beside["word"], _day(beside["day"], today), today)
    parts = anchored_parts(text)
    if parts is not None:
        count, unit, anchor_words = parts
        anchor = _day(anchor_words, today)
        return ahead_of(anchor.on, count, unit) if isinstance(anchor, Day) else anchor
    try:
        return (
            named_day(text, today) or counted_day(text, today) or calendar_day(text, today) or _written(text)
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


def _on(day: Day, clock: ClockTime | None, part: str | None, local: datetime) -> DateReading | DateQuestion:
    """Put day and time together, and check that it lies ahead and exists."""
    if clock is None:
        if day.on < local.date() and not day.said_past:
            return _question(Ask("That day has passed."), None, local)
        if day.on == local.date() and part == "morning" and local.hour >= 12:
            return _question(Ask("This morning has passed.", (day.on + timedelta(days=1),)), None, local)
        return _reading(day.on, local)
    if clock.midnight:
        # The midnight of today and tonight is the coming one; that of another day begins it or ends it.
        following = day.on + timedelta(days=1)
        if day.on == local.date():
            return _reading_at(following, clock.at, local)
        return _question(Ask("Midnight belongs to two days.", (day.on, following)), clock, local)
    at = _best_half(day.on, clock, local)
    when = _wall(day.on, at, local)
    if when is None:
        return DateQuestion("The clocks change then and that time is skipped. Which time do you mean?")
    if when < local - _GRACE and not day.said_past:
        ahead = (day.on + timedelta(days=1),) if day.on == local.date() else ()
        return _question(Ask("That time has passed.", ahead), clock, local)
    return _reading(when, local)


def _time_alone(clock: ClockTime, local: datetime) -> DateReading | DateQuestion:
    """«At 5» is today's when it is still to come, else tomorrow's if they say so."""
    return _on(Day(local.date()), clock, None, local)


def _best_half(day: date, clock: ClockTime, local: datetime) -> time:
    """«At 9» said at noon is nine in the evening."""
    if day == local.date() and clock.other_half is not None:
        when, other = _wall(day, clock.at, local), _wall(day, clock.other_half, local)
        if when is not None and other is not None and when < local <= other:
            return clock.other_half
    return clock.at


def _wall(day: date, at: time, local: datetime) -> datetime | None:
    """A wall-clock time in the speaker's zone; None when the clocks jump over it."""
    when = datetime.combine(day, at, local.tzinfo)
    back = when.astimezone(UTC).astimezone(local.tzinfo)
    return when if back.replace(tzinfo=None) == when.replace(tzinfo=None) else None


def _reading(due: date | datetime, local: datetime) -> DateReading:
    return DateReading(due, spoken(due, local))


def _reading_at(day: date, at: time, local: datetime) -> DateReading | DateQuestion:
    when = _wall(day, at, local)
    if when is None:
        return DateQuestion("The clocks change then and that time is skipped. Which time do you mean?")
    return _reading(when, local)


def _question(ask: Ask, clock: ClockTime | None, local: datetime) -> DateQuestion:
    """Ask with the candidates that lie ahead, the clock time put to each."""
    candidates: list[DateReading] = []
    for day in ask.days:
        due: date | datetime | None = day if clock is None else _wall(day, clock.at, local)
        ahead = due is not None and (due > local if isinstance(due, datetime) else due >= local.date())
        if due is not None and ahead:
            candidates.append(_reading(due, local))
    if not candidates:
        return DateQuestion(ask.why if ask.why.endswith("?") else f"{ask.why} Which day do you mean?")
    options = " or ".join(one.spoken for one in candidates)
    return DateQuestion(f"{ask.why} Do you mean {options}?", tuple(candidates))


def _written(text: str) -> Day | None:
    """A full written date in an order that our grammar lacks: day, month by name and year are all there."""
    if len(re.findall(r"\d+", text)) != 2 or not re.search(r"\b20\d\d\b", text):
        return None
    if len(re.findall("|".join(MONTHS), text)) != 1 or re.search("|".join(WEEKDAYS), text):
        return None
    day = _by_library(text, datetime.now(UTC), ["day", "month", "year"])
    return Day(day, said_past=True) if day is not None else None


def _suggest(text: str, clock: ClockTime | None, local: datetime) -> DateQuestion:
    """Words that the grammar does not know: the library's guess is offered, never taken."""
    guess = _by_library(text, local, ["day", "month"])
    if guess is None or not local.date() <= guess <= local.date() + timedelta(days=730):
        return DateQuestion(_NOT_CAUGHT)
    return _question(Ask("I am not sure about the date.", (guess,)), clock, local)


def _by_library(text: str, base: datetime, parts: list[str]) -> date | None:
    settings = {
        "PREFER_DATES_FROM": "future",
        "RELATIVE_BASE": base.replace(tzinfo=None),
        "STRICT_PARSING": True,
        "REQUIRE_PARTS": parts,
    }
    found: datetime | None = dateparser.parse(text, languages=["en"], settings=settings)
    return found.date() if found is not None else None
