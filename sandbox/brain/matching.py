"""Which task a caller means, and how sure that is.

First the same words, then the same sound, then all the caller's words in one title, then words that sound alike.
A tie or a weak likeness is never a match: it is a question.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import jellyfish

from sandbox.brain.inflection import forms
from sandbox.brain.naming import reduced_target, without_article
from sandbox.brain.spoken_form import plain_form, sound_of, spoken_form
from sandbox.brain.transcript import Task

# How alike each word has to sound, the lead over the next title, and the share that is worth a question.
_SURE = 0.9
_MARGIN = 0.2
_MAYBE = 0.6

_SMALL = frozenset(
    [
        "the",
        "a",
        "an",
        "my",
        "our",
        "your",
        "to",
        "for",
        "of",
        "on",
        "in",
        "at",
        "and",
        "with",
        "about",
        "from",
        "by",
        "up",
        "some",
        "that",
        "this",
        "is",
        "it",
        "me",
        "i",
        "one",
        "task",
        "item",
    ]
)
_SMALL_WEIGHT = 0.15
# Words that an ear mixes up although they are no homophones (LOCAL.md, «Typical slips»).
_ENDING = re.compile(r"(?:ing|ed|s)$")
_CONFUSED = [
    {"gym", "gin", "jim", "gene"},
    {"task", "test"},
    {"mum", "mom", "mam"},
    {"ann", "and", "an", "anne", "in"},
    {"van", "fan"},
]


@dataclass(frozen=True, slots=True)
class Match:
    """`task` when it is clear which is meant; else `candidates` to ask about: several, or one that is only likely."""

    task: Task | None = None
    candidates: tuple[Task, ...] = ()


def find(target: str, tasks: Sequence[Task]) -> Match:
    """The task that `target` means among `tasks`."""
    for words in dict.fromkeys((target, without_article(target), reduced_target(target))):
        for form in (_same_words, plain_form, spoken_form):
            key = form(words)
            same = [task for task in tasks if key and form(task.title) == key]
            if same:
                return _only(same)
    if inflected := [task for task in tasks if _says(task.title, target)]:
        return _only(inflected)
    words = reduced_target(target)
    if not spoken_form(words):
        return Match()
    scored = sorted(
        ((likeness(words, task.title), index) for index, task in enumerate(tasks)), key=_best_first
    )
    if not scored or scored[0][0] < _MAYBE:
        return Match()
    best = scored[0][0]
    near = tuple(tasks[index] for score, index in scored if score > best - _MARGIN)[:6]
    # One word that is not there, however long the rest, may be the one that tells two tasks apart.
    if all(_found(word, near[0].title) >= _SURE for word in _telling(words)):
        return _only(list(near))
    return Match(candidates=near)


def _says(title: str, words: str) -> bool:
    """Whether the words are the title with its verb inflected: «cleaning the garage»."""
    key = spoken_form(words)
    return any(spoken_form(form) == key for many in forms(title).values() for form in many)


def said_in(title: str, words: str) -> bool:
    """Whether each telling word of a title is among the words, or sounds just like one of them."""
    telling = _telling(title)
    return bool(telling) and all(_found(word, words) >= _SURE for word in telling)


def _best_first(scored: tuple[float, int]) -> tuple[float, int]:
    return -scored[0], scored[1]


def _only(tasks: list[Task]) -> Match:
    return Match(task=tasks[0]) if len(tasks) == 1 else Match(candidates=tuple(tasks))


def _same_words(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text).strip().casefold()


def likeness(words: str, title: str) -> float:
    """How much of what was said is in the title, 0 to 1, by weight of the words; small words hardly count."""
    if not _telling(words):
        return 0.0
    total = found = 0.0
    for word in plain_form(words).split():
        weight = _SMALL_WEIGHT if word in _SMALL else 1.0
        total += weight
        found += weight * _found(word, title)
    return found / total


def _telling(words: str) -> list[str]:
    return [word for word in plain_form(words).split() if word not in _SMALL]


def _found(word: str, title: str) -> float:
    return max((_alike(word, other) for other in plain_form(title).split()), default=0.0)


def _stem(word: str) -> str:
    """The word without an ending that an ear adds or drops: «stamps», «buying», «finished»."""
    return _ENDING.sub("", word)


def _alike(one: str, other: str) -> float:
    """How alike two words sound: 1 the same, 0 too different to be mixed up. Numbers are never mixed up."""
    if one == other or sound_of(one) == sound_of(other):
        return 1.0
    if one.isdigit() or other.isdigit():
        return 0.0
    if _stem(one) == _stem(other) and len(_stem(one)) > 2:
        return 0.97
    if any(one in pair and other in pair for pair in _CONFUSED):
        return 0.92
    if min(len(one), len(other)) < 3:
        return 0.0
    if one[0] == other[0] and jellyfish.metaphone(one) == jellyfish.metaphone(other):
        return 0.95
    near = jellyfish.jaro_winkler_similarity(one, other)
    sounds = jellyfish.jaro_winkler_similarity(jellyfish.metaphone(one), jellyfish.metaphone(other))
    if len(one) >= 5 and near >= 0.9 and sounds >= 0.85:
        return 0.9
    return 0.7 if near >= 0.85 and sounds >= 0.8 else 0.0
