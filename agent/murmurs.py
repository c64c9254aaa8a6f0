"""«Mhm», «yeah», «okay», «thank you»: what a listener says while we speak. It is no turn, and we go on."""

from __future__ import annotations

from functools import cache
from typing import Final

from agent.phrase_match import consume, phrase_file, phrase_table, words

MURMUR_SECONDS: Final = 1.3
"""No murmur takes longer; where a model hears for itself, only what is so short is waited for in words."""


def is_murmur(text: str) -> bool:
    """Whether somebody only listens aloud: each word is a murmur's, one of them is no mere filler, and none says no."""
    said = words(text)
    if not said:
        return False
    kinds, unknown = consume(said, _table())
    return "murmur" in kinds and "refusal" not in kinds and not unknown


@cache
def _table() -> dict[str, str]:
    data = phrase_file("murmurs")
    return phrase_table({kind: data[kind] for kind in ("filler", "murmur", "refusal")})
