"""What an ear beside Gemini Live meets is no end of Gemini's answer, and does not have it paid for twice."""

from __future__ import annotations

import time
from typing import Any, cast

import pytest
from google.genai import types
from livekit import rtc
from livekit.agents import APIConnectionError, llm, stt

from tiers.catalogue import STACKS
from tiers.metering.bookings import Bookings
from tiers.metering.gemini import GeminiSpeakingWatch
from tiers.usage import Usage

pytestmark = pytest.mark.unit

SOUND = types.LiveServerMessage(
    server_content=types.LiveServerContent(
        model_turn=types.Content(
            parts=[types.Part(inline_data=types.Blob(data=bytes(48_000), mime_type="audio/pcm"))]
        )
    )
)
REPORT = types.LiveServerMessage(
    usage_metadata=types.UsageMetadata(prompt_token_count=300, response_token_count=20)
)


@pytest.mark.parametrize(
    ("error", "certainties"),
    [
        (stt.STTError, ["actual"]),
        (llm.RealtimeModelError, ["estimated", "actual"]),
    ],
)
def test_only_what_ends_an_answer_has_it_estimated(error: Any, certainties: list[str]) -> None:
    used: list[Usage] = []
    session = rtc.EventEmitter[str]()
    model = STACKS["gemini"].parts["speech_to_speech"]
    bookings = Bookings("gemini", "s1", used.append)
    GeminiSpeakingWatch(bookings, cast("llm.RealtimeSession[Any]", session), model)
    session.emit("gemini_server_event", SOUND)
    failed = error(timestamp=time.time(), label="it", error=APIConnectionError("gone"), recoverable=True)
    session.emit("error", failed)
    session.emit("gemini_server_event", REPORT)
    assert [usage.certainty for usage in used] == certainties
