"""Text as it is spoken: no mark-up, symbols, links or emoji, and nothing that a voice would take for a command.

Titles are what people typed or pasted somewhere. A voice reads «https://…» letter by letter and obeys `<break/>`.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import AsyncIterable, AsyncIterator
from datetime import date
from typing import Final

from agent.pieces import sentences_of

_TAG: Final = re.compile(r"</?[A-Za-z!?][^<>]{0,200}>")
_LINK: Final = re.compile(
    # Any scheme of RFC 3986, or none: nobody wants «colon slash slash» read out.
    r"(?i:(?:[a-z][a-z0-9+.-]{0,20})?://(?:\S*[^\s.,;:!?)\]\"'”»])?|www\.\S*[^\s.,;:!?)\]\"'”»])"
    # A host's name with a path or a query behind it; by itself it is a name, and said.
    r"|(?<![\w@.-])(?:[A-Za-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?::\d{1,5})?[/?#]\S*[^\s.,;:!?)\]\"'”»]"
)
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_NAMED_LINK: Final = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
_CHECKBOX: Final = re.compile(r"(?:^|(?<=\s))(?:[-*+]\s+)?\[[ xX]?\](?=\s|$)")
_LINE_MARK: Final = re.compile(r"^\s*(?:[-*+>]|#{1,6})\s+", re.MULTILINE)
_RULE: Final = re.compile(r"(?:-{3,}|={3,}|_{3,})")
_STRUCK: Final = re.compile(r"(?<![\"“«])~~(?!\s)[^~]*?(?<!\s)~~(?![\"”»])")
_EMPHASIS: Final = re.compile(r"[*`~#]+|(?<!\w)_+|_+(?!\w)")
_NUMBER_SIGN: Final = re.compile(r"#(?=\d)")
_SIGNED: Final = re.compile(r"(?<!\w)[#@](?=\w)")
_SLASHED: Final = re.compile(
    r"(?P<day>\b(?:on|by|due|before|after|until|till|from|since|for)\s+)?"
    r"(?<![\d/])(\d{1,2})/(\d{1,2})(?:/(\d{4}|\d{2}))?(?![\d/])",
    re.IGNORECASE,
)
_ISO: Final = re.compile(r"(?<![\w-])(\d{4})-(\d{2})-(\d{2})(?![\w-])")
_FRACTIONS: Final = frozenset([(1, 2), (1, 3), (2, 3), (1, 4), (3, 4)])
_NAMES: Final = frozenset([(7, 11), (9, 11)])
"""A shop and a day in history: dates only behind a word that a date stands behind."""
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
    (re.compile(r"\s*\+\s*"), " plus "),
    (re.compile(r"~(?=\d)"), "about "),
)
_SLASHES: Final = (
    (re.compile(r"\bw/o\b", re.IGNORECASE), "without"),
    (re.compile(r"\bw/\s*", re.IGNORECASE), "with "),
    (re.compile(r"\s*(?:(?<!\d)/+|/+(?!\d))\s*"), " slash "),
)
"""Between figures it stays: «24/7» is read well."""
_BRACKETS: Final = re.compile(r"[\[\]{}\\]|(?<=\w)_+(?=\w)")
"""What stands in brackets a voice may take for a stage direction, «[laughter]»."""
_SPACES: Final = re.compile(r"[ \t]{2,}")
_GAP: Final = re.compile(r"\s+(?=[,.;:!?])")
_KEPT: Final = "°"


def speakable(text: str) -> str:
    """Give a title or the like as it is to be spoken. What is plain already is given back unchanged."""
    if _is_plain(text):
        return text
    said = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    said = _NAMED_LINK.sub(r"\1", _TAG.sub(" ", said))
    said = _LINK.sub("a link", said)
    said = _LINE_MARK.sub("", _CHECKBOX.sub("", said))
    said = _RULE.sub(" ", said)
    said = _SIGNED.sub("", _NUMBER_SIGN.sub("number ", said))
    said = _ISO.sub(_as_iso_date, _SLASHED.sub(_as_date, said))
    for symbol, words in _WORDS:
        said = symbol.sub(words, said)
    said = _BRACKETS.sub(" ", _EMPHASIS.sub("", said))
    said = _PIPES.sub(", ", said)
    said = "".join(character for character in said if not _is_picture(character))
    said = _LINK.sub("a link", said)  # what was hidden by marks between its signs
    for symbol, words in _SLASHES:
        said = symbol.sub(words, said)
    return _GAP.sub("", _SPACES.sub(" ", said)).strip(" ,") + _trailing_space(text)


def _prose(text: str) -> str:
    """The same of what a model writes: what it struck out itself it does not say. A title is named, struck out or not."""
    return speakable(_SPACES.sub(" ", _STRUCK.sub("", text)) if _STRUCK.search(text) else text)


async def spoken(text: AsyncIterable[str]) -> AsyncIterator[str]:
    """Pass a stream on as it is to be spoken: plain words as they come, else whole sentences, for a link or a tag comes
    in pieces.
    """
    held = ""
    async for piece in text:
        *whole, held = sentences_of(held + piece)
        for sentence in whole:
            yield _prose(sentence)
        if held[-1:].isspace() and _is_plain(held):  # no word is left open, nor anything that spans several
            yield held
            held = ""
    if held:
        yield _prose(held)


def _is_plain(text: str) -> bool:
    return all(
        character.isalnum() or character in " \n.,;:!?'\"-()’‘“”«»$€£%" for character in text
    ) and not (_LINE_MARK.search(text) or "www." in text.lower() or "--" in text or _ISO.search(text))


def _trailing_space(text: str) -> str:
    """Sentences of one stream stay apart."""
    return text[len(text.rstrip()) :]


def _as_date(found: re.Match[str]) -> str:
    """«11/27» as our callers write it: month first, where it can be. Fractions and names stay."""
    month, day, year = int(found[2]), int(found[3]), found[4]
    before = found["day"] or ""
    if not year and ((month, day) in _FRACTIONS or ((month, day) in _NAMES and not before)):
        return found[0]
    if year and month > 12:
        month, day = day, month
    return _date(month, day, f"20{year}" if year and len(year) == 2 else year, before) or found[0]


def _as_iso_date(found: re.Match[str]) -> str:
    return _date(int(found[2]), int(found[3]), found[1]) or found[0]


def _date(month: int, day: int, year: str | None, before: str = "") -> str | None:
    """A date in words; None where there is no such day. Without a year any leap year will do."""
    try:
        when = date(int(year or 2024), month, day)
    except ValueError:
        return None
    return f"{before}{when:%B} {when.day}{f', {year}' if year else ''}"


def _is_picture(character: str) -> bool:
    if character in _KEPT:
        return False
    kind = unicodedata.category(character)
    return kind in ("So", "Sk", "Cs", "Co", "Cn", "Me") or (kind in ("Cf", "Mn") and not _joins(character))


def _joins(character: str) -> bool:
    """Whether a mark belongs to a letter: accents do, the selectors and joiners of emoji do not."""
    return unicodedata.category(character) == "Mn" and not "\ufe00" <= character <= "\ufe0f"
