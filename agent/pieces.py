"""What of a growing text a voice can be given already: the first words of an answer, its clauses, and whole sentences.

A voice that waits for the end of the first sentence waits for all of its words. It needs a few to begin with, and while
it says them the rest is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

FIRST_WORDS: Final = 4
"""Words of an answer that a voice begins with: about 1.2 s of speech, in which a language model writes the sentence."""
CLAUSE_WORDS: Final = 4
"""Words of a clause that is given by itself; fewer wait for the next."""

_SENTENCE_END: Final = re.compile(r"(?<=[.!?])(?:[\"'”’)]*)\s+|\n+")
_OVER: Final = re.compile(r"[.!?][\"'”’)]*\s*$")
_WORD: Final = re.compile(r"\S+\s+")
_CLAUSE_END: Final = re.compile(r"[,;:][\"'”’)]*\s+$")


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that follow each other, with the white space behind them."""

    text: str
    sentence: str
    """Their sentence from its first word to the last of these."""
    ends: bool
    """Whether the sentence is whole."""


class Pieces:
    """Cuts a text as it comes. `may_begin` is asked whether a sentence may be spoken as far as it is known.

    Only the first sentence of some length is given before its end, and none where `early` is not set: behind it there is
    sound enough to wait for whole ones, which are spoken better. «Sure!» is not enough.
    """

    def __init__(self, may_begin: Callable[[str], bool], *, early: bool = True) -> None:
        self._may_begin = may_begin
        self._early = early
        self._text = ""
        """The sentence that is being written."""
        self._given = 0
        """How much of it has been given."""
        self._words = 0
        """Words of the sentences before it."""

    def take(self, text: str) -> Iterator[Piece]:
        """Take what was written next, and give what can be spoken now."""
        self._text += text
        *whole, rest = sentences_of(self._text)
        for sentence in whole:
            self._words += len(sentence.split())
            yield self._next(sentence, len(sentence), ends=True)
            self._given = 0
        self._text = rest
        if self._early and self._words < FIRST_WORDS and (upto := self._begun()) > self._given:
            yield self._next(rest, upto, ends=False)

    def rest(self) -> Iterator[Piece]:
        """Give what is left when no more comes."""
        if self._text[self._given :].strip():
            yield self._next(self._text, len(self._text), ends=True)
        self._text, self._given = "", 0

    def _next(self, sentence: str, upto: int, *, ends: bool) -> Piece:
        piece = Piece(sentence[self._given : upto], sentence[:upto], ends)
        self._given = upto
        return piece

    def _begun(self) -> int:
        """How far the sentence may be spoken before it is whole."""
        upto = self._given
        words = 0
        for word in _WORD.finditer(self._text, self._given):
            words += 1
            fits = (
                words >= FIRST_WORDS
                if not upto
                else words >= CLAUSE_WORDS and _CLAUSE_END.search(word.group())
            )
            if fits and self._may_begin(self._text[: word.end()]):
                upto, words = word.end(), 0
        return upto


def sentences_of(text: str) -> list[str]:
    """Split a text into sentences with the white space that follows them; the last piece may be unfinished."""
    pieces: list[str] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        pieces.append(text[start : match.end()])
        start = match.end()
    pieces.append(text[start:])
    return pieces


def whole_sentences(text: str) -> list[str]:
    """The sentences of a text that are over; where it breaks off, what it had begun is left out."""
    *whole, last = sentences_of(text)
    return [*whole, last] if _OVER.search(last) else whole
