"""Clock times in words: found, taken out, and told apart into morning and afternoon."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from typing import Final

from mcp_tasks.date_vocabulary import MONTHS, WEEKDAYS


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A time of day."""

    at: time
    other_half: time | None = None
    """The same time twelve hours off, when the words did not say which half of the day."""
    midnight: bool = False
    """Said as midnight or 12 am: it belongs to two days in people's ears."""


@dataclass(frozen=True, slots=True)
class BadClock:
    """Words that are meant as a time and are none, or not one."""

    why: str


@dataclass(frozen=True, slots=True)
class Split:
    """A phrase taken apart."""

    rest: str
    """What is left for the day; empty when only a time was said."""
    clock: ClockTime | BadClock | None
    part: str | None
    """morning, afternoon, evening or night."""


_PREPOSITION = r"(?:(?:at|by|before|until|till|around|about|for) )?"
_MUST_PREPOSITION = r"\b(?:at|by|before|until|till|around|about) (?!20[2-9]\d\b)"
_HALF = r"(?: (?P<half>am|pm))?"
_NOT_A_DATE = (
    rf"(?! ?(?:of |st\b|nd\b|rd\b|th\b|{'|'.join(MONTHS)}|minute|hour|day|week|month|year)|[:/.-]\d|\d)"
)
_PART = re.compile(r"(?:(?P<this>this)|in the|at|during the)? ?\b(?P<part>morning|afternoon|evening|night)\b")

_DAYS = rf"today|tomorrow|tonight|this|in the|{'|'.join(WEEKDAYS)}"
_FRACTIONS: Final[tuple[re.Pattern[str], ...]] = (
    re.compile(
        rf"{_PREPOSITION}\b(?:a )?(?P<fraction>half|quarter|\d\d?)(?: minutes)? (?P<side>past|after|to|before) "
        r"(?P<word>noon|midnight)\b"
    ),
    re.compile(
        rf"{_PREPOSITION}\b(?:a )?(?P<fraction>half|quarter|\d\d? minutes|5|10|20|25) (?P<side>past|after) "
        rf"(?P<hour>\d\d?)(?: oclock)?{_HALF}\b"
    ),
    re.compile(
        # «ten to five» may be a range: only what can be none is read.
        rf"{_PREPOSITION}\b(?:a )?(?P<fraction>quarter|\d\d? minutes|20|25) (?P<side>to|before) "
        rf"(?P<hour>\d\d?)(?: oclock)?{_HALF}\b"
    ),
)
_FORMS: Final[tuple[re.Pattern[str], ...]] = (
    re.compile(rf"{_PREPOSITION}\b(?:12 )?(?P<word>noon|midnight)\b"),
    re.compile(rf"{_PREPOSITION}\b(?P<hour>\d\d?):(?P<minute>\d\d)(?::00)?{_HALF}\b(?![:.]\d)"),
    re.compile(rf"{_PREPOSITION}\b(?P<hour>\d\d?)[. ](?P<minute>\d\d) (?P<half>am|pm)\b"),
    re.compile(rf"{_PREPOSITION}\b(?P<hour>\d\d?)(?P<minute>\d\d)? (?P<half>am|pm)\b"),
    re.compile(rf"\b(?P<hour>\d\d?) (?P<minute>[0-5]\d)(?= (?:on|{_DAYS})\b)"),
    re.compile(r"^(?P<hour>1[0-2]|\d) (?P<minute>[0-5]\d)$"),
    re.compile(r"^(?P<hour>1[0-2]|\d)(?= (?:today|tomorrow|tonight|this (?:morning|afternoon|evening))\b)"),
    re.compile(rf"{_MUST_PREPOSITION}(?P<hour>\d\d?)[. ]?(?P<minute>\d\d){_NOT_A_DATE}"),
    re.compile(rf"{_PREPOSITION}\b(?P<hour>\d\d?) oclock{_HALF}\b"),
    re.compile(rf"{_MUST_PREPOSITION}(?P<hour>\d\d?)\b{_NOT_A_DATE}"),
)
_HOUR_OF_PART = re.compile(
    r"\b(?P<hour>\d\d?)(?:[: ](?P<minute>\d\d))? (?=(?:in the|at) (?:morning|afternoon|evening|night)\b)"
)
_HALF_HOUR = re.compile(r"\bhalf \d\d?\b")
"""«Half five» is half past four to a German and half past five to a Briton."""
_RANGE = re.compile(
    r"\bbetween\b|\bfrom \d+\b.*\bto\b|\d(?: ?[ap]m)? ?(?:-|to|until|till) ?\d\d?(?::\d\d)?(?: [ap]m\b| oclock|$)"
)


