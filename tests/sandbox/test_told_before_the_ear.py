"""Words told to a sandbox that has an ear: they stand for the next utterance, and of others the ear decides."""

import base64
import json
from dataclasses import dataclass, field

import aiohttp
import numpy as np
import pytest
from numpy.typing import NDArray

from cli.caller.sound import MICROPHONE_RATE
from cli.caller.told_sound import told_sound
from sandbox.app import Running
from sandbox.desk import Desk
from tiers.local.resample import resample

pytestmark = pytest.mark.unit

TOLD, HEARD = "Add a task to buy zwieback.", "You."
REALTIME_RATE = 24_000


@dataclass
class Words:
    text: str = HEARD
    seconds: float = 1.0
    no_speech: float = 0.2


@dataclass
class Ear:
    asked: list[float] = field(default_factory=list)

    async def transcribe(self, pcm: NDArray[np.int16], sample_rate: int = 16_000) -> Words:
        self.asked.append(len(pcm) / sample_rate)
        return Words()


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def desk(ear: Ear) -> Desk:
    return Desk(ear=ear)


def hum(rate: int) -> bytes:
    """What a told caller sounds like, and the silence after it."""
    spoken = resample(told_sound(TOLD), MICROPHONE_RATE, rate)
    return (
        np.concatenate([np.zeros(rate, np.int16), spoken, np.zeros(rate, np.int16)]).astype("<i2").tobytes()
    )


async def test_the_stand_in_for_deepgram_writes_told_words_and_asks_no_ear_for_them(
    desk: Desk, ear: Ear, running: Running, http: aiohttp.ClientSession
) -> None:
    query = {"model": "nova-3", "encoding": "linear16", "sample_rate": "16000", "tag": "call"}
    query |= {"punctuate": "true", "interim_results": "true"}
    headers = {"Authorization": "Token sandbox"}
    url = running.url + "/deepgram/v1/listen"

    async def said(socket: aiohttp.ClientWebSocketResponse) -> str:
        await socket.send_bytes(hum(16_000))
        while True:
            message = await socket.receive_json(timeout=10)
            if message["type"] == "Results" and message["is_final"] and message["speech_final"]:
                return str(message["channel"]["alternatives"][0]["transcript"])

    async with http.ws_connect(url, params=query, headers=headers) as socket:
        desk.told.put("another call", "not these")
        desk.told.put("call", TOLD)
        assert await said(socket) == TOLD
        assert ear.asked == []
        assert await said(socket) == HEARD
        assert ear.asked != []


async def test_the_stand_in_for_openais_realtime_writes_told_words_and_asks_no_ear_for_them(
    desk: Desk, ear: Ear, running: Running, http: aiohttp.ClientSession
) -> None:
    url = f"{running.url}/openai/v1/realtime?model=gpt-realtime&tag=call"
    session = {"turn_detection": None, "transcription": {"model": "gpt-realtime-whisper"}}

    async def said(socket: aiohttp.ClientWebSocketResponse) -> str:
        audio = base64.b64encode(hum(REALTIME_RATE)).decode()
        await socket.send_str(json.dumps({"type": "input_audio_buffer.append", "audio": audio}))
        await socket.send_str(json.dumps({"type": "input_audio_buffer.commit"}))
        while True:
            event = await socket.receive_json(timeout=10)
            assert event["type"] != "error", event
            if event["type"] == "conversation.item.input_audio_transcription.completed":
                return str(event["transcript"])

    async with http.ws_connect(url, headers={"authorization": "Bearer sandbox"}) as socket:
        update = {"type": "session.update", "session": {"type": "realtime", "audio": {"input": session}}}
        await socket.send_str(json.dumps(update))
        desk.told.put("another call", "not these")
        desk.told.put("call", TOLD)
        assert await said(socket) == TOLD
        assert ear.asked == []
        assert await said(socket) == HEARD
        assert len(ear.asked) == 1
