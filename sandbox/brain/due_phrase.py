"""Where a sentence says when: cutting «by Friday» from «review the proposal by Friday».

Nothing is worked out here. The words go to the task server as they were said; it knows the clock.
"""

import re
from dataclasses import dataclass

_WEEKDAY = r"(?:mon|tues?|wednes|thurs?|fri|satur|sun)days?"
_MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.?"
)
_UNIT = r"(?:minutes?|mins?|hours?|days?|weeks?|months?|years?|fortnights?)"
_ONES = r"(?:one|two|three|four|five|six|seven|eight|nine)"
_NUMBER = (
    rf"(?:\d{{1,4}}|{_ONES}|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
    rf"|(?:twenty|thirty|forty|fifty)(?:[ -]{_ONES})?)"
)
_ORDINAL = (
    r"(?:\d{1,2} ?(?:st|nd|rd|th)|(?:twenty|thirty)[ -](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)"
    r"|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth"
    r"|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth)"
)
_DAYPART = r"(?:morning|afternoon|evening|night|lunch ?time|noon|midnight)"
_HALF = r"(?:a\.?m\b\.?|p\.?m\b\.?|in the (?:morning|afternoon|evening)|at night|o'?clock(?: (?:sharp|in the \w+))?)"
_CLOCK = (
    rf"(?:(?:half|quarter|{_NUMBER}(?: minutes)?) (?:past|to|after|before) {_NUMBER}(?: {_HALF})?"
    rf"|\d{{1,2}}[:.]\d{{2}}(?: ?{_HALF})?"
    rf"|{_NUMBER}(?: (?:{_NUMBER}|oh {_ONES}))? ?{_HALF}"
    r"|noon|midnight|midday|lunch ?time)"
)
# After «at» a bare number is an hour: «at 5», «at five thirty», «at 5 30».
_AT = rf"(?:at|around|about|by|before|until|till|from) (?:{_CLOCK}|{_NUMBER}(?: {_NUMBER})?)"

_ABSOLUTE = (
    rf"(?:(?:the )?{_ORDINAL} (?:of )?{_MONTH}|{_MONTH} (?:the )?(?:{_ORDINAL}|\d{{1,2}})|\d{{1,2}} (?:of )?{_MONTH})"
    r"(?:,? (?:of )?(?:20\d\d|next year|this year))?"
    r"|\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}(?:/\d{2,4})?"
)
_SPAN = rf"(?:an?|{_NUMBER}|a couple of|a few|half an?)(?: and a half)? {_UNIT}"
_DAY = (
    rf"(?:the )?day after tomorrow"
    rf"|(?:today|tomorrow|tonight|to-?morrow)(?: (?:in the )?{_DAYPART})?"
    rf"|(?:later )?(?:this|tomorrow) {_DAYPART}|later (?:today|this week|tonight)"
    rf"|(?:a|{_NUMBER}) weeks? from (?:today|tomorrow|now|{_WEEKDAY})"
    rf"|(?:the )?(?:{_ORDINAL}|last) {_WEEKDAY} (?:of|in) (?:next month|this month|the month|{_MONTH})"
    rf"|{_WEEKDAY},? (?:the {_ORDINAL}(?: of {_MONTH})?|{_ABSOLUTE})"
    rf"|(?:on )?(?:this coming|the coming|the following|coming|next|this|the) {_WEEKDAY}(?: {_DAYPART})?"
    rf"|{_WEEKDAY} (?:next week|in {_NUMBER} weeks)"
    rf"|{_WEEKDAY}(?: {_DAYPART})?"
    rf"|(?:this|next|the|the coming|the following) (?:weekend|week|month|year)"
    rf"|(?:the )?(?:end|beginning|start|middle) of (?:the |this |next )?(?:day|week|month|year|{_MONTH})"
    rf"|{_ABSOLUTE}"
)
_IN = rf"(?:in|within|after) {_SPAN}(?: (?:from now|time))?|{_SPAN} from now"
_EVERY_UNIT = (
    rf"(?:days?|weeks?|months?|years?|fortnights?|quarters?|mornings?|afternoons?|evenings?|nights?|(?:week|working |work)days?|weekends?"
    rf"|{_WEEKDAY}(?:(?:,? and |, ){_WEEKDAY})*(?: (?:{_DAYPART}))?|(?:{_MONTH} )?{_ORDINAL}(?: of the month)?)"
)
_REPETITION = (
    rf"(?:(?:on )?(?:the )?(?:{_ORDINAL}|last)(?: {_WEEKDAY}| day)? of (?:every|each) (?:{_NUMBER} )?(?:months?|years?|quarters?)"
    rf"|(?:once )?(?:every|each)(?: (?:single|other|alternate|{_NUMBER}|{_ORDINAL}))? {_EVERY_UNIT}"
    rf"|(?:daily|weekly|fortnightly|monthly|quarterly|yearly|annually|once an? (?:day|week|month|year))"
    rf"|on (?:weekdays|weekends|(?:mon|tues|wednes|thurs|fri|satur|sun)days))"
    rf"(?:,? on (?:the )?(?:{_WEEKDAY}s?|{_ORDINAL}))?"
)
_THE_NTH = rf"the {_ORDINAL}(?: of (?:the month|next month|this month))?"
_NO_DATE = r"(?:no|without (?:a|any)) (?:due )?(?:date|deadline)"

