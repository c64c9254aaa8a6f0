"""The stacks that a tier can be served with, as data: vendors, models, what can take a model's place, and when it is
shut down.

Sources: OpenAI's deprecations page (2026-11) for shutdown dates and successors; the models are those of the
product's specification.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from importlib.util import find_spec
from types import MappingProxyType
from typing import Final, Literal, Self

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
    service: str = field(default="", kw_only=True)
    """The vendor's API that serves it: what is healthy or not, as one."""

    @property
    def succeeded_on(self) -> date | None:
        """The first day on which the successor is served; None where none will be."""
        return None if self.shutdown is None or self.successor is None else self.shutdown - SUCCEED_BEFORE

    def on(self, day: date) -> Model:
        """The model to serve on a day: the successor from 30 days before the shutdown."""
        if self.successor is None or self.succeeded_on is None or day < self.succeeded_on:
            return self
        return MODELS.get(self.successor, replace(self, name=self.successor, shutdown=None, successor=None))


@dataclass(frozen=True)
class Stack:
    """The concrete models behind a tier, by name."""

    name: str
    tier: Tier
    parts: Mapping[Part, Model]
    beside: Mapping[Part, Model] = field(default_factory=lambda: MappingProxyType({}))
    """What helps where it can be had. The stack serves without it, so nobody asks whether it is healthy or configured."""

    @property
    def models(self) -> tuple[tuple[Part, Model], ...]:
        """Every model that may be used and billed, with its part."""
        return (*self.parts.items(), *self.beside.items())

    @property
    def is_cascade(self) -> bool:
        """Whether each part is a model of its own, not one that hears, thinks and speaks."""
        return "speech_to_speech" not in self.parts

    @property
    def has_voice(self) -> bool:
        """Whether it speaks; one that does not also does not hear: it reads and writes."""
        return "tts" in self.parts or "speech_to_speech" in self.parts

    @property
    def vendors(self) -> tuple[str, ...]:
        """The vendors involved, each once, in the order in which a turn meets them."""
        return tuple(dict.fromkeys(model.vendor for model in self.parts.values()))

    @property
    def services(self) -> tuple[str, ...]:
        """The vendors' APIs involved, each once, in the order in which a turn meets them."""
        return tuple(dict.fromkeys(model.service for model in self.parts.values()))

    def only_helps(self, service: str) -> bool:
        """Whether a service stands beside the stack alone: it serves without it."""
        return service not in self.services and any(each.service == service for each in self.beside.values())

    def on(self, day: date) -> Self:
        """The stack as it is served on a day, models near their shutdown replaced."""
        beside = MappingProxyType({part: model.on(day) for part, model in self.beside.items()})
        return replace(self._with({part: model.on(day) for part, model in self.parts.items()}), beside=beside)

    def without(self, down: Collection[str], settings: VendorSettings) -> Self | None:
        """The same stack with the first alternative that can be had for each part that cannot.

        `down` names services that are not to be used, or single models. What is not configured is not used either.
        None when nothing can take a part's place. Go from the stack of the catalogue each time: what came back is
        then used again.
        """
        parts: dict[Part, Model] = {}
        for part, model in self.parts.items():
            for candidate in _candidates(model):
                is_down = candidate.service in down or candidate.name in down
                if not is_down and why_no_model(candidate, settings) is None:
                    parts[part] = candidate
                    break
            else:
                return None
        return self._with(parts)

    def without_beside(self, is_given_up: Callable[[str], bool]) -> Self:
        """The same stack without what helps beside it on services that nobody dials now."""
        beside = {part: model for part, model in self.beside.items() if not is_given_up(model.service)}
        return replace(self, beside=MappingProxyType(beside))

    def alternatives(self, settings: VendorSettings) -> tuple[tuple[str, ...], ...]:
        """For each part the services that can serve it with these settings, each once, best first."""
        return tuple(
            tuple(
                dict.fromkeys(
                    candidate.service
                    for candidate in _candidates(model)
                    if why_no_model(candidate, settings) is None
                )
            )
            for model in self.parts.values()
        )

    def _with(self, parts: dict[Part, Model]) -> Self:
        return replace(self, parts=MappingProxyType(parts))


def _candidates(model: Model) -> Iterator[Model]:
    yield model
    for name in ALTERNATIVES.get(model.name, ()):
        yield MODELS[name]


def _models(*models: Model) -> Mapping[str, Model]:
    return MappingProxyType({model.name: model for model in models})


MODELS: Final = _models(
    Model("deepgram", "nova-3", service="deepgram-stt"),
    Model("openai", "gpt-4o", date(2027, 1, 14), "gpt-5.6-luna", service="openai-chat"),
    Model("openai", "gpt-4o-mini", date(2027, 1, 14), "gpt-5.6-luna", service="openai-chat"),
    Model("openai", "gpt-5.6-luna", service="openai-chat"),
    Model("cartesia", "sonic-3", service="cartesia"),
    Model("deepgram", "aura-2", service="deepgram-tts"),
    Model("elevenlabs", "eleven_flash_v2_5", service="elevenlabs"),
    Model("openai", "gpt-realtime", date(2027, 1, 20), "gpt-realtime-2.1", service="openai-realtime"),
    Model("openai", "gpt-realtime-2.1", service="openai-realtime"),
    Model("openai", "gpt-realtime-whisper", service="openai-realtime"),
    Model("google", "gemini-3.8-live", service="gemini-live"),
    Model("local", "whisper", service="whisper"),
    Model("local", "piper", service="piper"),
    Model("ollama", "ollama", service="ollama"),
)

