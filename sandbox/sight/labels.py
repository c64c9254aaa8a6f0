"""What the words on a page are for: labels, people, links, secrets, and what only tries to give orders."""

from __future__ import annotations

import re
from typing import Final

from sandbox.sight.page import Page, Piece

SUBJECT: Final = re.compile(
    r"^(?:subject|title|summary|betreff|task|event)\s*:\s*(?P<value>.*)$", re.IGNORECASE
)
PERSON: Final = re.compile(
    r"^(?:assignee|assigned\s+to|owner|reporter|from|organi[sz]er|contact|with)\s*:?\s*(?P<value>.*)$",
    re.IGNORECASE,
)
LINK: Final = re.compile(
    r"\b(?:https?://|www\.)[^\s<>\"']+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)+/[^\s<>\"']+", re.IGNORECASE
)
_SECRET: Final = re.compile(
    r"\b(?:pass(?:word|code|phrase)|pin(?:\s+code)?|recovery\s+(?:code|key)|cvv|cvc|card\s+number|iban|account\s+number"
    r"|secret(?:\s+key)?|api\s+key|token|social\s+security(?:\s+number)?|ssn|tax\s+id|one[- ]time\s+code)\s*:?",
    re.IGNORECASE,
)
_SECRET_LABEL: Final = re.compile(rf"^(?:{_SECRET.pattern})$", re.IGNORECASE)
_LABEL: Final = re.compile(
    r"^(?:status|assignee|assigned\s+to|due(?:\s+date)?|created|updated|reporter|priority|labels?|owner|description|details|deadline"
    r"|from|to|cc|sent|date|subject|type|activity|comments?|milestone|title|task|who|when|where|location|organi[sz]er"
    r"|user\s*name|e-?mail|upcoming|today|week|month|day|to\s*do|done|in\s+progress|inbox|drafts?|search|home|settings"
    r"|projects?|filters?|dashboard|reply|forward|edit|save|cancel|share|help|page\s+\d+|mail|calendar|bugs?)\s*(?:\(\d+\))?\s*:?$",
    re.IGNORECASE,
)
_ORDER: Final = re.compile(
    r"^\W*(?:assistant|system|ai|agent|chatbot|model)\s*[:,]|\bignore\s+(?:all\s+|your\s+|the\s+|any\s+)*(?:previous|prior|rules|instructions)"
    r"|\b(?:delete|erase|complete)\s+(?:all|every)\s+(?:of\s+)?(?:(?:the|my|your)\s+)?tasks?",
    re.IGNORECASE,
)
_BULLET: Final = re.compile(r"^(?:[-–—•·*+>#]+|[eo©®]|\d{1,2}[.)])\s+(?=\w)")
_KEY: Final = re.compile(r"\b[A-Z]{2,8}-\d{1,6}\b|^#\d{2,6}\b")
_CLOCK_NAME: Final = re.compile(
    r"^(?P<name>[A-Z][\w.'-]+(?:\s+[A-Z][\w.'-]+)?)\s+(?:today\s+at\s+|yesterday\s+at\s+)?\d{1,2}:\d\d(?:\s?[AaPp]\.?[Mm])?$"
)


def plain(text: str) -> str:
    """A piece's words without the mark of a list before them."""
    return _BULLET.sub("", text).strip()


def is_label(text: str) -> bool:
    """Whether words only say what stands beside or below them, or are a part of every page of their kind."""
    return bool(_LABEL.match(text.strip()) or _SECRET_LABEL.match(text.strip()))


def is_order(text: str) -> bool:
    """Whether words are meant for whoever reads pages for somebody: nothing to do, and nothing to obey."""
    return bool(_ORDER.search(text))


def is_key(text: str) -> bool:
    """Whether a piece is the number of a ticket."""
    return bool(_KEY.search(text)) and len(text.split()) <= 6


def chat_name(text: str) -> str | None:
    """Who a chat says has written, where a piece is a name with a clock's time."""
    found = _CLOCK_NAME.match(text)
    return found["name"] if found else None


def secret_pieces(page: Page) -> set[int]:
    """The places, in the page's pieces, of what belongs to nobody else: values of password fields and the like."""
    hidden: set[int] = set()
    for number, piece in enumerate(page.pieces):
        found = _SECRET.search(piece.text)
        if found is None:
            continue
        if piece.text[found.end() :].strip() and ":" in piece.text:  # the value stands in the same piece
            hidden.add(number)
        if _SECRET_LABEL.match(piece.text):
            hidden.update(
                other for other, value in enumerate(page.pieces) if other != number and _belongs(piece, value)
            )
    return hidden


def _belongs(label: Piece, value: Piece) -> bool:
    """Whether a piece stands beside a label, or right below it."""
    one, other = label.box, value.box
    beside = abs(one.middle - other.middle) < 0.8 * max(one.height, other.height) and other.left >= one.right
    below = 0 <= other.top - one.bottom < 3 * max(one.height, 10) and abs(other.left - one.left) < 60
    return (beside and other.left - one.right < 400) or below
