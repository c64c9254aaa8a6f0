"""Matching what was said against phrases that are data: whole words, longest phrase first."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

_APOSTROPHES: Final = str.maketrans(dict.fromkeys("’‘ʼ´`′", "'"))


def words(text: str) -> list[str]:
    """The words of a sentence in whatever script, without case and punctuation.

    Of any script: «OK, не удаляй» is no «OK», and whoever overlooks a word hears an agreement in it.
    """
    folded = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).casefold()
    pieces = "".join(each if _belongs_to_word(each) else " " for each in folded).split()
    return [word for piece in pieces if any(map(str.isalnum, word := piece.strip("'")))]


def _belongs_to_word(character: str) -> bool:
    # Vowels and tones of many scripts are marks on the letter before.
    return character.isalnum() or character == "'" or unicodedata.category(character).startswith("M")


@cache
def phrase_file(name: str) -> dict[str, Any]:
    """One of the files in phrases/, by its name without the ending."""
    data: dict[str, Any] = yaml.safe_load(
        (files("agent") / "phrases" / f"{name}.yaml").read_text(encoding="utf-8")
    )
    return data


def phrase_table(kinds: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Phrases by kind, turned into kinds by phrase. Of two kinds with the same phrase the later one wins."""
    return {" ".join(words(phrase)): kind for kind, phrases in kinds.items() for phrase in phrases}


def consume(said: list[str], table: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Split words into the kinds of the phrases found, in order, and the words that no phrase accounts for."""
    longest = max(len(phrase.split()) for phrase in table)
    kinds: list[str] = []
    unknown: list[str] = []
    at = 0
    while at < len(said):
        for length in range(min(longest, len(said) - at), 0, -1):
            kind = table.get(" ".join(said[at : at + length]))
            if kind is not None:
                kinds.append(kind)
                at += length
                break
        else:
            unknown.append(said[at])
            at += 1
    return kinds, unknown
