"""What a model passes to a tool, taken as it was sent or not at all.

livekit (1.8.9) repairs broken JSON before a tool sees it, and a repaired id is a wrong id: «buy oat mil» would be made,
and a list that was cut off would be worked through. So what cannot be taken is marked before livekit reads it.
"""

from __future__ import annotations

import json
from typing import Any, Final

NOT_WHOLE: Final = '{"not_one_complete_object": true}'
"""Stands for arguments that were not one. An object, since livekit and some vendors take nothing else in a history."""


def as_sent(raw: str, *, is_whole: bool = True) -> str:
    """Give a call's arguments as the model sent them; the mark where they are not one complete JSON object.

    `is_whole`: whether the vendor says that the call was written to its end.
    """
    return raw if is_whole and strict(raw) is not None else NOT_WHOLE


def strict(raw: str) -> dict[str, Any] | None:
    """Read arguments exactly as the model sent them; None where they are not one complete JSON object, or are marked so."""
    try:
        arguments = json.loads(raw or "{}")
    except ValueError:
        return None
    return arguments if isinstance(arguments, dict) and arguments != _MARK else None


_MARK: Final = json.loads(NOT_WHOLE)
