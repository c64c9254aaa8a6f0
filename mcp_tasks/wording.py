"""What may be a title or notes: people's words, tidied and bounded, never binary."""

import re
import unicodedata
from collections.abc import Iterable

from mcp_tasks.errors import TaskError

MAX_TITLE = 200
MAX_NOTES = 2_000
MAX_LIST = 50
MAX_TAG = 50
MAX_TAGS = 20
MAX_WORDS = 200
"""Characters of a caller's words about a date, and of a search."""

_LIST = re.compile(r"^(?:the|my|our)\s+|\s+list$", re.IGNORECASE)
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They let text on a page read otherwise than it is stored (Unicode TR 36)."""
_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Co", "Zl", "Zp"})
"""Not Cn: an emoji newer than this Python's Unicode tables is no binary data."""
_INVISIBLE_CATEGORIES = frozenset({"Cf", "Zs", "Mn", "Me"})


def clean_title(raw: str) -> str:
    """Return the title trimmed and in NFC, 1 to 200 characters.

    Raises TaskError `invalid` for an empty title or one with control characters, `too_long` past the bound.
    """
    title = _tidy(raw, "title", MAX_TITLE)
    if all(unicodedata.category(character) in _INVISIBLE_CATEGORIES for character in title):
        raise TaskError("invalid", "A task needs a title.")
    return title


def clean_notes(raw: str) -> str:
    """Return notes trimmed and in NFC, at most 2,000 characters; line breaks and tabs may stay."""
    return _tidy(raw, "notes", MAX_NOTES, allowed="\n\t")


def clean_words(raw: str, what: str) -> str:
    """Return a short phrase (a search, a caller's words about a date) on one line."""
    return _tidy(" ".join(raw.split()), what, MAX_WORDS)


def clean_list(raw: str) -> str:
    """Return a list's name on one line, at most 50 characters; «the shopping list» is «shopping». Empty: no list."""
    name = _tidy(" ".join(raw.split()), "list's name", MAX_LIST)
    return _LIST.sub("", name).strip()


def clean_tags(raw: Iterable[str]) -> list[str]:
    """Return tags in lower case, without «#» and each once, in their order; at most 20 of 50 characters.

    Raises TaskError `invalid` or `too_long`.
    """
    tags: dict[str, None] = {}
    for number, each in enumerate(raw):
        if number >= 2 * MAX_TAGS:
            break
        tag = _tidy(" ".join(each.split()).lstrip("#").strip(), "tag", MAX_TAG).casefold()
        if tag:
            tags[tag] = None
    if len(tags) > MAX_TAGS:
        raise TaskError("too_long", f"A task has {MAX_TAGS} tags at most.")
    return list(tags)


def _tidy(raw: str, what: str, limit: int, allowed: str = "") -> str:
    if len(raw) > 4 * limit:  # before any work on it: normalising is linear, but why for 10,000 characters
        raise TaskError("too_long", f"The {what} is too long: {limit} characters at most.")
    text = unicodedata.normalize("NFC", raw.strip())
    for character in text:
        if character in allowed:
            continue
        if unicodedata.category(character) in _REFUSED_CATEGORIES or character in _BIDI_CONTROLS:
            raise TaskError("invalid", f"The {what} holds control characters or binary data.")
    if len(text) > limit:
        raise TaskError("too_long", f"The {what} is too long: {limit} characters at most.")
    return text
