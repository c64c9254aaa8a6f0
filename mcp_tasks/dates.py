"""From a caller's words to a date, by the caller's own clock; what is unclear becomes a question.

Our own grammar reads everyday words, because the libraries get them wrong in silence («next Friday», «the 31st»,
«tomorrow at 3»). dateparser reads full written dates, and otherwise only ever suggests.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mcp_tasks import corrections
from mcp_tasks.clock_words import BadClock, ClockTime, split_time
from mcp_tasks.date_guess import guess
from mcp_tasks.date_reading import Ask, DateQuestion, DateReading, Day, DayOutcome
from mcp_tasks.date_vocabulary import WEEKDAYS, plain, without_lead
from mcp_tasks.day_and_clock import NOT_CAUGHT, PASSED, asked, due_on, question, reading
from mcp_tasks.day_reading import read_day
from mcp_tasks.day_spans import Moment, counted_moment
from mcp_tasks.no_date import is_no_date
from mcp_tasks.recurrence_words import repeats
from mcp_tasks.repeating_due import read_repeating
from mcp_tasks.wall_clock import is_past, wall_time

MAX_PHRASE = 200
"""Longer words are no date."""

_ISO_READING = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?", re.IGNORECASE
)
_MIDNIGHT_OF = re.compile(r"(?:at )?midnight at the (?P<edge>start|beginning|end) of (?P<day>.+)")
_BARE_CLOCK = re.compile(r"\d{1,2}(?: [0-5]\d)?")
_END_OF_DAY = re.compile(r"\b(?:end of(?: the)? (?:business )?(?:day|business)|eod|close of business|cob)\b")
_HOUR_BEHIND = re.compile(r"(?P<day>.+?) (?P<hour>\d{1,2})(?: (?P<minute>[0-5]\d))?")
"""«Tomorrow 3»: most likely a time, and asked about."""
_TODAY = re.compile(r"(?:the )?(?:today|tonight|day)")
_THIS_TIME = re.compile(r"(?:at )?this time (?:on )?(?P<day>.+)")


def understand(
    words: str, *, now: datetime, zone: ZoneInfo, before: date | datetime | None = None
) -> DateReading | DateQuestion:
    """Read what somebody said about when, by their clock.

    `now` is any aware time, `zone` the speaker's. `before` is what was due until now, when they change it: «a day
    later» counts from it, a time alone keeps its day, and a day alone keeps its time. A reading is never in the past
    unless the words name a past day.
    """
    local = now.astimezone(zone)
    if len(words) > MAX_PHRASE:
        return DateQuestion(NOT_CAUGHT)
    if _ISO_READING.fullmatch(words.strip()):
        return read_iso(words.strip(), now=now, zone=zone)
    if isinstance(before, datetime):
        before = before.astimezone(zone)
    return _Phrase(local, before).read(without_lead(plain(words)))


def only_a_time(words: str) -> time | None:
    """The time of day, where the words say nothing else: the day is then today's, or the one that was due."""
    split = split_time(without_lead(plain(words)))
    return split.clock.at if not split.rest and isinstance(split.clock, ClockTime) else None


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
    return due_on(Day(naive.date()), clock, None, local)


