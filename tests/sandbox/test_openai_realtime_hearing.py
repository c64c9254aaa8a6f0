"""The realtime stand-in with the real ear and voice: Piper speaks, Whisper hears, the unmodified plugin between."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import aiohttp
import numpy as np
import pytest
from livekit import rtc
from livekit.agents import llm
from livekit.agents.llm import function_tool
from livekit.plugins.openai.realtime import RealtimeModel
from livekit.plugins.openai.realtime.realtime_model import RealtimeSession

from sandbox.app import serve
from sandbox.desk import Desk
from tiers.local.ear import Ear
from tiers.local.resample import resample
from tiers.local.voice import Voice

pytestmark = pytest.mark.system

RATE = 24_000


@function_tool(
    raw_schema={
        "name": "create_task",
        "description": "Add a task.",
        "parameters": {"type": "object", "properties": {"title": {"type": "string"}}},
    }
)
async def create_task(raw_arguments: dict[str, object]) -> str:
    return "never run here"


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    ear = Ear()
    await ear.load()
    yield Desk(ear=ear, voice=Voice())
    ear.close()


@pytest.fixture
async def session(desk: Desk) -> AsyncIterator[RealtimeSession]:
    # The plugin's own turn detection is semantic.
    async with serve(desk) as running, aiohttp.ClientSession() as http:
        model = RealtimeModel(base_url=f"{running.url}/openai/v1", api_key="sandbox", http_session=http)
        session = model.session()
        yield session
        await session.aclose()


async def spoken(desk: Desk, text: str) -> np.ndarray:
    sound = b"".join([piece async for piece in desk.voice.speak(text)])
    return resample(np.frombuffer(sound, np.int16), desk.voice.sample_rate, RATE)


def silence(seconds: float) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 5, round(seconds * RATE)).astype(np.int16)


async def say(session: RealtimeSession, pcm: np.ndarray) -> None:
    """In real time, 20 ms at a time, as from a room; then silence until it is ended."""
    began = time.monotonic()
    for first in range(0, len(pcm), 480):
        piece = pcm[first : first + 480]
        await asyncio.sleep(max(0.0, began + first / RATE - time.monotonic()))
        session.push_audio(rtc.AudioFrame(piece.tobytes(), RATE, 1, len(piece)))
    while True:
        await asyncio.sleep(0.02)
        quiet = silence(0.02)
        session.push_audio(rtc.AudioFrame(quiet.tobytes(), RATE, 1, len(quiet)))


async def test_a_sentence_is_heard_understood_and_answered_aloud(
    desk: Desk, session: RealtimeSession
) -> None:
    generations: asyncio.Queue[llm.GenerationCreatedEvent] = asyncio.Queue()
    session.on("generation_created", generations.put_nowait)
    await session.update_tools([create_task])
    sentence = await spoken(desk, "Please add a task to call my sister.")
    saying = asyncio.create_task(say(session, np.concatenate([silence(0.4), sentence])))
    generation = await asyncio.wait_for(generations.get(), 60)
    saying.cancel()
    async with asyncio.timeout(60):
        calls = [call async for call in generation.function_stream]
    assert [call.name for call in calls] == ["create_task"]
    assert "call my sister" in json.loads(calls[0].arguments)["title"].lower()
    context = session.chat_ctx.copy()
    task = {"id": "1", "title": "call my sister", "due": None, "status": "open"}
    result = json.dumps({"task": task, "changed": True, "repeated": False})
    context.items.append(
        llm.FunctionCallOutput(call_id=calls[0].call_id, name=calls[0].name, output=result, is_error=False)
    )
    await session.update_chat_ctx(context)
    answer = await session.generate_reply()
    pieces: list[rtc.AudioFrame] = []
    async with asyncio.timeout(60):
        async for message in answer.message_stream:
            words = "".join([piece async for piece in message.text_stream])
            pieces += [piece async for piece in message.audio_stream]
    pcm = np.concatenate([np.frombuffer(piece.data, np.int16) for piece in pieces])
    # What came back is speech, and says what its transcript says.
    assert "sister" in words
    assert desk.ear is not None
    heard = await desk.ear.transcribe(resample(pcm, RATE, 16_000))
    assert "sister" in heard.text.lower()
