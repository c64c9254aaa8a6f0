"""What the pictures say that people type beside their words, or in place of them: 👍, 🚫, 🙂.

Nobody speaks them, so that they are no words; but whoever overlooks one hears an agreement in «ok 🚫».
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

from agent.phrase_match import phrase_file

_JOINER: Final = "\u200d"
_SEXES: Final = "♀♂"


def symbols(text: str) -> list[str]:
    """The pictures and other signs of a text, without their colours of skin and styles.

    Among them are such as this Unicode does not know yet. Signs of ASCII are none, nor is punctuation.
    """
    found: list[str] = []
    before = ""
    for each in unicodedata.normalize("NFKC", text):
        # What says whether a woman or a man does it says nothing else.
        if _is_sign(each) and not (before == _JOINER and each in _SEXES):
            found.append(each)
        before = each
    return found


def without_symbols(text: str) -> str:
    """The rest of a text."""
    return "".join(each for each in unicodedata.normalize("NFKC", text) if not _is_sign(each))


def symbol_kinds(text: str) -> list[str]:
    """What each of them says: `yes`, `no`, `neutral`, or `unknown`."""
    kinds = _kinds()
    return [kinds.get(each, "unknown") for each in symbols(text)]


def _is_sign(character: str) -> bool:
    category = unicodedata.category(character)
    return category in ("So", "Cn", "Co") or (category == "Sm" and not character.isascii())


@cache
def _kinds() -> dict[str, str]:
    said = phrase_file("answers")["symbols"]
    return {sign: kind for kind, signs in said.items() for each in signs for sign in symbols(each)}
