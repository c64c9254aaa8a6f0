"""Second thoughts: «no, Thursday», «Friday, sorry, Thursday», «a day later», «same time on Friday»."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from dateutil.relativedelta import relativedelta

from mcp_tasks.day_spans import calendar_span

_IT = r"(?: (?:it|that|this))?"
_OPENING = re.compile(
    r"(?:(?:oh|ah|um|uh|er|well|hmm|ok|okay|so|yeah|yes|please|and|then|but|no|nope|nah|sorry|wait|actually|rather|"
    r"better|instead|correction|scratch that|i mean|i meant|i said|not that|its due|its|it is due|it is|i think|"
    r"lets say|let us say|to|(?:can|could|would|will) (?:we|you)|keep the (?:time|date|day)(?: but)?|"
    r"(?:lets )?(?:make|do|set|call) (?:it|that|this)(?: due)?(?: to| for)?|do|"
    rf"(?:change|move|set|push|put|switch|reschedule|postpone|delay|shift|bring|pull){_IT}(?: due)?"
    r"(?: back| out| off| forward| up| ahead)?(?= (?:to|on|at|for|until|till) )(?: (?:to|for))?)(?:\s+|$))"
)
_CLOSING = re.compile(
    r"\s+(?P<word>instead|rather|please|then|actually|sorry|any time(?: of day)?|anytime|(?:all|the whole|whole) day|"
    r"at any time|without an? time)$"
)
_NOT_FREE = ("instead", "rather", "please", "then", "actually", "sorry")
_MEANT = r"(?:no|nope|sorry|i mean|i meant|wait|actually|or rather|rather|scratch that|correction|make it|make that)"
_SECOND = re.compile(rf"(?P<first>\S.*?) {_MEANT}(?: {_MEANT})* (?P<then>.+)")
_NOT = re.compile(r"(?:(?P<right>.+) )?\b(?:not|instead of|rather than) (?P<rest>.+)")
_NO_TIME = re.compile(r"(?:no|without an?|(?:remove|drop|clear|forget) the) (?:clock )?time")
_SPAN = (
    r"(?:by )?(?P<count>\d{1,3}|an?|half an?|another) (?P<unit>minute|hour|day|week|fortnight|month|year)s?"
    r"(?P<half> and a half)?(?: hours?)?"
)
_LATER = re.compile(
    rf"(?:(?:move|push|shift|make|do) (?:it|that|this) )?{_SPAN} "
    r"(?P<way>later|earlier|sooner|afterwards|after|before|from then|from that)(?: (?:that|then|it))?"
)
_VERB = re.compile(
    r"(?P<verb>(?:postpone|delay|defer|put|push|extend|bring|pull|move|shift)"
    r"(?: (?:it|that|this))?(?: (?:up|forward|ahead|back|out|off|in))?) "
    rf"{_SPAN}(?P<way> later| earlier)?"
)
_NEIGHBOUR = re.compile(
    r"(?:on )?(?:the )?(?:(?P<after>next|following) (?P<unit1>day)|(?P<following>following) (?P<unit2>week|month)|"
    r"(?P<unit3>day|week|month) (?P<side>after|before|later|earlier)|previous (?P<unit4>day))(?: (?:that|it))?"
)
_SAME_TIME = re.compile(
    r"(?:at )?(?:the )?same time(?: but)?(?: on)? (?P<day>.+)|(?P<day2>.+?)(?: but)?(?: at)? (?:the )?same time"
)
_SAME_DAY = re.compile(r"(?:on )?(?:the )?same (?:day|date)(?: but)?(?P<rest> .+)?")


@dataclass(frozen=True, slots=True)
class Opened:
    """A phrase without the words that only say that it is a second thought."""

    text: str
    corrects: bool
    """Some of those words were there."""
    any_time: bool
    """«Friday, any time»: a day alone is meant."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A change of what was due before."""

    by: relativedelta | timedelta
    """Days and longer on the calendar; a timedelta on the real clock."""
    either_way: bool = False
    """«Move it forward»: sooner for some, later for others."""


