"""Which of several things a caller's words mean: «the second one», «the lab report», «the one on the ninth»."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_WORD: Final = re.compile(r"[a-z0-9]+")
_ORDINALS: Final = {
    "first": 0,
    "second": 1,
    "third": 2,
    "fourth": 3,
    "fifth": 4,
    "last": -1,
    "top": 0,
    "bottom": -1,
}
_COMMON: Final = frozenset(
    [
        "a",
        "add",
        "an",
        "and",
        "about",
        "at",
        "can",
        "could",
        "deadline",
        "do",
        "due",
        "for",
        "from",
        "have",
        "i",
        "in",
        "is",
        "it",
        "item",
        "list",
        "me",
        "my",
        "need",
        "of",
        "on",
        "one",
        "please",
        "put",
        "reminder",
        "remind",
        "screen",
        "see",
        "shown",
        "that",
        "the",
        "there",
        "this",
        "those",
        "these",
        "task",
        "tasks",
        "thing",
        "to",
        "todo",
        "what",
        "with",
        "you",
        "your",
        "looking",
        "here",
        "everything",
        "create",
        "make",
        "new",
        "am",
        "im",
        "i'm",
        "whats",
        "note",
        "save",
        "point",
        "pointing",
        "date",
        "event",
        "entry",
    ]
)


def chosen(words: str, candidates: Sequence[tuple[str, str]]) -> int | None:
    """The place of the one candidate (title, date) that the words mean; None where they mean none, or several."""
    said = _WORD.findall(words.lower())
    for word in said:
        if word in _ORDINALS and -len(candidates) <= _ORDINALS[word] < len(candidates):
            return _ORDINALS[word] % len(candidates)
    telling = {word for word in said if word not in _COMMON}
    if not telling:
        return None
    scores = [len(telling & set(_WORD.findall(f"{title} {due}".lower()))) for title, due in candidates]
    best = max(scores, default=0)
    return scores.index(best) if best and scores.count(best) == 1 else None
