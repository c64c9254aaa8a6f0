"""«Remind me by phone»: the wish to be called, taken out of the words so that the rest is read as ever."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.brain.transcript import Turn

ARGUMENT = "by_phone"
_PHONE = r"(?:by|on|over) (?:the |my )?(?:tele)?phone"
_REMIND = re.compile(rf"\b(remind me|(?:set|make|create) a reminder),? {_PHONE}\b", re.IGNORECASE)
_CALL_ME = re.compile(
    r",? and (?:please )?(?:call|ring|phone) me(?: about (?:it|that)| then| when it'?s due)?(?=[.!?]*$)",
    re.IGNORECASE,
)
"""«Order by phone» and «call me a taxi» are titles."""


def is_offered(tools: Sequence[Mapping[str, Any]]) -> bool:
    """Whether tasks can be made that their owner is called about."""
    return any(ARGUMENT in tool.get("parameters", {}).get("properties", {}) for tool in tools)


def wants_call(text: str) -> bool:
    """Whether a turn asks to be called."""
    return _REMIND.search(text) is not None or _CALL_ME.search(text) is not None


def wanted(turns: Sequence[Turn], title: object) -> bool:
    """Whether the last turn asks to be called, or answers a question about a task of that title that was to ring."""
    if not turns:
        return False
    asked = turns[-2].ran[-1] if len(turns) > 1 and turns[-2].ran else None
    if asked is not None and asked.error is not None and asked.arguments.get("title") == title:
        return bool(asked.arguments.get(ARGUMENT)) or wants_call(turns[-1].text)
    return wants_call(turns[-1].text)


def without(text: str) -> str:
    """The turn without that wish."""
    return _CALL_ME.sub("", _REMIND.sub(r"\1", text))
