"""Which task somebody's words mean: the same words first, then the same sound, then all the words in one title.

What is only alike is never taken for meant: it is a question. So is every tie.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import jellyfish

from mcp_tasks.asking import MOST_ASKED
from mcp_tasks.models import TaskRow
from mcp_tasks.spoken_form import SMALL, plain_form, same_words, sound, spoken_form, telling
from mcp_tasks.task import Match

SIMILAR: Final = 0.75
"""How alike, from 0 to 1, the telling words and a title have to be before they are worth a question."""
HALF: Final = 0.5
"""How alike they have to be where nothing else was found, before «none» is the answer."""
_AROUND = re.compile(
    r"^(?:(?:the|my|our|a|an|that|this)\s+)+|\s+(?:task|item|one|todo|to-do|entry)$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Meant:
    """What words mean among some tasks."""

    match: Match | None
    rows: list[TaskRow]
    """The best first: those that fit equally well, then the others."""
    equal: int
    """How many of them fit equally well; one is the task that is meant, unless the match is only similar."""


def title_keys(query: str) -> list[str]:
    """The keys of titles that a query names, with and without «the … task» around it."""
    return list(dict.fromkeys(key for words in _ways(query) if (key := spoken_form(words))))


def by_title(query: str, rows: Sequence[TaskRow]) -> Meant:
    """Among tasks whose titles sound like the query: those written like it win over those that only sound so."""
    for form, match in ((same_words, "exact"), (plain_form, "exact"), (spoken_form, "sound")):
        keys = {form(words) for words in _ways(query)}
        best = [row for row in rows if form(row.title) in keys]
        if best:
            others = [row for row in rows if row not in best]
            return Meant("sound" if match == "sound" else "exact", [*best, *others], len(best))
    return Meant(None, list(rows), 0)


def by_words(query: str, rows: Sequence[TaskRow]) -> Meant:
    """Among tasks that have the beginnings of all telling words: those with the whole words in the title come first.

    One alone is meant only so: «Anna» is not what «Ann» says.
    """
    asked = set(telling(query))
    whole = [row for row in rows if asked <= set(row.title_key.split())]
    if not whole or asked <= SMALL:
        return Meant("words" if rows else None, list(rows), 0)
    return Meant("words", [*whole, *(row for row in rows if row not in whole)], len(whole))


def by_likeness(query: str, rows: Sequence[TaskRow]) -> Meant:
    """Among tasks that sound somewhat like the query: the likest few, none of them meant."""
    scored = sorted(
        ((likeness(query, row.title_key), row.created_at, row) for row in rows),
        key=lambda one: (-one[0], one[1]),
    )
    near = [row for score, _, row in scored if score >= SIMILAR]
    return Meant("similar" if near else None, near, len(near))


def half_alike(ways: Sequence[Sequence[str]], rows: Sequence[TaskRow]) -> Meant:
    """The likest of tasks that have some words of one way to say it, to ask about; nothing where too many are alike."""
    scored = [(max(likeness(" ".join(words), row.title_key) for words in ways), row) for row in rows]
    best = max((score for score, _ in scored), default=0.0)
    likest = [row for score, row in scored if score == best >= HALF]
    return Meant("similar", likest, len(likest)) if 0 < len(likest) <= MOST_ASKED else Meant(None, [], 0)


def likeness(query: str, title_key: str) -> float:
    """How much of the telling words is in a title, in spoken form, or sounds so; from 0 to 1. Numbers are there or not."""
    there = title_key.split()
    asked = telling(query)
    if not asked or not there:
        return 0.0
    return sum(max(_alike(word, other) for other in there) for word in asked) / len(asked)


@lru_cache(maxsize=8192)
def _alike(one: str, other: str) -> float:
    if one == other:
        return 1.0
    if not (one.isalpha() and other.isalpha()) or min(len(one), len(other)) < 3:
        return 0.0
    if sound(one) == sound(other):
        return 0.95
    near = jellyfish.jaro_winkler_similarity(one, other)
    return near if near >= 0.85 else 0.0


def _ways(query: str) -> list[str]:
    return list(dict.fromkeys((query, _AROUND.sub("", query.strip()).strip())))
