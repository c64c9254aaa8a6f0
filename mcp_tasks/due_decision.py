"""Which due a task gets: the server decides from the caller's words, the model's reading, the title and what was due."""

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from mcp_tasks.date_reading import DateQuestion, DateReading
from mcp_tasks.dates import only_a_time, understand
from mcp_tasks.day_and_clock import asked
from mcp_tasks.due import Due
from mcp_tasks.errors import Candidate, TaskError
from mcp_tasks.title_dates import days_named, place


def decide_due(
    words: str,
    own_reading: str,
    *,
    now: datetime,
    zone: ZoneInfo,
    title: str = "",
    before: date | datetime | None = None,
) -> DateReading | None:
    """Settle a task's due, or None when nothing was said about it.

    `words` are the caller's, `own_reading` is what the model makes of them (ISO); `title` is the one that comes with
    them, `before` what the task was due until now. Words that are understood win over the model's reading; where they
    are not, or say a time and it names another day, its reading is only offered. A reading without words is taken,
    unless the title names another day, or may be all that it was read from.

    Raises TaskError `bad_date` with a question and its candidates; nothing may be stored then.
    """
    if not words.strip() and not own_reading.strip():
        return None
    if not words.strip() and (doubt := _other_in_title(title, own_reading, now, zone)) is not None:
        raise _refusal(doubt)
    where = place(title, words, own_reading) if words.strip() and title else "beside"
    if where == "title":
        return None
    outcome = understand(words.strip() or own_reading, now=now, zone=zone, before=before)
    if where == "unclear":
        offered = (outcome,) if isinstance(outcome, DateReading) else outcome.candidates
        raise _refusal(_only_title(words.strip(), offered))
    if isinstance(outcome, DateReading):
        other = _on_another_day(outcome, words, own_reading, now, zone) if before is None else None
        if other is not None:
            raise _refusal(asked("I am not sure about the day.", [outcome, other]))
        return outcome
    if not outcome.candidates and words.strip() and own_reading.strip():
        outcome = _with_own(outcome, own_reading, now, zone)
    raise _refusal(outcome)


def _other_in_title(title: str, own_reading: str, now: datetime, zone: ZoneInfo) -> DateQuestion | None:
    """What to ask where a model passes its reading without the words, and the title has words about a day."""
    named = days_named(title)
    own = understand(own_reading, now=now, zone=zone) if named else None
    if not isinstance(own, DateReading) or own.due is None:
        return None
    doubt: DateQuestion | None = None
    for words in named:
        at = f" at {own.due:%H:%M}" if isinstance(own.due, datetime) else ""
        outcome = understand(words + at, now=now, zone=zone)
        due = outcome.due if isinstance(outcome, DateReading) else None
        agrees = due is not None and _day(due) == _day(own.due)
        where = place(title, words, own_reading)
        if where == "unclear" and agrees:
            doubt = _only_title(words, (own,))
        if where != "beside":
            continue
        if agrees:
            return None
        if isinstance(outcome, DateReading):
            doubt = asked("I am not sure about the day.", [outcome, own])
        elif outcome.candidates:
            doubt = outcome
    return doubt


def _only_title(words: str, offered: tuple[DateReading, ...]) -> DateQuestion:
    return DateQuestion(f"Is it due «{words}», or is that only part of the title?", offered)


def _on_another_day(
    outcome: DateReading, words: str, own_reading: str, now: datetime, zone: ZoneInfo
) -> DateReading | None:
    """The model's reading of «at nine», where it heard a day with it: the words alone would mean today."""
    at = only_a_time(words)
    if at is None or not own_reading.strip():
        return None
    own = understand(own_reading, now=now, zone=zone)
    if isinstance(own, DateReading) and own.due is not None and not isinstance(own.due, datetime):
        own = understand(f"{own.due.isoformat()}T{at:%H:%M}", now=now, zone=zone)
    if not isinstance(own, DateReading) or own.due is None or outcome.due is None:
        return None
    return own if _day(own.due) != _day(outcome.due) else None


def _day(due: date | datetime) -> date:
    return due.date() if isinstance(due, datetime) else due


def _with_own(outcome: DateQuestion, own_reading: str, now: datetime, zone: ZoneInfo) -> DateQuestion:
    """The model's reading as the candidate of a question that has none."""
    own = understand(own_reading, now=now, zone=zone)
    if not isinstance(own, DateReading) or own.due is None:
        return outcome
    why = re.sub(r"[^.?!]*\?$", "", outcome.question).strip()
    return asked(why or "I am not sure about the date.", [own])


def _refusal(outcome: DateQuestion) -> TaskError:
    candidates = tuple(
        Candidate(Due(one.due).text, one.spoken) for one in outcome.candidates if one.due is not None
    )
    return TaskError("bad_date", outcome.question, candidates)
