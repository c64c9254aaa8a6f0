"""What a sentence asks for: «Can you review the contract by Wednesday?» is «Review the contract»."""

from __future__ import annotations

import re
from typing import Final

_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_ASKS: Final = re.compile(
    r"^(?:(?:hi|hello|hey|dear)\b[^,]{0,30},\s*)?(?:(?:and|so|also|then)\s+)?"
    r"(?:please|pls|kindly|can\s+you(?:\s+please)?|could\s+you(?:\s+please)?|would\s+you(?:\s+please)?|will\s+you|you\s+(?:need|have)\s+to"
    r"|you\s+must|you\s+should|don'?t\s+forget\s+to|do\s+not\s+forget\s+to|remember\s+to|make\s+sure\s+to|we\s+(?:need|have)\s+to"
    r"|remind(?:er)?(?:\s+me)?\s*(?:to|:)|to\s?do:?|action(?:\s+item)?:|need\s+you\s+to|i\s+need\s+to|i\s+have\s+to)\s+(?P<what>\w.+)$",
    re.IGNORECASE,
)
_EMPTY: Final = re.compile(r"\b(?:it|them|this|that|these|those|one|so)$", re.IGNORECASE)


def sentences_of(text: str) -> list[tuple[int, str]]:
    """A text's sentences with their places in it."""
    found: list[tuple[int, str]] = []
    start = 0
    for end in _SENTENCE.finditer(text):
        found.append((start, text[start : end.start()]))
        start = end.end()
    found.append((start, text[start:]))
    return found


def asked_for(sentence: str) -> str | None:
    """What a sentence asks somebody to do, as a title; None where it asks nothing, or only by «it»."""
    found = _ASKS.match(sentence.strip(" -–—•·*>"))
    if found is None:
        return None
    what = found["what"].strip(" .!?,;:")
    if _EMPTY.search(what) and len(what.split()) <= 3:
        return None
    return what[:1].upper() + what[1:]
