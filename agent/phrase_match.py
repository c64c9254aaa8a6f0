"""Matching what was said against phrases that are data: whole words, longest phrase first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

_WORD: Final = re.compile(r"[a-z0-9']+")
_CURLY: Final = str.maketrans({"’": "'", "‘": "'"})


def words(text: str) -> list[str]:
    """The words of a sentence, lower case, without punctuation."""
    return _WORD.findall(text.translate(_CURLY).lower())


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