SIGHT: Final = Model("google", "gemini-3.8-live", service="gemini-sight")
"""Looks at screens and does not serve calls: what becomes of sight says nothing of the voice, nor the other way round.

It calls functions without waiting and can be told to say nothing about them; gemini-3.1-flash-live-preview speaks an
answer to each (https://ai.google.dev/gemini-api/docs/models/gemini-3.8-live and gemini-3.1-flash-live-preview).
"""

SERVICES: Final = frozenset(model.service for model in (*MODELS.values(), SIGHT))
"""All that there is a breaker for."""

EXTRAS: Final[Mapping[str, str]] = MappingProxyType({"whisper": "ears", "piper": "voice"})
"""The optional extra of this package that brings an engine of our own, by its service."""
ENGINES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"whisper": ("faster_whisper",), "piper": ("piper",)}
)
"""What is imported of it."""

ALTERNATIVES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "nova-3": ("whisper",),
        "gpt-4o": ("gpt-4o-mini", "gpt-5.6-luna", "ollama"),
        "gpt-4o-mini": ("gpt-5.6-luna", "ollama"),
        "gpt-5.6-luna": ("ollama",),
        "eleven_flash_v2_5": ("sonic-3", "aura-2", "piper"),
        "sonic-3": ("aura-2", "piper"),
        "aura-2": ("piper",),
    }
)
"""What can take the place of a cascade's model, best first, by name."""


def _speech_to_speech(name: str, tier: Tier, *, model: str, transcription: str, ear: str) -> Stack:
    """`ear`: writes words while they are spoken, by which the end of a turn and a murmur are known (adr/0038)."""
    stack = _stack(name, tier, {"speech_to_speech": model, "transcription": transcription})
    return replace(stack, beside=MappingProxyType({"stt": MODELS[ear]}))


def _cascade(name: str, tier: Tier, *, stt: str, llm: str, tts: str) -> Stack:
    return _stack(name, tier, {"stt": stt, "llm": llm, "tts": tts})


def _stack(name: str, tier: Tier, parts: Mapping[Part, str]) -> Stack:
    return Stack(name, tier, MappingProxyType({part: MODELS[model] for part, model in parts.items()}))


STACKS: Final[Mapping[str, Stack]] = MappingProxyType(
    {
        stack.name: stack
        for stack in (
            _speech_to_speech(
                "premium",
                "premium",
                model="gpt-realtime",
                transcription="gpt-realtime-whisper",
                ear="nova-3",
            ),
            # It tells the caller's words with its answer, in no order: the Gate wants them before it, from an ear.
            _stack("gemini", "premium", {"stt": "nova-3", "speech_to_speech": "gemini-3.8-live"}),
            _cascade("quality", "economy", stt="nova-3", llm="gpt-4o", tts="eleven_flash_v2_5"),
            _cascade("economy", "economy", stt="nova-3", llm="gpt-4o-mini", tts="sonic-3"),
            _cascade("budget", "economy", stt="nova-3", llm="gpt-4o-mini", tts="aura-2"),
            _cascade("local", "economy", stt="whisper", llm="ollama", tts="piper"),
            _stack("text", "economy", {"llm": "gpt-4o-mini"}),
        )
    }
)


def why_not_configured(stack: Stack, settings: VendorSettings) -> str | None:
    """Why a stack cannot be built with these settings, as a sentence; None where it can.

    It speaks of the stack's own models: that something could take the place of one configures nothing.
    """
    reasons = (why_no_model(model, settings) for model in stack.parts.values())
    return next((reason for reason in reasons if reason is not None), None)


def why_no_model(model: Model, settings: VendorSettings) -> str | None:
    """What is missing to use a model, as a clause; None where nothing is."""
    if (extra := EXTRAS.get(model.service)) is not None and not _is_installed(model.service):
        return f"the extra '{extra}' is not installed"
    return why_no_vendor(model.vendor, settings)


@cache
def _is_installed(service: str) -> bool:
    """Whether the packages of an engine of our own are there; looked up once, since each call asks."""
    return all(find_spec(package) is not None for package in ENGINES[service])


def why_no_vendor(vendor: str, settings: VendorSettings) -> str | None:
    """What is missing to use a vendor, as a clause; None where nothing is."""
    if vendor == "ollama":
        return None if settings.base_url("ollama") else "OLLAMA_URL is not set and no sandbox runs"
    if vendor == "local" or settings.key(vendor):
        return None
    return f"{settings.key_name(vendor)} is not set"


def is_free(stack: Stack) -> bool:
    """Whether nobody sends a bill for it: every model runs on machines of our own."""
    return all(vendor in ("local", "ollama") for vendor in stack.vendors)


def is_sandboxed(stack: Stack, settings: VendorSettings) -> bool:
    """Whether any vendor of the stack is a stand-in on this machine, so that its money is not real."""
    return any(settings.is_stand_in(vendor) for vendor in stack.vendors)
