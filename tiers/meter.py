"""The meter of one session: everything that its vendors bill, as it happens, heard or not.

It listens on the models, not on the session: a session unhooks its metrics before the last seconds of the caller were
counted, and reports nothing of an interrupted answer, of a broken socket or of what was written down.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol

from livekit.agents import llm, metrics

from tiers.catalogue import Model, Stack
from tiers.metering.aura import AuraWatch
from tiers.metering.bookings import Bookings
from tiers.metering.elevenlabs import ElevenLabsWatch
from tiers.metering.hearing import HearingWatch
from tiers.metering.speaking import SpeakingWatch
from tiers.metering.taps import ChatTap, Handshake, SocketTap, SocketWatcher, quietly
from tiers.metering.thinking import Beginnings, ThinkingWatch
from tiers.metering.voice import VoiceWatch
from tiers.usage import Part, Usage

if TYPE_CHECKING:
    from tiers.cascade import Cascade
    from tiers.gemini_speech import GeminiSpeech
    from tiers.parts import Built
    from tiers.speech_to_speech import SpeechToSpeech


class _Watch(Protocol):
    def flush(self) -> None: ...


class _SocketWatch(SocketWatcher, _Watch, Protocol): ...


_SOCKETS: Final[Mapping[str, Callable[[Bookings, Model, Handshake], _SocketWatch]]] = MappingProxyType(
    {
        "deepgram-stt": HearingWatch,
        "cartesia": VoiceWatch,
        "deepgram-tts": AuraWatch,
        "elevenlabs": ElevenLabsWatch,
    }
)
"""What watches the sockets of a service."""


class Meter:
    """Tells `on_usage` of every billable event of a stack's models, once.

    Make it when the models are built and before a session uses them; close it after both. `session` begins the ids of
    its events; left out, it is a random one. `beginnings`: what is known of the vendors' caches beyond this session.
    `on_usage` is called in the event loop, between two pieces of sound: it may not block. What it raises is logged, and
    it is told once more at the end; `on_lost` hears the part of each event that is lost for good.
    """

    def __init__(
        self,
        stack: Stack,
        models: Cascade | SpeechToSpeech | GeminiSpeech,
        on_usage: Callable[[Usage], None],
        *,
        session: str | None = None,
        beginnings: Beginnings | None = None,
        on_lost: Callable[[Part], None] = lambda _: None,
    ) -> None:
        self._beginnings = beginnings
        self._bookings = Bookings(stack.name, session or secrets.token_hex(6), on_usage, on_lost)
        self._watches: list[_Watch] = []
        self._count = 0
        if "speech_to_speech" in models.parts:
            self._listen_to_sessions(models)
            for part, built in getattr(models, "built", {}).items():
                self._listen_to_part(part, built)
        else:
            self._listen_to_cascade(models)

    async def aclose(self) -> None:
        """Book what is still owed: answers whose end nobody saw, the last of the caller's sound. Nothing comes after it."""
        for watch in self._watches:
            quietly(watch.flush)
        self._watches.clear()
        self._bookings.close()

    # One model that hears and speaks

    def _listen_to_sessions(self, models: Any) -> None:
        model, make = models.llm, models.llm.session
        spoken, written = models.parts["speech_to_speech"], models.parts.get("transcription")

        def session(*arguments: Any, **named: Any) -> llm.RealtimeSession[Any]:
            made: llm.RealtimeSession[Any] = make(*arguments, **named)
            self._watches.append(self._speaking(made, spoken, written))
            return made

        # The model makes a session whenever an agent takes over, and tells nobody.
        model.session = session

    def _speaking(self, session: llm.RealtimeSession[Any], spoken: Model, written: Model | None) -> _Watch:
        if written is not None:
            return SpeakingWatch(self._bookings, session, spoken, written)
        from tiers.metering.gemini import GeminiSpeakingWatch

        return GeminiSpeakingWatch(self._bookings, session, spoken)

    # A model for each part

    def _listen_to_cascade(self, models: Any) -> None:
        for part, built in models.built.items():
            self._listen_to_part(part, built)
        # A part that is replaced in mid-call goes on being watched to its end, and so is what replaces it.
        models.on_built = self._listen_to_part

    def _listen_to_part(self, part: Part, built: Built) -> None:
        if built.tap is None:
            built.plugin.on("metrics_collected", self._reports(part, built.model))
        elif isinstance(built.tap, ChatTap):
            watch = ThinkingWatch(self._bookings, built.model, self._beginnings)
            self._watches.append(watch)
            built.tap.watch = watch.request
        else:
            self._tap(built.tap, built.model, _SOCKETS[built.model.service])

    def _tap(
        self, tap: SocketTap, model: Model, make: Callable[[Bookings, Model, Handshake], _SocketWatch]
    ) -> None:
        def watch(handshake: Handshake) -> SocketWatcher:
            made = make(self._bookings, model, handshake)
            self._watches.append(made)
            return made

        tap.watch = watch

    def _reports(self, part: Part, model: Model) -> Callable[[Any], None]:
        """Take the plugin's own word for a model that costs nothing: it need not be exact."""

        def report(event: Any) -> None:
            units: dict[str, int] = {}
            match event:
                case metrics.STTMetrics():
                    units = {"audio_ms": round(event.audio_duration * 1000)}
                case metrics.LLMMetrics():
                    units = {
                        "input_tokens": event.prompt_tokens,
                        "cached_input_tokens": event.prompt_cached_tokens,
                        "output_tokens": event.completion_tokens,
                    }
                case metrics.TTSMetrics():
                    units = {"characters": event.characters_count}
            if any(units.values()):
                self._count += 1
                self._bookings.book(f"{event.request_id}:{self._count}", model, part, units)

        return lambda event: quietly(report, event)
