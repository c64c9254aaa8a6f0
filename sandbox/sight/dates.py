"""Dates in written text: where they stand, how they would be said, and what they are about by the words around them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

Role = Literal["due", "event", "stamp"]
"""When something has to be done, when something takes place, or when something was written or changed."""

_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY: Final = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?"
_NUMBER: Final = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?"
_DATE: Final = "|".join(
    (
        rf"(?:{_DAY},?\s+)?{_MONTH}\s+{_NUMBER}(?!\d)(?:,?\s+20\d\d)?",
        rf"(?:{_DAY},?\s+)?{_NUMBER}\s+(?:of\s+)?{_MONTH}(?:,?\s+20\d\d)?",
        r"20\d\d-(?:0[1-9]|1[0-2])-(?:[12]\d|3[01]|0[1-9])",
        r"(?:3[01]|[12]\d|0?[1-9])[./](?:3[01]|[12]\d|0?[1-9])[./](?:20)?\d\d",
        rf"(?:next\s+|this\s+|on\s+)?{_DAY}(?!\w)",
        r"tomorrow|tonight|today|(?:the\s+)?end\s+of\s+(?:the\s+)?(?:week|month|year|day)|next\s+(?:week|month)",
    )
)
_CLOCK: Final = r"(?:[01]?\d|2[0-3])(?::[0-5]\d)?\s?[ap]\.?m\b\.?|(?:[01]?\d|2[0-3]):[0-5]\d(?!\d)|noon"
_WHEN: Final = re.compile(
    rf"\b(?P<date>{_DATE})(?:(?:,|\s+at|,\s*at|\s+by|\s+[-–—|·⋅•.*+])?\s+(?P<clock>{_CLOCK}))?(?!\w)",
    re.IGNORECASE,
)
_CLOCK_FIRST: Final = re.compile(rf"\b(?P<clock>{_CLOCK})\s+(?:on\s+)(?P<date>{_DATE})(?!\w)", re.IGNORECASE)
_DUE: Final = re.compile(
    r"\b(?:due(?:\s+(?:date|on|by|in))?|deadline(?:\s+is)?|by|before|until|till|no\s+later\s+than|not\s+later\s+than|latest"
    r"|closes?(?:\s+on)?|ends?(?:\s+on)?|expires?(?:\s+on)?|submit\s+by|respond\s+by|reply\s+by|rsvp|target(?:\s+date)?"
    r"|complete\s+by|pay(?:able)?\s+by|finish\s+by)\s*[:\-–]?\s*(?:the\s+)?$",
    re.IGNORECASE,
)
_STAMP: Final = re.compile(
    r"\b(?:created|updated|opened|closed|sent|received|modified|edited|posted|published|commented|joined|reported|resolved"
    r"|merged|last\s+\w+|since|date|ago|printed|issued|version|©|copyright)\b[^.!?]{0,30}$",
    re.IGNORECASE,
)
_DUE_LABEL: Final = re.compile(
    r"^(?:(?:payment\s+|pay\s+)?due(?:\s+(?:date|on|by))?|pay(?:able)?\s+by|deadline|target(?:\s+date)?|finish\s+by|complete\s+by|end(?:\s+date)?|expires|closes|when\s+due)\s*:?$",
    re.IGNORECASE,
)
_STAMP_LABEL: Final = re.compile(
    r"^(?:created|updated|opened|sent|received|modified|last\s+\w+|(?:(?:invoice|order|issue|letter|document|print)\s+)?date|posted|published|start(?:\s+date)?|reported|resolved)\s*:?$",
    re.IGNORECASE,
)
_CLOCK_ONLY_TODAY: Final = re.compile(r"^(?:today|yesterday)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class When:
    """A date in a text: its place there, the words for it, and its role where the text tells it."""

    start: int
    end: int
    words: str
    role: Role | None


def dates_in(text: str) -> list[When]:
    """All dates of a text, in order."""
    found: list[When] = []
    for match in sorted(
        [*_CLOCK_FIRST.finditer(text), *_WHEN.finditer(text)], key=lambda each: (each.start(), -each.end())
    ):
        if found and match.start() < found[-1].end:
            continue
        before = text[: match.start()]
        date, clock = " ".join(match["date"].split()), match["clock"]
        words = re.sub(r"^on\s+", "", date, flags=re.IGNORECASE)
        if clock:
            words = f"{words} at {clock.rstrip('.')}"
        role: Role | None = None
        if _DUE.search(before):
            role = "due"
        elif _STAMP.search(before) or (_CLOCK_ONLY_TODAY.match(date) and clock):
            role = "stamp"
        found.append(When(match.start(), match.end(), words, role))
    return found


def label_role(text: str) -> Role | None:
    """What a label says of the date beside or below it; None for words that are no such label."""
    if _DUE_LABEL.match(text.strip()):
        return "due"
    return "stamp" if _STAMP_LABEL.match(text.strip()) else None


def without_date(text: str, when: When) -> str:
    """The text without a date and without the words that lead to it."""
    before = _DUE.sub("", text[: when.start]).rstrip(" ,;:-–—|·(")
    before = re.sub(r"\s+(?:on|at|for)$", "", before, flags=re.IGNORECASE)
    after = text[when.end :].strip(" ,;:-–—|·).!?")
    return f"{before} {after}".strip() if after and len(after.split()) > 1 else before.strip()
