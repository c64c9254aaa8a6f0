"""A speech-to-speech stack: one realtime model that hears, thinks and speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from livekit.agents import APIConnectOptions
from openai.types.realtime import AudioTranscription

from tiers.catalogue import Model, Part, Stack
from tiers.end_of_turn import EndOfTurn
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

    speaks_lines = False
    """The model says our lines itself, when it is asked to; there is no voice beside it."""

    def session_arguments(self, *, narrow: bool = False) -> dict[str, Any]:
        """What an AgentSession needs to run on these models. `narrow`: the caller's sound is a telephone's."""
        vad, turns = voice_activity(narrow=narrow), turn_handling(self.end_of_turn, narrow=narrow)
        return {"llm": self.llm, "vad": vad, "turn_handling": turns}

    async def words(self, within: float) -> str:
        """The words of the turn that has just ended; empty where nobody wrote them down in so many seconds."""
        return await self.llm.words(within)

    def caller_speaks(self, speaking: bool) -> None:
        """Hear that the caller began or ceased to speak: only speech is sent, since silence is billed like it."""
        self.llm.caller_speaks(speaking)

    async def aclose(self) -> None:
        """Close the vendor's HTTP session; a session does not close its model."""
        await self.llm.aclose()


def build(stack: Stack, settings: VendorSettings, *, call_id: str, today: date) -> SpeechToSpeech:
    """Build the realtime model of a stack as it is served today."""
    parts = stack.on(today).parts
    base_url = settings.base_url("openai")
    if settings.is_stand_in("openai"):
        # The plugin has no field for a label of ours; only the sandbox's invoice is told by call here.
        base_url = f"{base_url}/realtime?tag={call_id}"
    return SpeechToSpeech(
        llm=ThriftyRealtimeModel(
            model=parts["speech_to_speech"].name,
            api_key=settings.key("openai"),
            base_url=base_url,
            # The plugin's default transcriber is billed by token; the one named here by minute.
            input_audio_transcription=AudioTranscription(model=parts["transcription"].name, language="en"),
            conn_options=APIConnectOptions(max_retry=2, retry_interval=0.5, timeout=8),
        ),
        end_of_turn=EndOfTurn(has_words=False),
        parts=parts,
    )