def opened(text: str) -> Opened:
    """Take «no», «I mean», «make it» and «instead» off."""
    free, bare = False, text
    while found := _CLOSING.search(bare):
        free = free or found["word"] not in _NOT_FREE
        bare = bare[: found.start()]
    while (found := _OPENING.match(bare)) and not bare.startswith(
        ("no date", "no deadline", "no due", "no rush")
    ):
        bare = bare[found.end() :]
    return Opened(bare.strip(), bare != text, free)


def second_thought(text: str) -> tuple[str, str] | None:
    """«Friday no Thursday» as both; the second one is meant."""
    found = _SECOND.fullmatch(text)
    return (found["first"], found["then"]) if found else None


def ruled_out(text: str) -> list[tuple[str, str]]:
    """The ways to part «not Friday Thursday» and «Thursday not Friday» into what is not meant and what is."""
    found = _NOT.fullmatch(text)
    if not found:
        return []
    if found["right"]:
        return [(found["rest"], found["right"])]
    words = found["rest"].removeprefix("on ").split()
    return [(" ".join(words[:at]), " ".join(words[at:]).removeprefix("but ")) for at in range(1, len(words))]


def shift(text: str) -> Shift | None:
    """«A day later», «push it back a week», «the day before»."""
    found = _NEIGHBOUR.fullmatch(text)
    if found:
        said = found.groupdict()
        unit = said["unit1"] or said["unit2"] or said["unit3"] or said["unit4"]
        back = said["unit4"] is not None or said["side"] in ("before", "earlier")
        return Shift(calendar_span(-1 if back else 1, unit))
    found = _LATER.fullmatch(text)
    if found:
        return _moved(found, -1 if found["way"] in ("earlier", "sooner", "before") else 1)
    found = _VERB.fullmatch(text)
    if not found:
        return None
    verb, way = found["verb"].split(), (found["way"] or "").strip()
    if way:
        return _moved(found, -1 if way == "earlier" else 1)
    if verb[0] in ("bring", "pull") or (verb[0] in ("move", "shift") and verb[-1] in ("up", "in")):
        return _moved(found, 1 if verb[-1] in ("back", "out") else -1)
    if verb[0] in ("move", "shift") or verb[-1] in ("forward", "ahead", "up"):
        return _moved(found, 1, either_way=True)
    return _moved(found, 1)


def same_time(text: str) -> str | None:
    """The day of «same time on Friday»."""
    found = _SAME_TIME.fullmatch(text)
    return (found["day"] or found["day2"]) if found else None


def same_day(text: str) -> str | None:
    """What is said beside «the same day»; empty when nothing is."""
    found = _SAME_DAY.fullmatch(text)
    return (found["rest"] or "").strip() if found else None


def shifted(due: date | datetime, by: relativedelta | timedelta) -> date | datetime | None:
    """The due moved: on the calendar, or on the real clock; None for hours without a time to count from."""
    if isinstance(by, relativedelta):
        moved: date = due + by
        return moved.replace(fold=0) if isinstance(moved, datetime) else moved
    if not isinstance(due, datetime):
        return None
    return (due.astimezone(UTC) + by).astimezone(due.tzinfo)


def without_time(text: str) -> bool:
    """«Drop the time»: the day stays."""
    return _NO_TIME.fullmatch(text) is not None


def _moved(found: re.Match[str], sign: int, *, either_way: bool = False) -> Shift | None:
    said = found["count"]
    count = 0.5 if said.startswith("half") else 1 if said in ("a", "an", "another") else int(said)
    if found["half"]:
        count += 0.5
    if found["unit"] in ("minute", "hour"):
        return Shift(sign * timedelta(minutes=count * (60 if found["unit"] == "hour" else 1)), either_way)
    return Shift(calendar_span(sign * int(count), found["unit"]), either_way) if count == int(count) else None
