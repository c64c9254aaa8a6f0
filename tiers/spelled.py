"""How far somebody has come who spells: the words that were said before tell what the letters are to become."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

FEWEST: Final = 3
"""So many letters say what word they are; «I T» may be anything."""
_TOGETHER: Final = 3
"""So many words may be spelled as one: «New York»."""
_TIMES: Final = {"double": 2, "triple": 3}
_WORD: Final = re.compile(r"[^\W_]+")
_END: Final = r"[\s.?!]*$"


class Progress(StrEnum):
    """How much of it was spelled."""

    PART = "part"
    """The letters begin a word that was said: the others come."""
    WHOLE = "whole"
    """They are a word that was said; or what looks spelled is a time, or a date."""
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class _Table:
    whole: re.Pattern[str]
    unless: re.Pattern[str]


@cache
def _table() -> _Table:
    raw: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return _Table(re.compile(f"(?:{'|'.join(raw['whole'])}){_END}"), re.compile(raw["unless"]))


def progress_of(text: str, *, before: str = "") -> Progress:
    """How far the spelling has come that `text` ends in. `before`: what the caller said in earlier turns."""
    table, plain = _table(), _plain(text)
    if table.whole.search(plain) and not table.unless.search(plain):
        return Progress.WHOLE
    words = _WORD.findall(_plain(text, keep_case=True))
    letters = _taken_off_the_end(words)
    said = [*_WORD.findall(_plain(before)), *(word.casefold() for word in words)]
    names = {*said, *_names_before(words)}
    found = {_compare(spelled, names) for spelled in _readings(letters)}
    return next((each for each in (Progress.WHOLE, Progress.PART) if each in found), Progress.UNKNOWN)


def _compare(spelled: str, names: set[str]) -> Progress:
    whole = spelled in names
    part = any(each.startswith(spelled) and each != spelled for each in names)
    if whole == part:  # «Ann or Anne, A N N», «New York, N E W»: it may be the one or the other
        return Progress.UNKNOWN
    return Progress.WHOLE if whole else Progress.PART


def _names_before(words: list[str]) -> Iterator[str]:
    """Names of several words, which an ear writes with capitals; they stand just before their letters."""
    for count in range(2, _TOGETHER + 1):
        if len(words) >= count and all(word[0].isupper() for word in words[-count:]):
            yield "".join(words[-count:]).casefold()


def _taken_off_the_end(words: list[str]) -> str:
    letters = ""
    while words and len(words[-1]) == 1 and words[-1].isalpha():
        letter = words.pop().casefold()
        times = _TIMES.get(words[-1].casefold(), 1) if words else 1
        letters = letter * times + letters
        if times > 1:
            words.pop()
    return letters


def _readings(letters: str) -> Iterator[str]:
    """The letters as a word, and without an article before them: «it is a B A K E R»."""
    if len(letters) >= FEWEST:
        yield letters
    if len(letters) > FEWEST and letters[0] in "ai":
        yield letters[1:]


def _plain(text: str, *, keep_case: bool = False) -> str:
    """Without marks above letters and within words, in small letters."""
    apart = unicodedata.normalize("NFKD", text if keep_case else text.casefold())
    return "".join(each for each in apart if not unicodedata.combining(each) and each not in "'’")
