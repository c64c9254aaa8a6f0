"""What OpenAI's models report of their usage, in the units of the price table.

Each raises BadUsageError for what nobody can have counted; `readable` makes nothing of it, so that it is estimated.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Any, Final

from tiers.usage import BadUsageError, Part

logger = logging.getLogger(__name__)

_KINDS: Final = ("text", "audio", "image")


def readable(
    units_of: Callable[[Any], dict[str, int] | None], usage: Any, part: Part
) -> dict[str, int] | None:
    """The units of a usage by a function like those below; None where nothing was reported that can be right."""
    try:
        return units_of(usage)
    except BadUsageError:
        logger.warning("a usage cannot be right, and is estimated", extra={"part": part})
        return None


def chat_units(usage: Any) -> dict[str, int]:
    """The units of a chat completion. Each prompt has tokens: a report of none is none."""
    usage = _object(usage)
    given = _count(usage, "prompt_tokens")
    if not given:
        raise BadUsageError("a prompt of no tokens was reported")
    cached = _count(_object(usage.get("prompt_tokens_details")), "cached_tokens")
    return {
        "input_tokens": given,
        "cached_input_tokens": min(cached, given),
        "output_tokens": _count(usage, "completion_tokens"),
    }


def response_units(usage: Any) -> dict[str, int]:
    """The units of a response's usage. Cached tokens of an unknown kind are the first of the input: text."""
    usage = _object(usage)
    given = _object(usage.get("input_token_details"))
    made = _object(usage.get("output_token_details"))
    cached = given.get("cached_tokens_details")
    units = {f"{kind}_input_tokens": _count(given, f"{kind}_tokens") for kind in _KINDS}
    if not given:
        units["text_input_tokens"] = _count(usage, "input_tokens")
    if cached is None:
        left = _count(given, "cached_tokens")
        cached = {}
        for kind in _KINDS:
            cached[f"{kind}_tokens"] = min(left, units[f"{kind}_input_tokens"])
            left -= cached[f"{kind}_tokens"]
    for kind in _KINDS:
        whole = units[f"{kind}_input_tokens"]
        units[f"cached_{kind}_input_tokens"] = min(_count(_object(cached), f"{kind}_tokens"), whole)
    audio = _count(made, "audio_tokens")
    units["audio_output_tokens"] = audio
    units["text_output_tokens"] = max(0, _count(usage, "output_tokens") - audio)
    return units


def transcription_units(usage: Any) -> dict[str, int] | None:
    """The units of a transcription's usage, by time or by token; None where nothing was reported."""
    usage = _object(usage)
    match usage.get("type"):
        case "duration":
            seconds = usage.get("seconds")
            if isinstance(seconds, bool) or not isinstance(seconds, int | float):
                raise BadUsageError("seconds must be a number")
            if not 0 <= seconds < math.inf:
                raise BadUsageError("seconds must be from 0 on")
            return {"audio_ms": round(seconds * 1000)}
        case "tokens":
            details = _object(usage.get("input_token_details"))
            audio = _count(details, "audio_tokens")
            return {
                "audio_input_tokens": audio,
                "text_input_tokens": max(0, _count(usage, "input_tokens") - audio),
                "text_output_tokens": _count(usage, "output_tokens"),
            }
        case _:
            return None


def _object(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadUsageError("an object was expected")
    return value


def _count(of: dict[str, Any], name: str) -> int:
    """A whole number from 0 on; 0 where none is stated."""
    count = of.get(name)
    if count is None:
        return 0
    if isinstance(count, float) and count.is_integer():
        count = int(count)
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise BadUsageError(f"{name} must be a whole number from 0 on")
    return count
