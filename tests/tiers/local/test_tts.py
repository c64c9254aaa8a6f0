"""Piper as a session uses it: a process that dies is spoken on for, and one that cannot speak is told as a vendor is."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from livekit.agents import APIConnectionError, APIConnectOptions
from livekit.agents.tts import SynthesizeStream, TTSError

from tiers.diagnosis import classify
from tiers.faults import Fault
from tiers.local.tts import PiperTTS
from tiers.local.voice import SAMPLE_RATE, Voice, VoiceError

pytestmark = pytest.mark.system

ONCE_MORE = APIConnectOptions(max_retry=1, retry_interval=0.01, timeout=10)
LONG = (
    "The first task is to buy some bread. The second one is to water the plants. The third is to call mum. "
    * 4
)


def told(piper: PiperTTS) -> list[TTSError]:
    """What a session hears of its voice's errors."""
    heard: list[TTSError] = []
    piper.on("error", heard.append)
    return heard


async def seconds(piper: PiperTTS, text: str, *, kill: bool = False) -> float:
    length = 0.0
    async with piper.synthesize(text, conn_options=ONCE_MORE) as speaking:
        async for each in speaking:
            length += each.frame.duration
            if kill:
                kill = False
                os.kill(piper._voice.pid, signal.SIGKILL)
    return length


async def test_a_process_that_is_killed_in_the_middle_leaves_nothing_unsaid_and_nothing_said_twice(
    voice: Voice,
) -> None:
    piper = PiperTTS(voice)
    errors = told(piper)
    whole = await seconds(piper, LONG)
    assert await seconds(piper, LONG, kill=True) == pytest.approx(whole, rel=0.05)
    assert errors == []


async def test_a_voice_that_cannot_be_loaded_is_told_as_a_vendor_that_is_down() -> None:
    piper = PiperTTS(Voice("nobody.onnx"))
    errors = told(piper)
    with pytest.raises(APIConnectionError) as raised:
        await seconds(piper, "Okay.")
    await piper.aclose()
    assert classify(raised.value) is Fault.VENDOR_DOWN
    assert [error.recoverable for error in errors] == [True, False]


class Dying(Voice):
    """A voice of which each life says two sentences at most."""

    def __init__(self) -> None:
        self.sample_rate = SAMPLE_RATE
        self.lives = 0

    async def speak(self, text: str, *, voice: str | None = None) -> AsyncGenerator[bytes, None]:
        self.lives += 1
        for _ in range(2):
            yield bytes(2 * SAMPLE_RATE)
        raise VoiceError("the process has ended")


async def test_a_voice_that_dies_over_the_same_text_again_leaves_the_rest_to_another() -> None:
    dying = Dying()
    with pytest.raises(APIConnectionError) as raised:
        await seconds(PiperTTS(dying), LONG)
    assert not raised.value.retryable
    assert dying.lives == 2


async def test_a_text_without_words_is_a_breath_and_no_error(voice: Voice) -> None:
    piper = PiperTTS(voice)
    errors = told(piper)
    assert 0 < await seconds(piper, "… !") < 0.1
    assert errors == []


async def test_the_words_of_an_answer_whose_voice_cannot_start_end_in_an_error(voice: Voice) -> None:
    """As the session asks, sentence by sentence: `speaking` carries such an error to the next voice."""
    from livekit.agents.tts import StreamAdapter

    piper = PiperTTS(Voice("nobody.onnx"))
    stream: Any = StreamAdapter(tts=piper).stream(conn_options=ONCE_MORE)
    assert isinstance(stream, SynthesizeStream)
    stream.push_text("Here is a whole sentence. And here is another one.")
    stream.end_input()
    with pytest.raises(APIConnectionError):
        async for _ in stream:
            pass
    await stream.aclose()
    await piper.aclose()
