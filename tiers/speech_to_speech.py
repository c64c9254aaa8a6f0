"""A speech-to-speech stack: one realtime model that hears, thinks and speaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from livekit.agents import APIConnectOptions
from openai.types.realtime import AudioTranscription

from tiers.catalogue import Model, Part, Stack, why_no_vendor
from tiers.end_of_turn import EndOfTurn
from tiers.parts import Built, build_part
from tiers.settings import VendorSettings
from tiers.thrifty_realtime import ThriftyRealtimeModel
from tiers.turns import turn_handling, voice_activity


@dataclass
class SpeechToSpeech:
    """The built realtime model and the turn settings, which are the cascade's."""

    llm: ThriftyRealtimeModel
    end_of_turn: EndOfTurn
    parts: Mapping[Part, Model]
    """The models as they are served: what the meter prices."""
    built: Mapping[Part, Built] = field(default_factory=dict)
    """The ear beside the model, as a meter looks at it; empty where none can be had."""

    speaks_lines = False
    """The model says our lines itself, when it is asked to; there is no voice beside it."""

    def session_arguments(self, *, narrow: bool = False) -> dict[str, Any]:
        """What an AgentSession needs to run on these models. `narrow`: the caller's sound is a telephone's."""
        return {
            "llm": self.llm,
            "vad": voice_activity(self.end_of_turn, narrow=narrow),
            "turn_handling": turn_handling(self.end_of_turn, narrow=narrow),
        }

    async def words(self, within: float) -> str:
        """The words of the turn that has just ended; empty where nobody wrote them down in so many seconds."""
        return await self.llm.words(within)

    def overhear(
        self, on_words: Callable[[str, bool], None], on_failed: Callable[[BaseException], None]
    ) -> None:
        """Give what an ear beside the model writes, while it is spoken, and what its vendor fails with; nothing where
        there is none.
        """
        self.llm.on_words, self.llm.on_unheard = on_words, self.end_of_turn.fails
        self.llm.on_ear_failed = on_failed
        self.end_of_turn.behind = self.llm.behind

    def caller_speaks(self, speaking: bool) -> None:
        """Hear that the caller began or ceased to speak: only speech is sent, since silence is billed like it."""
        self.llm.caller_speaks(speaking)

    async def aclose(self) -> None:
        """Close the vendors' HTTP sessions; a session does not close its models."""
        try:
            await self.llm.aclose()
        finally:
            for built in self.built.values():
                await built.aclose()


def build(stack: Stack, settings: VendorSettings, *, call_id: str, today: date) -> SpeechToSpeech:
    """Build the realtime model of a stack as it is served today."""
    parts = stack.on(today).parts
    base_url = settings.base_url("openai")
    if settings.is_stand_in("openai"):
        # The plugin has no field for a label of ours; only the sandbox's invoice is told by call here.
        base_url = f"{base_url}/realtime?tag={call_id}"
    ears = {
        part: build_part(part, model, settings, call_id=call_id, beside=True)
        for part, model in stack.on(today).beside.items()
        if settings.ear_beside and why_no_vendor(model.vendor, settings) is None
    }
    ear = ears.get("stt")
    return SpeechToSpeech(
        llm=ThriftyRealtimeModel(
            recogniser=ear.plugin if ear is not None else None,
            model=parts["speech_to_speech"].name,
            api_key=settings.key("openai"),
            base_url=base_url,
            # The plugin's default transcriber is billed by token; the one named here by minute.
            input_audio_transcription=AudioTranscription(model=parts["transcription"].name, language="en"),
            conn_options=APIConnectOptions(max_retry=2, retry_interval=0.5, timeout=8),
        ),
        end_of_turn=EndOfTurn(has_words=ear is not None, overheard=True),
        parts=parts,
        built=ears,
    )