def split_time(text: str) -> Split:
    """Take the clock time and the part of the day out of a plain phrase."""
    part_found = _PART.search(text)
    part = part_found["part"] if part_found else ("night" if re.search(r"\btonight\b", text) else None)
    if _RANGE.search(text) and not re.search(r"\b(?:quarter|minutes|20|25) to\b|\d{4}-\d", text):
        return Split(text, BadClock("That sounds like a span of time."), part)
    if len({found["part"] for found in _PART.finditer(text)}) > 1:
        return Split(text, BadClock("That names two parts of a day."), part)
    if _HALF_HOUR.search(text):
        return Split(text, BadClock("That can be half an hour before or after."), part)
    clock: ClockTime | BadClock | None = None
    for form in (*_FRACTIONS, *([_HOUR_OF_PART] if part_found else []), *_FORMS):
        found = form.search(text)
        if found:
            clock = _read(found, part)
            text = f"{text[: found.start()]} {text[found.end() :]}"
            break
    this = part_found is not None and part_found["this"] is not None
    rest = " ".join(_PART.sub(" ", text, count=1).split())
    if this and rest not in ("", "today"):
        rest = " ".join(text.split())  # «tomorrow this evening» contradicts itself
    return Split("today" if this and not rest else rest, clock, part)


def _read(found: re.Match[str], part: str | None) -> ClockTime | BadClock:
    said = found.groupdict()
    if said.get("word"):
        return _beside_twelve(said["word"], said.get("fraction"), said.get("side"))
    hour, minute = int(said["hour"]), int(said.get("minute") or 0)
    fraction = said.get("fraction")
    leading_zero = len(said["hour"]) == 2 and said["hour"].startswith("0")
    if fraction:
        minutes = _minutes(fraction)
        before = said["side"] in ("to", "before")
        if not 1 <= hour <= 12 or not 1 <= minutes <= 59:
            return BadClock("That is not a time of day.")
        if before:
            hour = 12 if hour == 1 else hour - 1
        minute = 60 - minutes if before else minutes
    if hour > 23 or minute > 59:
        return BadClock("That is not a time of day.")
    return _in_half(hour, minute, said.get("half"), part, leading_zero=leading_zero)


def _beside_twelve(word: str, fraction: str | None, side: str | None) -> ClockTime | BadClock:
    """Noon, midnight, and so many minutes past or to them."""
    minutes = _minutes(fraction) if fraction else 0
    if minutes > 59:
        return BadClock("That is not a time of day.")
    hour = 12 if word == "noon" else 0
    if side not in ("to", "before"):
        return ClockTime(time(hour, minutes), midnight=word == "midnight")
    return (
        ClockTime(time((hour or 24) - 1, 60 - minutes)) if minutes else BadClock("That is not a time of day.")
    )


def _minutes(fraction: str) -> int:
    return {"half": 30, "quarter": 15}.get(fraction) or int(fraction.split(maxsplit=1)[0])


def _in_half(
    hour: int, minute: int, half: str | None, part: str | None, *, leading_zero: bool
) -> ClockTime | BadClock:
    if half == "am":
        if not 1 <= hour <= 12:
            return BadClock("That is not a time of day.")
        return ClockTime(time(hour % 12, minute), midnight=(hour, minute) == (12, 0))
    if half == "pm":
        if hour == 0:
            return BadClock("That is not a time of day.")
        return ClockTime(time(hour if hour > 12 else hour % 12 + 12, minute))
    if hour == 0 or hour > 12 or leading_zero:
        return ClockTime(time(hour, minute), midnight=(hour, minute) == (0, 0))
    if part is not None:
        return _PARTS[part](hour, minute)
    morning, afternoon = time(hour % 12, minute), time(hour % 12 + 12, minute)
    # Nobody plans for 3 at night: 12 and 1 to 7 are afternoon, 8 to 11 morning. It is read back.
    if hour == 12 or hour <= 7:
        return ClockTime(afternoon, other_half=morning)
    return ClockTime(morning, other_half=afternoon)


def _in_morning(hour: int, minute: int) -> ClockTime | BadClock:
    return BadClock("Twelve in the morning is unclear.") if hour == 12 else ClockTime(time(hour, minute))


def _in_afternoon(hour: int, minute: int) -> ClockTime | BadClock:
    return ClockTime(time(hour % 12 + 12, minute))


def _in_evening(hour: int, minute: int) -> ClockTime | BadClock:
    """Twelve in the evening is midnight, not noon."""
    return ClockTime(time(0, minute), midnight=True) if hour == 12 else ClockTime(time(hour + 12, minute))


def _at_night(hour: int, minute: int) -> ClockTime | BadClock:
    if hour == 12:
        return ClockTime(time(0, minute), midnight=True)
    if hour < 5:
        return BadClock("The night belongs to two days.")
    return ClockTime(time(hour + 12, minute))


_PARTS: Final[dict[str, Callable[[int, int], ClockTime | BadClock]]] = {
    "morning": _in_morning,
    "afternoon": _in_afternoon,
    "evening": _in_evening,
    "night": _at_night,
}
