"""What can be held against a vendor: its script, its types, and what a run with a real key costs at most."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cli.conformance import types
from cli.conformance.frame import Frame
from cli.conformance.scripts import (
    cartesia,
    deepgram_listening,
    deepgram_speaking,
    elevenlabs,
    gemini_live,
    openai_chat,
    openai_realtime,
)
from cli.conformance.scripts.peer import Peer


@dataclass(frozen=True)
class Vendor:
    """One API of a vendor."""

    name: str
    """As `voicetasks sandbox fault` names it."""
    company: str
    """As the settings name its key and address."""
    path: str
    """Of the stand-in in the sandbox, below which the script's paths are."""
    most_usd: float
    """What a run costs at most, by the prices of 2026-11 and the limits that the script sets, rounded up."""
    run: Callable[[Peer], Awaitable[list[Frame]]]
    types: Callable[[], tuple[types.Check, str]]
    """How a frame is checked, and by what. Raises NoSdkError."""


def _by_type(
    load: Callable[[], tuple[Mapping[str, type], str]], *, strict: bool = True
) -> Callable[[], tuple[types.Check, str]]:
    def check() -> tuple[types.Check, str]:
        kinds, name = load()
        return types.by_type(kinds, strict=strict), name

    return check


VENDORS: Final[Mapping[str, Vendor]] = MappingProxyType(
    {
        vendor.name: vendor
        for vendor in (
            # Two answers of at most 200 tokens of sound: 400 × $64 a million, and some 600 tokens of text in.
            Vendor(
                "openai-realtime", "openai", "/openai/v1", 0.05, openai_realtime.run, types.realtime_event
            ),
            # Two answers of at most 300 tokens at $12 a million, and some 900 tokens in.
            Vendor("gemini-live", "google", "/gemini", 0.01, gemini_live.run, types.gemini_message),
            Vendor("openai-chat", "openai", "/openai/v1", 0.001, openai_chat.run, types.chat_chunk),
            # Some six seconds at $0.0077 a minute.
            Vendor(
                "deepgram-stt",
                "deepgram",
                "/deepgram",
                0.002,
                deepgram_listening.run,
                # Its reference sends whole numbers where its types have floats.
                _by_type(types.deepgram_listening, strict=False),
            ),
            # Some thirty characters at $0.030 a thousand.
            Vendor(
                "deepgram-tts",
                "deepgram",
                "/deepgram",
                0.002,
                deepgram_speaking.run,
                _by_type(types.deepgram_speaking),
            ),
            Vendor(
                "cartesia", "cartesia", "/cartesia", 0.005, cartesia.run, _by_type(types.cartesia_speaking)
            ),
            Vendor(
                "elevenlabs",
                "elevenlabs",
                "/elevenlabs/v1",
                0.005,
                elevenlabs.run,
                _by_type(types.elevenlabs_speaking),
            ),
        )
    }
)
