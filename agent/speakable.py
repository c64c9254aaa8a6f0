"""Text as it is spoken: no mark-up, symbols, links or emoji, and nothing that a voice would take for a command.

Titles are what people typed or pasted somewhere. A voice reads «https://…» letter by letter and obeys `<break/>`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncIterable, AsyncIterator
from datetime import date
from typing import Final

from agent.pieces import sentences_of

_TAG: Final = re.compile(r"</?[A-Za-z!?][^<>]{0,200}>")
_LINK: Final = re.compile(
    # Any scheme of RFC 3986, or none: nobody wants «colon slash slash» read out.
    r"(?:[a-z][a-z0-9+.-]{0,20})?://(?:\S*[^\s.,;:!?)\]\"'”»])?|www\.\S*[^\s.,;:!?)\]\"'”»]",
    re.IGNORECASE,
)
_NAMED_LINK: Final = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
_CHECKBOX: Final = re.compile(r"(?:^|(?<=\s))(?:[-*+]\s+)?\[[ xX]?\](?=\s|$)")
_LINE_MARK: Final = re.compile(r"^\s*(?:[-*+>]|#{1,6})\s+", re.MULTILINE)
_RULE: Final = re.compile(r"(?:-{3,}|={3,}|_{3,})")
_STRUCK: Final = re.compile(r"~~(?!\s)[^~]*?(?<!\s)~~")
_EMPHASIS: Final = re.compile(r"[*`~#]+|(?<!\w)_+|_+(?!\w)")
_NUMBER_SIGN: Final = re.compile(r"#(?=\d)")
_SIGNED: Final = re.compile(r"(?<!\w)[#@](?=\w)")
_SLASHED: Final = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})(?![\d/])")
_FRACTIONS: Final = frozenset([(1, 2), (1, 3), (2, 3), (1, 4), (3, 4)])
_PIPES: Final = re.compile(r"\s*\|(?:[\s|]*\|)?\s*")
_WORDS: Final = (
    (re.compile(r"\s*&\s*"), " and "),
    (re.compile(r"(?<=\w)@(?=\w)"), " at "),
    (re.compile(r"\s*<=\s*"), " at most "),
    (re.compile(r"\s*>=\s*"), " at least "),
    (re.compile(r"\s*(?:->|=>|→)\s*"), " to "),
    (re.compile(r"\s*<\s*"), " less than "),
    (re.compile(r"\s*>\s*"), " greater than "),
    (re.compile(r"\s*=+\s*"), " equals "),
)
_SPACES: Final = re.compile(r"[ \t]{2,}")
_GAP: Final = re.compile(r"\s+(?=[,.;:!?])")
_KEPT: Final = "°"


def speakable(text: str) -> str:
    """Give a text as it is to be spoken. What is plain already is given back unchanged."""
    if _is_plain(text):
        return text
    said = _NAMED_LINK.sub(r"\1", _TAG.sub(" ", text))
    said = _LINK.sub("a link", said)
    said = _STRUCK.sub("", said)
    said = _LINE_MARK.sub("", _CHECKBOX.sub("", said))
    said = _RULE.sub(" ", said)
    said = _SIGNED.sub("", _NUMBER_SIGN.sub("number ", said))
    said = _SLASHED.sub(_as_date, said)
    for symbol, words in _WORDS:
        said = symbol.sub(words, said)
    said = _EMPHASIS.sub("", said)
    said = _PIPES.sub(", ", said)
    said = "".join(character for character in said if not _is_picture(character))
    said = _LINK.sub("a link", said)  # what was hidden by marks between its signs
    return _GAP.sub("", _SPACES.sub(" ", said)).strip(" ,") + _trailing_space(text)


async def spoken(text: AsyncIterable[str]) -> AsyncIterator[str]:
    """Pass a stream on as it is to be spoken: plain words as they come, else whole sentences, for a link or a tag comes
    in pieces.
    """
    held = ""
    async for piece in text:
        *whole, held = sentences_of(held + piece)
        for sentence in whole:
            yield speakable(sentence)
        if held[-1:].isspace() and _is_plain(held):  # no word is left open, nor anything that spans several
            yield held
            held = ""
    if held:
        yield speakable(held)


def _is_plain(text: str) -> bool:
    return all(
        character.isalnum() or character in " \n.,;:!?'\"-()’‘“”«»$€£%" for character in text
    ) and not (_LINE_MARK.search(text) or "www." in text.lower() or "--" in text)


def _trailing_space(text: str) -> str:
    """Sentences of one stream stay apart."""
    return text[len(text.rstrip()) :]


def _as_date(found: re.Match[str]) -> str:
    """«11/27» as our callers write it: month first. Fractions stay."""
    month, day = int(found[1]), int(found[2])
    if (month, day) in _FRACTIONS:
        return found[0]
    try:
        when = date(2024, month, day)  # a leap year knows every date
    except ValueError:
        return found[0]
    return f"{when:%B} {when.day}"


def _is_picture(character: str) -> bool:
    if character in _KEPT:
        return False
    kind = unicodedata.category(character)
    return kind in ("So", "Sk", "Cs", "Co", "Cn", "Me") or (kind in ("Cf", "Mn") and not _joins(character))


def _joins(character: str) -> bool:
    """Whether a mark belongs to a letter: accents do, the selectors and joiners of emoji do not."""
    return unicodedata.category(character) == "Mn" and not "\ufe00" <= character <= "\ufe0f"
