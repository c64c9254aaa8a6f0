"""The stacks that a tier can be served with, as data: vendors, models, and when a model is shut down.

Sources: OpenAI's deprecations page (2026-11) for shutdown dates and successors; the models are those of the
product's specification.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final, Literal

from tiers.settings import VendorSettings

Tier = Literal["premium", "economy"]
Part = Literal["stt", "llm", "tts", "speech_to_speech", "transcription"]

SUCCEED_BEFORE: Final = timedelta(days=30)
"""From this long before a shutdown the successor is served."""


@dataclass(frozen=True)
class Model:
    """One model of one vendor. `shutdown` is the first day on which the vendor no longer serves it."""

    vendor: str
    name: str
    shutdown: date | None = None
    successor: str | None = None

    def on(self, day: date) -> Model:
        """The model to serve on a day: the successor from 30 days before the shutdown."""
        if self.shutdown is None or self.successor is None or day < self.shutdown - SUCCEED_BEFORE:
            return self
        return MODELS.get(self.successor, replace(self, name=self.successor, shutdown=None, successor=None))


@dataclass(frozen=True)
class Stack:
    """The concrete models behind a tier, by name."""

    name: str
    tier: Tier
    parts: Mapping[Part, Model]

    @property
    def is_cascade(self) -> bool:
        """Whether hearing, thinking and speaking are three models, not one."""
        return "speech_to_speech" not in self.parts

    @property
    def vendors(self) -> tuple[str, ...]:
        """The vendors involved, each once, in the order in which a turn meets them."""
        return tuple(dict.fromkeys(model.vendor for model in self.parts.values()))

    def on(self, day: date) -> Stack:
        """The stack as it is served on a day, models near their shutdown replaced."""
        return replace(
            self, parts=MappingProxyType({part: model.on(day) for part, model in self.parts.items()})
        )


def _models(*models: Model) -> Mapping[str, Model]:
    return MappingProxyType({model.name: model for model in models})


MODELS: Final = _models(
    Model("deepgram", "nova-3"),
    Model("openai", "gpt-4o-mini", date(2027, 1, 14), "gpt-5.6-luna"),
    Model("openai", "gpt-5.6-luna"),
    Model("cartesia", "sonic-3"),
    Model("openai", "gpt-realtime", date(2027, 1, 20), "gpt-realtime-2.1"),
    Model("openai", "gpt-realtime-2.1"),
    Model("openai", "gpt-realtime-whisper"),
    Model("local", "whisper"),
    Model("local", "piper"),
    Model("ollama", "ollama"),
)


def _speech_to_speech(name: str, tier: Tier, *, model: str, transcription: str) -> Stack:
    parts: dict[Part, Model] = {"speech_to_speech": MODELS[model], "transcription": MODELS[transcription]}
    return Stack(name, tier, MappingProxyType(parts))


def _cascade(name: str, tier: Tier, *, stt: str, llm: str, tts: str) -> Stack:
    parts: dict[Part, Model] = {"stt": MODELS[stt], "llm": MODELS[llm], "tts": MODELS[tts]}
    return Stack(name, tier, MappingProxyType(parts))


STACKS: Final[Mapping[str, Stack]] = MappingProxyType(
    {
        stack.name: stack
        for stack in (
            _speech_to_speech(
                "premium", "premium", model="gpt-realtime", transcription="gpt-realtime-whisper"
            ),
            _cascade("economy", "economy", stt="nova-3", llm="gpt-4o-mini", tts="sonic-3"),
            _cascade("local", "economy", stt="whisper", llm="ollama", tts="piper"),
        )
    }
)


def why_not_configured(stack: Stack, settings: VendorSettings) -> str | None:
    """Why a stack cannot be built with these settings, as a sentence; None where it can."""
    for vendor in stack.vendors:
        if vendor == "ollama":
            if not settings.ollama_url and not settings.is_stand_in("openai"):
                return "OLLAMA_URL is not set and no sandbox runs"
        elif vendor != "local" and not settings.key(vendor):
            return f"{vendor.upper()}_API_KEY is not set"
    return None


def is_free(stack: Stack) -> bool:
    """Whether nobody sends a bill for it: every model runs on machines of our own."""
    return all(vendor in ("local", "ollama") for vendor in stack.vendors)


def is_sandboxed(stack: Stack, settings: VendorSettings) -> bool:
    """Whether any vendor of the stack is a stand-in on this machine, so that its money is not real."""
    return any(
        settings.is_stand_in("openai")
        if vendor == "ollama" and not settings.ollama_url
        else vendor not in ("local", "ollama") and settings.is_stand_in(vendor)
        for vendor in stack.vendors
    )