_LEAD = r"(?:(?:and )?(?:it's |it is |is |to be )?due(?: date)?(?: is)? |(?:with )?(?:the |a )?(?:deadline|due date)(?: of)? )?(?:no later than |by |on |for |before |until |till |due )?"
_FIRM_LEAD = r"(?:by|on|for|before|until|till|due|no later than|deadline|in|within|at)\b"

# A phrase is a day with or without a time, a time with or without a day, or a span.
_PHRASE = (
    rf"(?:{_LEAD}(?:{_DAY}|{_THE_NTH})(?:,? (?:{_AT}|{_CLOCK}))?"
    rf"|{_LEAD}{_CLOCK}(?:,? (?:on |for )?(?:{_DAY}|{_THE_NTH}))?"
    rf"|{_AT}(?:,? (?:on |for )?(?:{_DAY}|{_THE_NTH}))?"
    rf"|(?:due )?(?:{_IN})(?:,? {_AT})?"
    rf"|{_REPETITION}(?:,? (?:{_AT}|{_CLOCK}))?(?:,? (?:starting|beginning|until|till|from) (?:on )?(?:{_DAY}|{_THE_NTH}))?"
    rf"|(?:do not|don't|stop) repeat(?:ing)?(?: it)?"
    rf"|{_LEAD}{_NO_DATE})"
)
_WHOLE = re.compile(rf"(?:{_PHRASE})", re.IGNORECASE)
_LAST = re.compile(rf"(?:^|(?<=[\s,;:–-]))(?:{_PHRASE})$", re.IGNORECASE)
_FIRST = re.compile(rf"^(?:{_PHRASE})(?=$|[\s,;:])", re.IGNORECASE)
_TIME = re.compile(rf"(?:{_AT}|{_CLOCK})", re.IGNORECASE)
_BARE_HOUR = re.compile(rf"{_NUMBER}(?: {_NUMBER})?|{_ORDINAL}", re.IGNORECASE)

# What a repetition that is not known here begins with: it stays in the title as it was said, whole.
_REPEATS = re.compile(r"\b(?:every|each|daily|weekly|monthly|yearly|once a)\b", re.IGNORECASE)

# Without «by», «on» or the like, a date right after these words is what the task is about: a film, a holiday.
_ABOUT = re.compile(
    r"^(?:to )?(?:watch|see|read|play|stream|record|listen to|download|rent|remember|celebrate|plan)$"
    r"|(?:^|\s)(?:of|about|called|named|titled|the|a|an|vs|than|from|black|good|cyber|super|ash|easter|palm"
    r"|giving|taco|casual|bloody|ruby|christmas)$",
    re.IGNORECASE,
)
# «Friday the 13th» is a film after «watch» even with a full date; with «on» or «by» before it, it is a date.
_EDGE = " \t,;:–-.!?"


@dataclass(frozen=True, slots=True)
class Cut:
    """A text and the words about when that were cut from it, verbatim; `due` is None when there were none."""

    text: str
    due: str | None


def is_due(text: str) -> bool:
    """Whether a text says a date or a time and nothing else."""
    return bool(_WHOLE.fullmatch(text.strip(_EDGE)))


def could_be_due(text: str) -> bool:
    """Whether it could answer «when?»: a date, a time, or a bare number as an hour or a day."""
    words = text.strip(_EDGE)
    return is_due(words) or bool(_BARE_HOUR.fullmatch(words))


def only_a_time(text: str) -> str | None:
    """A time without a day as it is said behind a day: «at eight» for «eight»; None for anything else."""
    words = text.strip(_EDGE)
    if _BARE_HOUR.fullmatch(words):
        return f"at {words}"
    return words if _TIME.fullmatch(words) else None


def cut_last(text: str) -> Cut:
    """Cut the date from the end of a title, when it is one and leaves a title."""
    text = text.strip(_EDGE.replace("-", ""))
    found = _LAST.search(text)
    if not found:
        return Cut(text, None)
    rest = text[: found.start()].rstrip(_EDGE)
    due = _with_its_point(text[found.start() :].strip(_EDGE))
    if not rest or _REPEATS.search(" ".join(rest.split()[-2:])):
        return Cut(text, None)
    firm = re.match(_FIRM_LEAD, due, re.IGNORECASE)
    if not firm and _ABOUT.search(rest):
        return Cut(text, None)
    return Cut(rest, due)


def _with_its_point(due: str) -> str:
    return f"{due}." if re.search(r"\b[ap]\.m$", due, re.IGNORECASE) else due


def cut_first(text: str) -> Cut:
    """Cut the date from the start of a sentence: «tomorrow at 5, remind me to call»."""
    match = _FIRST.match(text)
    if not match:
        return Cut(text, None)
    found = match.group()
    rest = text[len(found) :].lstrip(_EDGE)
    return Cut(rest, _with_its_point(found.strip(_EDGE))) if rest else Cut(text, None)


def without_lead(due: str) -> str:
    """The date without «by», «on», «for» or «due» before it, to compare or to say it."""
    return re.sub(rf"^(?:{_LEAD})", "", due, flags=re.IGNORECASE).strip()
