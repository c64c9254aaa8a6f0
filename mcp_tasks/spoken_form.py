"""What a text sounds like, as keys to compare and never as text to show.

Case, punctuation, numbers («two» and «2»), spelling variants and homophones («by» and «buy») fall together, so that a
title is found by what an ear made of it.
"""

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import jellyfish
import yaml
from whisper_normalizer.english import EnglishTextNormalizer

LONGEST: Final = 4_000
"""Characters that are looked at: a title and notes, and their list and tags."""
_HOMOPHONES = Path(__file__).parent / "homophones.yaml"
_normalise = EnglishTextNormalizer()

_BRACKETS = re.compile(r"[][(){}<>]")
_O_CLOCK = re.compile(r"\bo['’]?\s?clock\b", re.IGNORECASE)
_HALF_DAY = re.compile(r"\b([ap])\.?\s?m\b\.?", re.IGNORECASE)
# «2:30» and «2.30» are what «two thirty» becomes; a price keeps its point apart («$2.30»).
_CLOCK = re.compile(r"(?<![\d$£€.:])(\d{1,2})[:.](\d{2})(?![\d%])")
_HYPHENATED = re.compile(r"\b(e|wi)-(mail|fi)", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['’]s\b")
_ORDINAL = re.compile(r"\b(\d+)(?:st|nd|rd|th)\b")
_NO_WORD = re.compile(r"[\W_]+")

SMALL: Final = frozenset(
    [
        "the", "a", "an", "my", "our", "your", "to", "for", "of", "on", "in", "at", "and", "with", "about", "from",
        "by", "up", "some", "that", "this", "is", "it", "me", "i", "one", "task", "tasks", "item", "items", "list",
        "please", "1", "2", "4", "buy", "hour",
    ]
)  # fmt: skip
"""Words that tell no task from another. At the end of the list some stand for their homophones: «by», «to», «for»."""


@lru_cache(maxsize=4096)
def plain_form(text: str) -> str:
    """The words of a text in one spelling, numbers as digits; homophones stay apart."""
    text = unicodedata.normalize("NFKC", text[:LONGEST])
    text = _BRACKETS.sub(" ", text).replace("&", " and ")  # the normaliser drops what is in brackets
    text = _HALF_DAY.sub(r"\1m", _O_CLOCK.sub(" ", text))
    text = _HYPHENATED.sub(r"\1\2", _CLOCK.sub(r"\1\2", text))
    text = str(_normalise(_POSSESSIVE.sub("s", text)))
    return " ".join(_NO_WORD.sub(" ", _ORDINAL.sub(r"\1", text)).split())


def spoken_form(text: str) -> str:
    """The key of what a text sounds like: same key, same sound. Empty for a text without words."""
    same = homophones()
    return " ".join(same.get(word, word) for word in plain_form(text).split())


def same_words(text: str) -> str:
    """The text without case and punctuation: what people call the very same title."""
    return " ".join(_NO_WORD.sub(" ", text).casefold().split())


def telling(words: str) -> list[str]:
    """The words, in spoken form, that tell a task from another; all of them when none does."""
    spoken = spoken_form(words).split()
    return [word for word in spoken if word not in SMALL] or spoken


def sound(word: str) -> str:
    """A rough key of one word's sound (Metaphone), for what an ear got nearly right; digits stand for themselves."""
    return (jellyfish.metaphone(word).replace(" ", "").lower() or word) if word.isalpha() else word


@cache
def homophones() -> dict[str, str]:
    """For each word the one of its homophones that stands for all of them."""
    groups = yaml.safe_load(_HOMOPHONES.read_text(encoding="utf-8"))
    return {str(word): str(group[0]) for group in groups for word in group}
