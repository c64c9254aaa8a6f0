"""The stand-in with the real ear: Piper speaks, Whisper hears, the unmodified plugin is between them."""

import asyncio
import time
from collections.abc import AsyncIterator

import aiohttp
import numpy as np
import pytest
from livekit import rtc
from livekit.agents import stt
from livekit.plugins import deepgram

from sandbox.app import serve
from sandbox.desk import Desk
from tiers.local.ear import Ear
from tiers.local.resample import resample
from tiers.local.voice import Voice

pytestmark = pytest.mark.system

RATE = 16_000


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    ear = Ear()
    await ear.load()
    yield Desk(ear=ear, voice=Voice())
    ear.close()


@pytest.fixture
async def stream(desk) -> AsyncIterator[deepgram.SpeechStream]:
    async with serve(desk) as running, aiohttp.ClientSession() as http:
        ear = deepgram.STT(
            base_url=running.url + "/deepgram/v1/listen", api_key="sandbox", http_session=http, tags=["call"]
        )
        stream = ear.stream()
        yield stream
        await stream.aclose()


async def spoken(desk: Desk, text: str) -> np.ndarray:
    sound = b"".join([piece async for piece in desk.voice.speak(text)])
    return resample(np.frombuffer(sound, np.int16), desk.voice.sample_rate, RATE)


def silence(seconds: float) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 5, round(seconds * RATE)).astype(np.int16)


async def say(stream: deepgram.SpeechStream, pcm: np.ndarray) -> None:
    """In real time, 20 ms at a time, as from a room."""
    began = time.monotonic()
    for first in range(0, len(pcm), 320):
        piece = pcm[first : first + 320]
        await asyncio.sleep(max(0.0, began + first / RATE - time.monotonic()))
        stream.push_frame(rtc.AudioFrame(piece.tobytes(), RATE, 1, len(piece)))


async def finals(stream: deepgram.SpeechStream, until: asyncio.Task[None]) -> list[str]:
    """Final transcripts up to the end of speech after all was said."""
    texts = []
    async with asyncio.timeout(60):
        async for event in stream:
            if event.type == stt.SpeechEventType.FINAL_TRANSCRIPT:
                texts.append(event.alternatives[0].text)
                if until.done() or "thank" in texts[-1].lower():
                    return texts
    return texts


async def test_a_sentence_with_a_pause_inside_stays_whole(desk, stream):
    first = await spoken(desk, "Please add a task to call my sister")
    second = await spoken(desk, "on Friday afternoon, thank you.")
    # 150 ms of silence between: what a comma is.
    sound = np.concatenate([silence(0.4), _trimmed(first), silence(0.15), _trimmed(second), silence(2.5)])
    saying = asyncio.create_task(say(stream, sound))
    texts = await finals(stream, saying)
    await saying
    assert len(texts) == 1
    heard = texts[0].lower()
    assert "call my sister" in heard
    assert "friday afternoon" in heard


async def test_noise_is_no_utterance(desk, stream):
    noise = np.random.default_rng(4).normal(0, 1_500, 3 * RATE).astype(np.int16)
    stream.push_frame(rtc.AudioFrame(noise.tobytes(), RATE, 1, len(noise)))
    sound = np.concatenate([await spoken(desk, "What is on my list today? Thank you."), silence(2.5)])
    saying = asyncio.create_task(say(stream, sound))
    texts = await finals(stream, saying)
    await saying
    assert "list today" in " ".join(texts).lower()
    assert texts[0].lower().startswith("what")


def _trimmed(pcm: np.ndarray) -> np.ndarray:
    """Without the silence that the voice puts around a sentence."""
    loud = np.flatnonzero(np.abs(pcm) > 200)
    return pcm[loud[0] : loud[-1]]
