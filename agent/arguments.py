"""What a model passes to a tool, told to the caller in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

MOST_NAMED: Final = 4
"""More things than this are counted, with examples."""
EXAMPLES: Final = 3
_LONGEST_SAID: Final = 80


def described(arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """Name what a foreign tool would be given, so that a caller can agree to it."""
    said: list[str] = []
    for name, value in arguments.items():
        said += _said(name.replace("_", " "), value)
    return tuple(said)


def _said(name: str, value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return list(described(value))
    if isinstance(value, list):
        flat = [_short(each) for each in value]
        if len(flat) <= MOST_NAMED:
            return [f"{name} {each}" for each in flat]
        return [f"{len(flat)} {name}, among them {', '.join(flat[:EXAMPLES])}"]
    return [f"{name} {_short(value)}"]


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _LONGEST_SAID else f"{text[:_LONGEST_SAID]} and so on, {len(text)} characters"
