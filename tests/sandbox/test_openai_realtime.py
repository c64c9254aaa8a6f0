"""The realtime stand-in over real sockets: events as OpenAI's own types have them, told words and a tone for sound."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import numpy as np
import openai
import pytest
from openai import BaseModel
from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter

from cli.conformance.types import OPENAI_EXTRAS, unknown_fields
from sandbox.app import Running
from sandbox.desk import Desk
from sandbox.profiles import Profile, Span
from sandbox.scripts import ScriptedCall, ScriptedReply

pytestmark = pytest.mark.unit

RATE = 24_000
SERVER_EVENT: TypeAdapter[BaseModel] = TypeAdapter(RealtimeServerEvent)
MANUAL = {"input": {"turn_detection": None}}


def tone(seconds: float) -> np.ndarray:
    return (np.sin(np.arange(round(RATE * seconds)) * 2 * np.pi * 220 / RATE) * 3000).astype("<i2")


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(RATE * seconds), "<i2")


class Caller:
    """A client that checks each event against OpenAI's types and keeps them all."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.events: list[dict[str, Any]] = []

    async def send(self, kind: str, **fields: Any) -> None:
        await self.socket.send_str(json.dumps({"type": kind, **fields}))

    async def say(self, *sounds: np.ndarray) -> None:
        for sound in sounds:
            audio = base64.b64encode(sound.tobytes()).decode()
            await self.send("input_audio_buffer.append", audio=audio)

    async def next(self) -> dict[str, Any]:
        message = await self.socket.receive(timeout=30)
        assert message.type == aiohttp.WSMsgType.TEXT, message
        event: dict[str, Any] = json.loads(message.data)
        model = SERVER_EVENT.validate_python(event, strict=True)
        assert unknown_fields(model) <= OPENAI_EXTRAS, event
        self.events.append(event)
        return event

    async def until(self, kind: str) -> dict[str, Any]:
        while True:
            event = await self.next()
            if event["type"] == kind:
                return event
            assert event["type"] != "error", event

    async def set(self, **session: Any) -> dict[str, Any]:
        await self.send("session.update", session={"type": "realtime", **session})
        return (await self.until("session.updated"))["session"]

    async def write(self, text: str, **fields: Any) -> str:
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        await self.send("conversation.item.create", item=item, **fields)
        return (await self.until("conversation.item.done"))["item"]["id"]

    async def reply(self, **response: Any) -> dict[str, Any]:
        await self.send("response.create", response=response)
        return (await self.until("response.done"))["response"]

    async def refused(self) -> dict[str, Any]:
        while (event := await self.next())["type"] != "error":
            pass
        return event["error"]

    def kinds(self) -> list[str]:
        """What came, deltas in a row counted once."""
        kinds = [event["type"] for event in self.events]
        return [kind for n, kind in enumerate(kinds) if not n or kinds[n - 1] != kind]

    def joined(self, kind: str) -> str:
        return "".join(event["delta"] for event in self.events if event["type"] == kind)


@pytest.fixture
async def call(running: Running, http: aiohttp.ClientSession) -> AsyncIterator[Callable[..., Any]]:
    """Opens a connection; its tag is «call»."""
    sockets = []

    async def connect(model: str = "gpt-realtime") -> Caller:
        socket = await http.ws_connect(
            f"{running.url}/openai/v1/realtime?model={model}&tag=call",
            headers={"authorization": "Bearer sandbox"},
        )
        sockets.append(socket)
        return Caller(socket)

    yield connect
    for socket in sockets:
        await socket.close()


@pytest.fixture
async def caller(call: Callable[..., Any]) -> Caller:
    """A fresh session."""
    caller: Caller = await call()
    assert (await caller.next())["type"] == "session.created"
    return caller


