"""English words of dates and times, and the plain form that the grammar reads."""

import re
import unicodedata
from typing import Final

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS: Final = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]

_ABBREVIATIONS: Final = {
    **{name[:3]: name for name in (*WEEKDAYS, *MONTHS)},
    **{"tues": "tuesday", "weds": "wednesday", "thur": "thursday", "thurs": "thursday", "sept": "september"},
    **dict.fromkeys(("tmrw", "tmr", "tomorow", "tommorow", "tommorrow", "2morrow"), "tomorrow"),
    **{
        "tonite": "tonight",
        "midday": "noon",
        "mins": "minutes",
        "min": "minute",
        "hrs": "hours",
        "hr": "hour",
    },
}

_UNITS: Final = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS: Final = {
    name: 10 * number
    for number, name in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2
    )
}
_ORDINAL_UNITS: Final = [
    "zeroth",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
]
_ORDINAL_TENS: Final = {"twentieth": 20, "thirtieth": 30}

MONTH: Final = f"(?P<month>{'|'.join(MONTHS)})"
WEEKDAY: Final = f"(?P<weekday>{'|'.join(WEEKDAYS)})"
YEAR: Final = r"(?P<year>20\d\d|20 \d\d|2 thousand (?:and )?\d\d)"

_FILLERS: Final = re.compile(
    r"\b(?:please|sometime|some time|at some point|sharp|exactly|precisely|on the dot|approximately|roughly|ish|at the latest|the latest|at the very latest|1st thing(?: in the morning)?|"
    r"later(?= today| tonight| this | on )|(?:early|late|bright and early)(?: on)?(?= (?:today|tomorrow|tonight|on |"
    rf"{'|'.join(WEEKDAYS)})))\b"
)
# «by 5» is a time and keeps its word; «by the 5th» is a day and can do without.
_LEAD: Final = re.compile(
    r"^(?:due|(?:by|on|until|till|for|no later than|not later than)(?! \d{1,2}(?:\s|$)))\s+"
)


def plain(words: str) -> str:
    """Lower case, digits for number words, full names, no punctuation but `: / . -` between digits."""
    text = unicodedata.normalize("NFKC", words).casefold()
    text = text.replace("\u2019", "'").replace("o'clock", "oclock").replace("o clock", "oclock")
    text = re.sub(r"(?<![a-z])([ap])\.?\s?m\b\.?", r"\1m", text)
    text = re.sub(r"(?<=\d)([ap]m)\b", r" \1", text)
    text = re.sub(r"(\w)'s\b", r"\1s", text)
    text = re.sub(r"(?<=\d) ?([/-]) ?(?=\d)", r"\1", text)
    text = re.sub(r"(?<!\d)[.:/-]|[.:/-](?!\d)|[^\w\s.:/-]|_", " ", text)
    text = re.sub(r"\b(?:the midday|mid day)\b", "noon", text)
    text = re.sub(r"\bno(?:t)? later than (?=\d)", "by ", text)
    text = re.sub(r"\bto morrow\b", "tomorrow", text)
    text = " ".join(_numbers([_ABBREVIATIONS.get(word, word) for word in text.split()]))
    text = re.sub(r"\b(\d\d?) (?:oh|o|0) (\d)\b", r"\1 0\2", text)  # «twelve oh five»
    text = re.sub(r"\b(\d\d?) (?:sharp|on the dot|exactly|precisely)\b", r"\1 oclock", text)
    text = re.sub(r"\b(?:a )?couple (?:of )?(?=\w)", "2 ", text)
    return " ".join(_FILLERS.sub(" ", text).split())


def without_lead(text: str) -> str:
    """Strip «by», «due on» and the like from the front."""
    while True:
        shorter = _LEAD.sub("", text)
        if shorter == text:
            return text
        text = shorter


def month_number(name: str) -> int:
    """1 to 12."""
    return MONTHS.index(name) + 1


def year_number(said: str) -> int:
    """2026 from «2026», «20 26» (twenty twenty-six) or «2 thousand and 26»."""
    return 2000 + int(said[-2:])


def _numbers(words: list[str]) -> list[str]:
    """Put digits for number words: «twenty seventh» is 27th, «five thirty» stays 5 30."""
    out: list[str] = []
    tens: int | None = None
    for word in [*words, ""]:
        unit = _below_ten(word)
        if tens is not None:
            if unit is not None:
                out.append(f"{tens + unit[0]}{unit[1]}")
                tens = None
                continue
            out.append(str(tens))
            tens = None
        if word in _TENS:
            tens = _TENS[word]
        elif word in _UNITS:
            out.append(str(_UNITS.index(word)))
        elif word in _ORDINAL_UNITS:
            out.append(_with_suffix(_ORDINAL_UNITS.index(word)))
        elif word in _ORDINAL_TENS:
            out.append(_with_suffix(_ORDINAL_TENS[word]))
        elif word:
            out.append(word)
    return out


def _below_ten(word: str) -> tuple[int, str] | None:
    if word in _UNITS[1:10]:
        return _UNITS.index(word), ""
    if word in _ORDINAL_UNITS[1:10]:
        number = _ORDINAL_UNITS.index(word)
        return number, _with_suffix(number)[-2:]
    return None


def _with_suffix(number: int) -> str:
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number, 'th') }"
