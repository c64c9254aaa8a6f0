"""A speech-to-speech stack on Gemini Live, with an ear of its own that writes the caller's turns down (adr/0035)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from livekit.agents import APIConnectOptions, stt

from tiers.catalogue import Model, Part, Stack
from tiers.end_of_turn import EndOfTurn
from tiers.gemini_realtime import GeminiRealtimeModel
from tiers.parts import Built, build_part
from tiers.settings import VendorSettings
from tiers.turns import turn_handling, voice_activity

EAR: Final[Part] = "stt"


class GeminiSpeech:
    """The built models of one stack and the turn settings, which are the cascade's."""

    speaks_lines = False
    """The model says our lines itself, when it is asked to; there is no voice beside it."""

    def __init__(self, ear: Built, llm: GeminiRealtimeModel, parts: Mapping[Part, Model]) -> None:
        self.built: Final[Mapping[Part, Built]] = MappingProxyType({EAR: ear})
        """The parts beside the model, as a meter and a watch look at them."""
        self.llm: Final = llm
        self.parts: Final = parts
        """The models as they are served: what the meter prices."""
        self.end_of_turn: Final = EndOfTurn(has_words=False)  # its ear writes when the turn is over

    def session_arguments(self, *, narrow: bool = False) -> dict[str, Any]:
        """What an AgentSession needs to run on these models. `narrow`: the caller's sound is a telephone's."""
        vad, turns = voice_activity(narrow=narrow), turn_handling(self.end_of_turn, narrow=narrow)
        return {"llm": self.llm, "vad": vad, "turn_handling": turns}

    def caller_speaks(self, speaking: bool) -> None:
        """Hear that the caller began or ceased to speak: only speech is sent, since silence is billed like it."""
        self.llm.caller_speaks(speaking)

    async def words(self, within: float) -> str:
        """The words of the turn that has just ended; empty where nobody wrote them down in so many seconds."""
        return await self.llm.words(within)

    async def aclose(self) -> None:
        """Close the ear's socket and HTTP session; a session does not close its models."""
        try:
            await self.llm.aclose()
        finally:
            await self.built[EAR].aclose()


def build(stack: Stack, settings: VendorSettings, *, call_id: str, today: date) -> GeminiSpeech:
    """Build the models of a stack as it is served today. Nothing is dialled before it is used."""
    parts = stack.on(today).parts
    ear = build_part(EAR, parts[EAR], settings, call_id=call_id)
    model = GeminiRealtimeModel(
        settings,
        model=parts["speech_to_speech"].name,
        call_id=call_id,
        recogniser=_streaming(ear.plugin),
        conn_options=APIConnectOptions(max_retry=1, retry_interval=2.0, timeout=8),
    )
    return GeminiSpeech(ear, model, parts)


def _streaming(plugin: stt.STT[Any]) -> stt.STT[Any]:
    """An ear that takes whole utterances is given them by a detector of speech."""
    if plugin.capabilities.streaming:
        return plugin
    return stt.StreamAdapter(stt=plugin, vad=voice_activity())