@pytest.fixture
def functions(tools: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The task tools as realtime has them."""
    return [{"type": "function", **tool["function"]} for tool in tools]


async def test_a_text_turn_is_answered_with_voice_in_the_vendors_order(caller: Caller, desk: Desk) -> None:
    await caller.set(instructions="Be brief.", audio=MANUAL)
    await caller.write("Hello.")
    caller.events.clear()
    response = await caller.reply(metadata={"client_event_id": "mine"})
    assert caller.kinds()[:6] == [
        "response.created",
        "rate_limits.updated",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_audio_transcript.delta",
    ]
    assert caller.kinds()[-6:] == [
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]
    assert caller.events[0]["response"]["metadata"] == {"client_event_id": "mine"}
    words = caller.joined("response.output_audio_transcript.delta")
    assert words == "Hello. What can I do for your tasks?"
    chunks = [
        base64.b64decode(event["delta"])
        for event in caller.events
        if event["type"] == "response.output_audio.delta"
    ]
    assert all(len(chunk) <= 2 * RATE // 5 for chunk in chunks)
    assert response["status"] == "completed"
    assert response["output"][0]["content"] == [{"type": "output_audio", "transcript": words}]
    # One token for each begun 50 ms of what was sent.
    milliseconds = sum(map(len, chunks)) / 2 / RATE * 1000
    assert response["usage"]["output_token_details"]["audio_tokens"] == -(-milliseconds // 50)
    row = desk.invoice.rows(tag="call")[0]
    assert (row.request_id, row.model, row.status) == (response["id"], "gpt-realtime", "ok")
    assert row.units["audio_output_tokens"] == response["usage"]["output_token_details"]["audio_tokens"]


async def test_a_text_session_is_answered_in_text(caller: Caller) -> None:
    await caller.set(output_modalities=["text"])
    await caller.write("Hello.")
    response = await caller.reply()
    assert caller.joined("response.output_text.delta").startswith("Hello.")
    assert response["output"][0]["content"][0]["type"] == "output_text"
    assert response["usage"]["output_token_details"]["audio_tokens"] == 0


async def test_a_spoken_turn_is_found_committed_written_down_and_answered(caller: Caller, desk: Desk) -> None:
    await caller.set(
        audio={
            "input": {
                "turn_detection": {
                    "type": "server_vad",
                    "silence_duration_ms": 300,
                    "prefix_padding_ms": 200,
                },
                "transcription": {"model": "gpt-realtime-whisper"},
            }
        }
    )
    desk.told.put("call", "Hello.")
    await caller.say(silence(1.0), tone(1.0), silence(1.0))
    started = await caller.until("input_audio_buffer.speech_started")
    stopped = await caller.until("input_audio_buffer.speech_stopped")
    committed = await caller.until("input_audio_buffer.committed")
    assert started["item_id"] == stopped["item_id"] == committed["item_id"]
    assert started["audio_start_ms"] == pytest.approx(800, abs=70)
    assert stopped["audio_end_ms"] == pytest.approx(2300, abs=150)
    response = (await caller.until("response.done"))["response"]
    written = next(
        event for event in caller.events if event["type"].endswith("input_audio_transcription.completed")
    )
    assert written["transcript"] == "Hello."
    seconds = (stopped["audio_end_ms"] - started["audio_start_ms"]) / 1000
    assert written["usage"] == {"type": "duration", "seconds": pytest.approx(seconds, abs=0.002)}
    assert response["usage"]["input_token_details"]["audio_tokens"] == -(-seconds * 1000 // 100)
    rows = {row.model: row for row in desk.invoice.rows(tag="call")}
    assert rows["gpt-realtime-whisper"].microdollars == round(seconds * 17_000 / 60)


async def test_a_transcriber_billed_by_token_is_billed_by_token(caller: Caller, desk: Desk) -> None:
    await caller.set(
        audio={"input": {"turn_detection": None, "transcription": {"model": "gpt-4o-mini-transcribe"}}}
    )
    desk.told.put("call", "Hello.")
    await caller.say(tone(2.0))
    await caller.send("input_audio_buffer.commit")
    written = await caller.until("conversation.item.input_audio_transcription.completed")
    assert written["usage"]["input_token_details"] == {"text_tokens": 0, "audio_tokens": 20}
    assert desk.invoice.rows()[0].units["audio_input_tokens"] == 20


async def test_a_turn_committed_in_two_halves_is_not_waited_for_where_all_its_words_were_told_ahead(
    caller: Caller, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.realtime_turns.TOLD_WAIT_SECONDS", 60.0)
    await caller.set(
        audio={"input": {"turn_detection": None, "transcription": {"model": "gpt-realtime-whisper"}}}
    )
    desk.told.put("call", "One … two", (1.0, 2.5))
    written = []
    for _ in range(2):
        await caller.say(tone(1.0))
        await caller.send("input_audio_buffer.commit")
        event = await caller.until("conversation.item.input_audio_transcription.completed")
        written.append(event["transcript"])
    assert written == ["One two", ""]


async def test_semantic_turn_detection_waits_for_the_rest_of_a_sentence(caller: Caller, desk: Desk) -> None:
    await caller.set(
        audio={"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "medium"}}},
        output_modalities=["text"],
    )
    desk.told.put("call", "What is on")
    await caller.say(tone(1.0))
    for _ in range(15):  # in steps, so that the ear has time between them
        await caller.say(silence(0.1))
        await asyncio.sleep(0)
    desk.told.put("call", "my list?")
    await caller.say(tone(1.0))
    stepping = asyncio.create_task(_silence_until(caller, "input_audio_buffer.speech_stopped"))
    stopped = await caller.until("input_audio_buffer.speech_stopped")
    stepping.cancel()
    started = next(event for event in caller.events if event["type"].endswith("speech_started"))
    # One turn, over the 1.5 s pause, and over soon after its words were whole.
    assert started["audio_start_ms"] < 200
    assert stopped["audio_end_ms"] > 3500
    await caller.until("response.done")
    await caller.send("conversation.item.retrieve", item_id=stopped["item_id"])
    item = (await caller.until("conversation.item.retrieved"))["item"]
    assert item["content"][0]["transcript"] == "What is on my list?"
    assert len(base64.b64decode(item["content"][0]["audio"])) > 3 * RATE * 2


async def _silence_until(caller: Caller, kind: str) -> None:
    while not any(event["type"] == kind for event in caller.events):
        await caller.say(silence(0.1))
        await asyncio.sleep(0.02)


async def test_a_tool_is_called_and_its_result_told(
    caller: Caller, functions: list[dict[str, Any]], desk: Desk
) -> None:
    await caller.set(tools=functions, audio=MANUAL)
    await caller.write("Add a task to buy milk by Friday.")
    response = await caller.reply()
    call = response["output"][0]
    assert (call["type"], call["name"], call["status"]) == ("function_call", "create_task", "completed")
    assert json.loads(call["arguments"]) == {"title": "buy milk", "due_words": "by Friday"}
    assert caller.joined("response.function_call_arguments.delta") == call["arguments"]
    task = {"id": "t1", "title": "buy milk", "due": "2026-11-27", "due_spoken": "Friday, November 27th"}
    result = {"task": {**task, "status": "open"}, "changed": True, "repeated": False}
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": json.dumps(result)}
    await caller.send("conversation.item.create", item=output)
    await caller.until("conversation.item.done")
    caller.events.clear()
    told = await caller.reply()
    assert "buy milk" in told["output"][0]["content"][0]["transcript"]
    assert len(desk.invoice.rows(tag="call")) == 2


async def test_speech_over_our_reply_cancels_it_and_bills_what_was_generated(
    caller: Caller, desk: Desk
) -> None:
    await caller.set(audio={"input": {"turn_detection": {"type": "server_vad"}}})
    desk.scripts.add([ScriptedReply(content="This is a long answer that goes on and on. " * 20)])
    await caller.write("Hello.")
    await caller.send("response.create")
    await caller.until("response.output_audio.delta")
    await caller.say(tone(0.4))
    response = (await caller.until("response.done"))["response"]
    assert (response["status"], response["status_details"]) == (
        "cancelled",
        {"type": "cancelled", "reason": "turn_detected"},
    )
    item = response["output"][0]
    assert item["status"] == "incomplete"
    sent = sum(
        len(base64.b64decode(event["delta"])) / 2
        for event in caller.events
        if event["type"] == "response.output_audio.delta"
    )
    details = response["usage"]["output_token_details"]
    assert details["audio_tokens"] == -(-sent // (RATE / 20)) > 0
    assert desk.invoice.rows()[0].status == "cancelled"
    assert desk.invoice.rows()[0].units["audio_output_tokens"] == details["audio_tokens"]
    # What the caller heard of it is what stays.
    await caller.send("conversation.item.truncate", item_id=item["id"], content_index=0, audio_end_ms=100)
    truncated = await caller.until("conversation.item.truncated")
    assert (truncated["item_id"], truncated["audio_end_ms"]) == (item["id"], 100)


async def test_a_reply_can_be_cancelled_and_only_one_is_generated_at_a_time(
    caller: Caller, desk: Desk
) -> None:
    await caller.set(audio=MANUAL)
    desk.scripts.add([ScriptedReply(content="On and on it goes. " * 50)])
    await caller.write("Hello.")
    await caller.send("response.create")
    await caller.until("response.output_audio.delta")
    await caller.send("response.create", event_id="second")
    refused = await caller.refused()
    assert (refused["code"], refused["event_id"]) == ("conversation_already_has_active_response", "second")
    await caller.send("response.cancel")
    response = (await caller.until("response.done"))["response"]
    assert response["status_details"]["reason"] == "client_cancelled"
    await caller.send("response.cancel")
    assert (await caller.refused())["code"] == "response_cancel_not_active"


@pytest.mark.parametrize(
    ("limit", "arguments"), [(5, '{"title": "x'), (1000, '{"title": "x"}')], ids=["cut", "whole"]
)
async def test_arguments_over_the_token_limit_are_cut_off(
    caller: Caller, desk: Desk, limit: int, arguments: str
) -> None:
    desk.scripts.add([ScriptedReply(tool_calls=[ScriptedCall(name="t", arguments='{"title": "x"}')])])
    await caller.set(audio=MANUAL)
    response = await caller.reply(max_output_tokens=limit)
    cut = limit == 5
    assert response["status"] == ("incomplete" if cut else "completed")
    assert arguments.startswith(response["output"][0]["arguments"])
    assert response["output"][0]["status"] == response["status"]
    assert response["usage"]["output_tokens"] <= limit
    if cut:
        assert response["status_details"]["reason"] == "max_output_tokens"


async def test_a_second_reply_finds_the_first_ones_prompt_cached(caller: Caller) -> None:
    await caller.set(instructions="Do as you are told. " * 60, audio=MANUAL, output_modalities=["text"])
    await caller.write("Hello.")
    first = (await caller.reply())["usage"]
    assert first["input_token_details"]["cached_tokens"] == 0
    item = await caller.write("Thanks.")
    second = (await caller.reply())["usage"]["input_token_details"]
    assert second["cached_tokens"] == first["input_tokens"] - first["input_tokens"] % 128
    assert second["cached_tokens_details"]["text_tokens"] == second["cached_tokens"]
    await caller.send("conversation.item.delete", item_id=item)
    await caller.until("conversation.item.deleted")
    await caller.set(instructions="Something else. " * 60)
    assert (await caller.reply())["usage"]["input_token_details"]["cached_tokens"] == 0


async def test_a_reply_beside_the_conversation_leaves_it_as_it_is(caller: Caller) -> None:
    await caller.set(audio=MANUAL, output_modalities=["text"])
    await caller.write("Hello.")
    caller.events.clear()
    given = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Thanks."}]}]
    response = await caller.reply(conversation="none", input=given, tools=[], instructions="Only this.")
    assert response["output"][0]["content"][0]["text"].startswith("You're welcome")
    assert response["conversation_id"] is None
    assert "conversation.item.added" not in caller.kinds()


async def test_a_client_that_hangs_up_pays_for_what_was_generated(caller: Caller, desk: Desk) -> None:
    await caller.set(audio=MANUAL)
    desk.scripts.add([ScriptedReply(content="On and on it goes. " * 50)])
    await caller.write("Hello.")
    await caller.send("response.create")
    await caller.until("response.output_audio.delta")
    await caller.socket.close()
    async with asyncio.timeout(20):
        await desk.invoice.grown(1)
    row = desk.invoice.rows(tag="call")[0]
    assert row.status == "cancelled"
    assert 0 < row.units["audio_output_tokens"] < 500
    assert row.units["text_input_tokens"] > 0


class BrokenVoice:
    """A voice that cannot."""

    sample_rate = RATE

    async def speak(self, text: str, *, voice: str | None = None) -> AsyncIterator[bytes]:
        raise RuntimeError("no voice")
        yield b""

    async def aclose(self) -> None:
        """Nothing to end."""


async def test_a_reply_that_fails_costs_nothing(caller: Caller, desk: Desk) -> None:
    desk.voice = BrokenVoice()
    await caller.set(audio=MANUAL)
    await caller.write("Hello.")
    response = await caller.reply()
    assert response["status"] == "failed"
    assert response["status_details"]["error"]["code"] == "server_error"
    assert (response["usage"]["total_tokens"], desk.invoice.microdollars) == (0, 0)
    assert desk.invoice.rows()[0].status == "failed"


class BrokenEar:
    """An ear that cannot."""

    async def transcribe(self, pcm: np.ndarray, sample_rate: int = 16_000) -> Any:
        raise RuntimeError("no ear")


async def test_speech_that_cannot_be_heard_is_told_and_costs_nothing(caller: Caller, desk: Desk) -> None:
    desk.ear = BrokenEar()
    await caller.set(
        audio={"input": {"turn_detection": None, "transcription": {"model": "gpt-realtime-whisper"}}}
    )
    await caller.say(tone(0.5))
    await caller.send("input_audio_buffer.commit")
    await caller.until("conversation.item.input_audio_transcription.failed")
    assert (await caller.reply())["status"] == "failed"
    assert desk.invoice.microdollars == 0


async def test_nothing_is_generated_sooner_than_the_latency_profile_allows(
    caller: Caller, desk: Desk
) -> None:
    span = Span(low_ms=400, high_ms=400)
    desk.profile = Profile(name="slow", realtime=span)
    await caller.set(audio=MANUAL)
    await caller.write("Hello.")
    began = asyncio.get_running_loop().time()
    await caller.send("response.create")
    await caller.until("response.created")
    await caller.until("response.output_item.added")
    assert asyncio.get_running_loop().time() - began >= 0.39


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"type": "nonsense"}, "invalid_value"),
        ({"type": "session.update", "session": {"type": "realtime", "voice": "x"}}, "unknown_parameter"),
        ({"type": "input_audio_buffer.commit"}, "input_audio_buffer_commit_empty"),
        ({"type": "input_audio_buffer.append", "audio": "?"}, "invalid_value"),
        ({"type": "conversation.item.delete", "item_id": "x"}, "item_delete_invalid_item_id"),
        ({"type": "conversation.item.retrieve", "item_id": "x"}, "item_retrieve_invalid_item_id"),
        ({"type": "conversation.item.create"}, "missing_required_parameter"),
        ({"type": "response.create", "response": {"nonsense": 1}}, "unknown_parameter"),
        ({}, "missing_required_parameter"),
    ],
)
async def test_what_the_vendor_refuses_is_refused_and_the_session_goes_on(
    caller: Caller, event: dict[str, Any], code: str
) -> None:
    await caller.socket.send_str(json.dumps({**event, "event_id": "mine"}))
    refused = await caller.refused()
    assert (refused["code"], refused["type"]) == (code, "invalid_request_error")
    assert refused["event_id"] == ("mine" if event else None)
    await caller.send("input_audio_buffer.clear")
    await caller.until("input_audio_buffer.cleared")


async def test_a_voice_is_for_life_once_it_was_heard(caller: Caller) -> None:
    await caller.set(audio={**MANUAL, "output": {"voice": "marin"}})
    await caller.write("Hello.")
    await caller.reply()
    other = {"type": "realtime", "audio": {"output": {"voice": "cedar"}}}
    await caller.send("session.update", session=other)
    assert (await caller.refused())["code"] == "cannot_update_voice"


async def test_no_key_no_model_or_an_unknown_one_is_no_session(
    running: Running, http: aiohttp.ClientSession, call: Callable[..., Any]
) -> None:
    url = f"{running.url}/openai/v1/realtime"
    async with http.get(f"{url}?model=gpt-realtime") as response:
        assert response.status == 401
        assert "API key" in (await response.json())["error"]["message"]
    async with http.get(url, headers={"authorization": "Bearer sandbox"}) as response:
        assert response.status == 400
    caller: Caller = await call("gpt-4o-mini")
    assert (await caller.refused())["code"] == "model_not_found"
    assert (await caller.socket.receive(timeout=10)).type == aiohttp.WSMsgType.CLOSE


async def test_a_session_ends_at_its_greatest_age(
    call: Callable[..., Any], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.openai_realtime.SESSION_SECONDS", 0.2)
    caller: Caller = await call()
    assert (await caller.refused())["code"] == "session_expired"
    assert (await caller.socket.receive(timeout=10)).type == aiohttp.WSMsgType.CLOSE


async def test_an_open_session_is_seen_and_gone_when_it_ends(caller: Caller, desk: Desk) -> None:
    assert desk.connections.count("openai-realtime") == 1
    assert desk.connections.as_json()["open"][0]["tag"] == "call"


async def test_the_sdk_holds_a_conversation(
    sdk: openai.AsyncOpenAI, functions: list[dict[str, Any]], desk: Desk
) -> None:
    query = {"tag": "from-sdk"}
    async with sdk.realtime.connect(model="gpt-realtime-mini", extra_query=query) as connection:
        session: Any = {"type": "realtime", "output_modalities": ["text"], "tools": functions}
        await connection.session.update(session=session)
        content: Any = [{"type": "input_text", "text": "What's on my list?"}]
        await connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": content}
        )
        await connection.response.create()
        async for event in connection:
            if event.type == "response.done":
                break
        assert event.type == "response.done"
        output = event.response.output or []
    assert [item.name for item in output if item.type == "function_call"] == ["list_tasks"]
    assert desk.invoice.rows(tag="from-sdk")[0].model == "gpt-realtime-mini"