class _Phrase:
    """Reads plain phrases as seen from one clock, with what was due before."""

    def __init__(self, local: datetime, before: date | datetime | None) -> None:
        self._local = local
        self._before = before

    def read(self, text: str) -> DateReading | DateQuestion:
        if is_no_date(text):
            return DateReading(None, "no date")
        opened = corrections.opened(text)
        text = without_lead(opened.text)
        if is_no_date(text):
            return DateReading(None, "no date")
        corrected = self._second_thought(text)
        if corrected is not None:
            return corrected
        repeating = read_repeating(text, self._local, self._before, read_day)
        if repeating is not None:
            return repeating
        changed = self._changed(text)
        if changed is not None:
            return changed
        if opened.corrects and self._before is not None and _BARE_CLOCK.fullmatch(text):
            text = f"at {text}"
        return self._single(text, keep_time=not opened.any_time)

    def _second_thought(self, text: str) -> DateReading | DateQuestion | None:
        """«Friday, no, Thursday»: the last word holds, and keeps what it leaves out."""
        both = corrections.second_thought(text)
        if both is not None:
            first = self.read(both[0])
            if repeats(both[0]) and not repeats(both[1]):
                return DateQuestion(
                    "What should come back, and when?"
                )  # not once, though only that was said again
            before = first.due if isinstance(first, DateReading) else self._before
            return _Phrase(self._local, before).read(f"no {both[1]}")
        ways = corrections.ruled_out(text)
        found = [right for wrong, right in ways if self._is_when(wrong) and self._is_when(right)]
        return self.read(f"no {found[0]}") if len(found) == 1 else None

    def _is_when(self, text: str) -> bool:
        if repeats(text):
            return True
        split = split_time(without_lead(text))
        if not split.rest:
            return split.clock is not None
        if _BARE_CLOCK.fullmatch(split.rest):
            return self._before is not None
        return read_day(without_lead(split.rest), self._local.date()) is not None

    def _changed(self, text: str) -> DateReading | DateQuestion | None:
        """«A day later», «same time on Friday», «the same day at 5»."""
        moved = corrections.shift(text)
        if moved is not None:
            return self._shifted(moved)
        if corrections.without_time(text) and self._before is not None:
            day_alone = self._before.date() if isinstance(self._before, datetime) else self._before
            return due_on(Day(day_alone), None, None, self._local)
        day = corrections.same_time(text)
        if day is not None:
            return self._at_the_same_time(day)
        rest = corrections.same_day(text)
        if rest is None:
            return None
        if self._before is None:
            return DateQuestion(NOT_CAUGHT)
        return self._single(rest, keep_time=True) if rest else self._kept(self._before)

    def _shifted(self, moved: corrections.Shift) -> DateReading | DateQuestion:
        if self._before is None:
            return DateQuestion("Counted from when? Which day do you mean?")
        bys = (-moved.by, moved.by) if moved.either_way else (moved.by,)
        dues = [corrections.shifted(self._before, by) for by in bys]
        if None in dues:
            return DateQuestion("It has no time yet. At what time?")
        outcomes = [self._kept(due) for due in dues if due is not None]
        if not moved.either_way:
            return outcomes[0]
        return asked(
            "That can be sooner or later.", [one for one in outcomes if isinstance(one, DateReading)]
        )

    def _kept(self, due: date | datetime) -> DateReading | DateQuestion:
        """A due that was counted, when it exists and lies ahead."""
        if not isinstance(due, datetime):
            return due_on(Day(due), None, None, self._local)
        when = wall_time(due.date(), due.time(), self._local)
        if when is None:
            return DateQuestion("The clocks change then and that time is skipped. Which time do you mean?")
        exact = due if due.fold else when
        if is_past(exact, self._local):
            return DateQuestion("That time has passed. Which day do you mean?")
        return reading(exact, self._local)

    def _at_the_same_time(self, day: str) -> DateReading | DateQuestion:
        if self._before is None:
            return DateQuestion("The same time as what? When exactly do you mean?")
        moved = corrections.shift(day)
        if moved is not None and isinstance(self._before, datetime):
            return self._shifted(moved)
        if day == "next week":
            day = f"{WEEKDAYS[self._before.weekday()]} next week"
        outcome = self._single(day, keep_time=True)
        if isinstance(self._before, datetime) or isinstance(outcome, DateQuestion):
            return outcome
        return asked("It has no time yet.", [outcome])

    def _single(self, text: str, *, keep_time: bool) -> DateReading | DateQuestion:
        """One day, one time or both."""
        local = self._local
        found = _THIS_TIME.fullmatch(text)
        if found:
            at = ClockTime(local.time().replace(second=0, microsecond=0))
            day = f"{WEEKDAYS[local.weekday()]} next week" if found["day"] == "next week" else found["day"]
            outcome = read_day(day, local.date())
            return due_on(outcome, at, None, local) if isinstance(outcome, Day) else DateQuestion(NOT_CAUGHT)
        moment = counted_moment(text, local.astimezone(UTC))
        if isinstance(moment, Moment):
            return reading(moment.at.astimezone(local.tzinfo), local)
        if isinstance(moment, Ask):
            return question(moment, None, local)
        midnight = _MIDNIGHT_OF.fullmatch(text)
        if midnight:
            return self._midnight_of(midnight["day"], ends=midnight["edge"] == "end")
        split = split_time(text)
        if isinstance(split.clock, BadClock):
            return DateQuestion(f"{split.clock.why} When exactly do you mean?")
        rest = re.sub(r"\s+(?:at|by|on)$", "", without_lead(f"{split.rest} ").strip())
        rest = "" if rest in ("due", "by", "on", "at") else rest
        if not rest:
            return (
                due_on(self._day_before(), split.clock, None, local)
                if split.clock
                else DateQuestion(NOT_CAUGHT)
            )
        day = read_day(rest, local.date())
        if day is None:
            return self._with_hour_behind(text, split.clock) or self._suggest(rest, split.clock)
        clock = split.clock
        if clock is None and split.part is None and keep_time and not _END_OF_DAY.search(text):
            clock = self._time_before(day)
        if isinstance(day, Ask):
            return question(day, clock, local)
        due = due_on(day, clock, split.part, local)
        has_passed = clock is not None and isinstance(due, DateQuestion) and day.on == local.date()
        if has_passed and not _TODAY.fullmatch(rest) and not _END_OF_DAY.search(text):
            return DateQuestion(PASSED)  # the day after the month's end is another month's beginning
        return due

    def _with_hour_behind(self, text: str, clock: ClockTime | None) -> DateQuestion | None:
        """Ask about a number behind a day, as the time that it may be: a yes to the day alone would lose it."""
        found = _HOUR_BEHIND.fullmatch(text) if clock is None else None
        if found is None:
            return None
        minute = f":{found['minute']}" if found["minute"] else ""
        outcome = self._single(f"{found['day']} at {found['hour']}{minute}", keep_time=False)
        if isinstance(outcome, DateReading):
            return asked("I am not sure about the time.", [outcome])
        return outcome if outcome.candidates else None

    def _midnight_of(self, text: str, *, ends: bool) -> DateReading | DateQuestion:
        """«Midnight at the start of Friday» is no longer two midnights."""
        day = read_day(without_lead(text), self._local.date())
        if not isinstance(day, Day):
            return DateQuestion("Midnight of which day do you mean?")
        return due_on(Day(day.on + timedelta(days=int(ends))), ClockTime(time(0)), None, self._local)

    def _day_before(self) -> Day:
        """«At 5» keeps the day that was due, unless that has passed; else it is today's."""
        today, before = self._local.date(), self._before
        day = before.date() if isinstance(before, datetime) else before
        return Day(max(day, today) if day is not None else today)

    def _time_before(self, day: DayOutcome) -> ClockTime | None:
        """«Friday» keeps the time that was due, unless it is no time to come on that day."""
        if not isinstance(self._before, datetime):
            return None
        at = self._before.time()
        if isinstance(day, Day):
            when = wall_time(day.on, at, self._local)
            if when is not None and is_past(when, self._local):
                return None
        return ClockTime(at)

    def _suggest(self, text: str, clock: ClockTime | None) -> DateQuestion:
        """Words that the grammar does not know: the library's guess is offered, never taken."""
        day = guess(text, self._local)
        if day is None:
            return DateQuestion(NOT_CAUGHT)
        return question(Ask("I am not sure about the date.", (day,)), clock, self._local)
