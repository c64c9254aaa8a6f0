"""Whether words sound as if more should come: English, from a table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from tiers.spelled import Progress, progress_of

_WORD: Final = re.compile(r"[a-z0-9'\-]+")
_TRAILING: Final = re.compile(r"(?:,|…|\.\.\.|-|–|—|:)\s*$")
_SPELLED: Final = 3
"""So many letters may be a whole name; fewer are not. A figure may be an hour or a day, and be all."""


class Ending(StrEnum):
    """How words end."""

    OPEN = "open"
    """More should come."""
    SPELLED = "spelled"
    """Letters or figures one by one, and what was said does not tell whether it is all of them."""
    WHOLE = "whole"


@dataclass(frozen=True)
class _Table:
    last_words: frozenset[str]
    beginnings: tuple[re.Pattern[str], ...]
    whole: tuple[re.Pattern[str], ...]


@cache
def _table() -> _Table:
    raw: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return _Table(
        frozenset(raw["last_words"].split()),
        tuple(re.compile(each) for each in raw["beginnings"]),
        tuple(re.compile(each) for each in raw["whole"]),
    )


def ending_of(text: str) -> Ending:
    """How the words so far end. A full stop says nothing: an ear puts one at every pause."""
    words = _WORD.findall(text.casefold())
    if not words:
        return Ending.OPEN
    table, plain = _table(), " ".join(words)
    if any(each.fullmatch(plain) for each in table.whole):
        return Ending.WHOLE
    progress = progress_of(text)
    if progress is Progress.WHOLE and not _TRAILING.search(text):
        return Ending.WHOLE
    if spelled := _spelled_at_the_end(words):
        enough = len(spelled) >= _SPELLED or any(word.isdigit() for word in spelled)
        may_be_all = enough and progress is not Progress.PART
        return Ending.SPELLED if may_be_all and not _TRAILING.search(text) else Ending.OPEN
    opened = _TRAILING.search(text) or (len(words) > 1 and words[-1] in table.last_words)
    if opened or any(each.fullmatch(plain) for each in table.beginnings):
        return Ending.OPEN
    return Ending.WHOLE


def _spelled_at_the_end(words: list[str]) -> list[str]:
    found: list[str] = []
    for word in reversed(words):
        if len(word) > 1 and not word.isdigit():
            break
        if word in ("a", "i") and not found:  # an article, a person, rather than a letter
            return []
        found.append(word)
    return found
