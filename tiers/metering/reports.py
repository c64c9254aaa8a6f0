"""What OpenAI's realtime models report of their usage, in the units of the price table."""

from __future__ import annotations

from typing import Any, Final

_KINDS: Final = ("text", "audio", "image")


def response_units(usage: dict[str, Any]) -> dict[str, int]:
    """The units of a response's usage. Cached tokens of an unknown kind are the first of the input: text."""
    given = usage.get("input_token_details") or {}
    made = usage.get("output_token_details") or {}
    cached = given.get("cached_tokens_details")
    units = {f"{kind}_input_tokens": int(given.get(f"{kind}_tokens") or 0) for kind in _KINDS}
    if not given:
        units["text_input_tokens"] = int(usage.get("input_tokens") or 0)
    if cached is None:
        left = int(given.get("cached_tokens") or 0)
        cached = {}
        for kind in _KINDS:
            cached[f"{kind}_tokens"] = min(left, units[f"{kind}_input_tokens"])
            left -= cached[f"{kind}_tokens"]
    for kind in _KINDS:
        whole = units[f"{kind}_input_tokens"]
        units[f"cached_{kind}_input_tokens"] = min(int(cached.get(f"{kind}_tokens") or 0), whole)
    audio = int(made.get("audio_tokens") or 0)
    units["audio_output_tokens"] = audio
    units["text_output_tokens"] = max(0, int(usage.get("output_tokens") or 0) - audio)
    return units


def transcription_units(usage: dict[str, Any]) -> dict[str, int] | None:
    """The units of a transcription's usage, by time or by token; None where nothing was reported."""
    match usage.get("type"):
        case "duration":
            return {"audio_ms": round(usage["seconds"] * 1000)}
        case "tokens":
            details = usage.get("input_token_details") or {}
            audio = int(details.get("audio_tokens") or 0)
            return {
                "audio_input_tokens": audio,
                "text_input_tokens": max(0, int(usage.get("input_tokens") or 0) - audio),
                "text_output_tokens": int(usage.get("output_tokens") or 0),
            }
        case _:
            return None
