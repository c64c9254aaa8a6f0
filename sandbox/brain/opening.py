"""The short sentence that an instruction wants each answer to begin with, as an obedient model begins them."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

_WANTED: Final = re.compile(r"Begin each answer with .*?: (?P<openings>(?:[A-Z][a-z']*(?: [a-z]+)?\. ?)+)")
_NONE: Final = ("Goodbye", "Hello", "You're welcome")
_SORRY: Final = ("I can't", "I can only", "I'm afraid", "I couldn't", "There is no")
_DONE: Final = ("I've ", "I have ", "Done")
_READING: Final = ("You have", "Next:", "On your screen", "I found")

Messages = Sequence[Mapping[str, Any]]


def wanted(messages: Messages) -> tuple[str, ...]:
    """The sentences that answers are to begin with; none where no instruction wants it."""
    for message in messages:
        told = str(message.get("content") or "") if message["role"] in ("system", "developer") else ""
        if found := _WANTED.search(told):
            return tuple(f"{each.strip()}." for each in found["openings"].split(".") if each.strip())
    return ()


def without(messages: Messages, openings: Sequence[str]) -> list[Mapping[str, Any]]:
    """The conversation as it would be without them, also where an order says how much of an answer was heard."""
    return [_bare(message, openings) for message in messages]


def begun(text: str, openings: Sequence[str]) -> str:
    """An answer with the opening that fits it."""
    if text.startswith(_NONE) or any(text.startswith(each) for each in openings):
        return text
    for opening in openings:  # «Sorry, I …» becomes «Sorry. I …»
        word = opening.removesuffix(".")
        if text.startswith(f"{word}, "):
            rest = text[len(word) + 2 :]
            return f"{opening} {rest[:1].upper()}{rest[1:]}"
    if text.startswith(_SORRY):
        suits = {"Sorry."}
    elif text.startswith(_READING):
        suits = {"Let's see.", "Okay."}
    elif text.startswith(_DONE):
        suits = {"Got it.", "Okay."}
    else:
        suits = {"Okay.", "Sure.", "Right."}
    fits = [each for each in openings if each in suits] or list(openings)
    return f"{fits[zlib.crc32(text.encode()) % len(fits)]} {text}"


def _bare(message: Mapping[str, Any], openings: Sequence[str]) -> Mapping[str, Any]:
    before = {"assistant": "", "system": "«"}.get(message["role"])
    text = str(message.get("content") or "")
    for opening in openings if before is not None else ():
        told = f"{before}{opening} "
        if text.startswith(told) or (before and told in text):
            return {**message, "content": text.replace(told, before or "", 1)}
    return message
