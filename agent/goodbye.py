"""Hearing that the caller wants to end the call."""

from __future__ import annotations

from functools import cache

from agent.phrase_match import consume, phrase_file, phrase_table, words


def is_goodbye(text: str) -> bool:
    """Whether a turn says goodbye and nothing else. «Remind me to say goodbye to Ann» does not."""
    said = words(text)
    if not said:
        return False
    kinds, unknown = consume(said, _table())
    return "goodbye" in kinds and not unknown


@cache
def _table() -> dict[str, str]:
    data = phrase_file("goodbye")
    return phrase_table({kind: data[kind] for kind in ("filler", "goodbye")})
