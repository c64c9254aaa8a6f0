"""LiveKit's realtime plugin, unmodified, on the stand-in: only its base_url is set."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import numpy as np
import pytest
from livekit import rtc
from livekit.agents import llm
from livekit.agents.llm import function_tool
from livekit.agents.metrics import RealtimeModelMetrics
from livekit.plugins.openai.realtime import RealtimeModel
from livekit.plugins.openai.realtime.realtime_model import RealtimeSession
from openai.types.realtime import AudioTranscription
from openai.types.realtime.realtime_audio_input_turn_detection import ServerVad

from sandbox.app import Running
from sandbox.desk import Desk
from sandbox.scripts import ScriptedReply

pytestmark = pytest.mark.unit

RATE = 24_000
LONG = "On and on it goes, and still it goes on. " * 20


def tone(seconds: float) -> np.ndarray:
    return (np.sin(np.arange(round(RATE * seconds)) * 2 * np.pi * 220 / RATE) * 3000).astype(np.int16)


def frame(pcm: np.ndarray) -> rtc.AudioFrame:
    return rtc.AudioFrame(pcm.tobytes(), RATE, 1, len(pcm))


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(RATE * seconds), np.int16)


@function_tool(
    raw_schema={
        "name": "create_task",
        "description": "Add a task.",
        "parameters": {"type": "object", "properties": {"title": {"type": "string"}}},
    }
)
async def create_task(raw_arguments: dict[str, object]) -> str:
    return "never run here"


class Heard:
    """What a session told its owner."""

    def __init__(self, session: RealtimeSession) -> None:
        self.generations: asyncio.Queue[llm.GenerationCreatedEvent] = asyncio.Queue()
        self.server: list[dict[str, Any]] = []
        self.metrics: asyncio.Queue[RealtimeModelMetrics] = asyncio.Queue()
        self.transcripts: list[str] = []
        self.errors: list[Any] = []
        self._grown = asyncio.Event()
        session.on("generation_created", self.generations.put_nowait)
        session.on("openai_server_event_received", self._note)
        session.on("metrics_collected", self._measure)
        session.on("error", self.errors.append)
        session.on("input_audio_transcription_completed", self._written)

    def _note(self, event: dict[str, Any]) -> None:
        self.server.append(event)
        self._grown.set()

    def _measure(self, metrics: Any) -> None:
        # One without a request is the report of a connection.
        if isinstance(metrics, RealtimeModelMetrics) and metrics.request_id.startswith("resp_"):
            self.metrics.put_nowait(metrics)

    def _written(self, event: llm.InputTranscriptionCompleted) -> None:
        if event.is_final:
            self.transcripts.append(event.transcript)

    async def event(self, kind: str) -> dict[str, Any]:
        async with asyncio.timeout(30):
            while not (found := [event for event in self.server if event["type"] == kind]):
                self._grown.clear()
                await self._grown.wait()
        return found[-1]

    async def generation(self) -> llm.GenerationCreatedEvent:
        return await asyncio.wait_for(self.generations.get(), 30)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def model(running: Running, http: aiohttp.ClientSession) -> RealtimeModel:
    return RealtimeModel(
        model="gpt-realtime",
        base_url=f"{running.url}/openai/v1?tag=call",
        api_key="sandbox",
        http_session=http,
        input_audio_transcription=AudioTranscription(model="gpt-realtime-whisper"),
        turn_detection=ServerVad(type="server_vad", silence_duration_ms=300),
    )


@pytest.fixture
async def session(model: RealtimeModel) -> AsyncIterator[RealtimeSession]:
    session = model.session()
    yield session
    await session.aclose()


@pytest.fixture
def heard(session: RealtimeSession) -> Heard:
    return Heard(session)


async def said(generation: llm.GenerationCreatedEvent) -> tuple[str, float]:
    """The words and the seconds of sound of a reply."""
    words, seconds = "", 0.0
    async with asyncio.timeout(60):
        async for message in generation.message_stream:
            words += "".join([piece async for piece in message.text_stream])
            seconds += sum([piece.duration async for piece in message.audio_stream])
    return words, seconds


async def test_a_spoken_turn_runs_a_tool_and_its_result_is_told(
    session: RealtimeSession, heard: Heard, desk: Desk
) -> None:
    await session.update_instructions("You keep tasks.")
    await session.update_tools([create_task])
    desk.told.put("call", "Add a task to buy milk.")
    session.push_audio(frame(np.concatenate([silence(0.5), tone(1.2), silence(1.0)])))
    generation = await heard.generation()
    async with asyncio.timeout(30):
        calls = [call async for call in generation.function_stream]
    assert [(call.name, json.loads(call.arguments)) for call in calls] == [
        ("create_task", {"title": "buy milk"})
    ]
    await heard.event("conversation.item.input_audio_transcription.completed")
    assert heard.transcripts == ["Add a task to buy milk."]
    context = session.chat_ctx.copy()
    task = {"id": "1", "title": "buy milk", "due": None, "status": "open"}
    result = json.dumps({"task": task, "changed": True, "repeated": False})
    context.items.append(
        llm.FunctionCallOutput(call_id=calls[0].call_id, name=calls[0].name, output=result, is_error=False)
    )
    async with asyncio.timeout(4):  # it would stall for 5 s without acknowledgements
        await session.update_chat_ctx(context)
    words, seconds = await said(await session.generate_reply())
    assert "buy milk" in words
    assert seconds > 1
    first, second = await heard.metrics.get(), await heard.metrics.get()
    rows = [row for row in desk.invoice.rows(tag="call") if row.model == "gpt-realtime"]
    assert [row.units["audio_output_tokens"] for row in rows] == [
        each.output_token_details.audio_tokens for each in (first, second)
    ]
    assert [sum(row.units[f"{kind}_input_tokens"] for kind in ("text", "audio")) for row in rows] == [
        each.input_tokens for each in (first, second)
    ]
    assert heard.errors == []


async def test_speech_over_the_reply_cancels_it_and_what_was_not_heard_is_cut(
    session: RealtimeSession, heard: Heard, desk: Desk
) -> None:
    desk.scripts.add([ScriptedReply(content=LONG)])
    generation = await session.generate_reply()
    async with asyncio.timeout(30):
        message = await anext(aiter(generation.message_stream))
        await anext(aiter(message.audio_stream))
    session.push_audio(frame(tone(0.5)))
    done = await heard.event("response.done")
    assert done["response"]["status_details"]["reason"] == "turn_detected"
    metrics = await asyncio.wait_for(heard.metrics.get(), 10)
    assert metrics.cancelled
    assert metrics.output_token_details.audio_tokens > 0
    session.interrupt()
    session.truncate(message_id=message.message_id, modalities=["text", "audio"], audio_end_ms=120)
    truncated = await heard.event("conversation.item.truncated")
    assert (truncated["item_id"], truncated["audio_end_ms"]) == (message.message_id, 120)
    assert heard.errors == []


async def test_a_history_is_taken_over_changed_and_answered(
    session: RealtimeSession, heard: Heard, desk: Desk
) -> None:
    context = llm.ChatContext()
    context.add_message(role="user", content="Add a task.")
    context.add_message(role="assistant", content="What should the task be?")
    async with asyncio.timeout(4):
        await session.update_chat_ctx(context)
    assert [item.id for item in session.chat_ctx.items] == [item.id for item in context.items]
    context.items.pop(0)
    context.add_message(role="user", content="Hello.")
    async with asyncio.timeout(4):
        await session.update_chat_ctx(context)
    assert [item.id for item in session.chat_ctx.items] == [item.id for item in context.items]
    words, _ = await said(await session.generate_reply(instructions="Greet them."))
    assert words == "Hello. What can I do for your tasks?"
    assert heard.errors == []


async def test_turns_without_detection_are_committed_by_the_client(model: RealtimeModel, desk: Desk) -> None:
    session = model.session(turn_detection_disabled=True)
    heard = Heard(session)
    desk.told.put("call", "Hello.")
    session.push_audio(frame(tone(1.0)))
    session.commit_audio()
    words, _ = await said(await session.generate_reply())
    assert words == "Hello. What can I do for your tasks?"
    assert not any(event["type"].endswith("speech_started") for event in heard.server)
    await session.aclose()
