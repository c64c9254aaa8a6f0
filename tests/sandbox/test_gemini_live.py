"""The stand-in for Gemini Live over real sockets, by google-genai and by hand: the protocol, its limits and its bill."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from google.genai import errors, types
from PIL import Image
from websockets.exceptions import ConnectionClosed

from sandbox.app import Running, serve
from sandbox.desk import Desk
from tiers.google_client import client
from tiers.settings import VendorSettings
from tiers.sighting import FUNCTION, SCHEMA
from tiers.vision_link import MODEL

pytestmark = pytest.mark.unit

PAGES = Path(__file__).parent / "sight" / "pages"
PATH = "/gemini/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
SILENT = types.FunctionResponseScheduling.SILENT
SYNCHRONOUS = "gemini-3.1-flash-live-preview"
DESCRIBE = types.FunctionDeclaration(name=FUNCTION, parameters_json_schema=SCHEMA)


def jpeg(name: str = "ticket_light") -> bytes:
    out = io.BytesIO()
    with Image.open(PAGES / f"{name}.png") as opened:
        opened.convert("RGB").save(out, "JPEG", quality=80)
    return out.getvalue()


@asynccontextmanager
async def session(running: Running, *, model: str = MODEL.name, **config: Any) -> AsyncIterator[Any]:
    """A session by the vendor's own library."""
    settings = VendorSettings(GOOGLE_API_KEY="sandbox", GOOGLE_BASE_URL=f"{running.url}/gemini")  # type: ignore[call-arg]
    given = {
        "response_modalities": ["AUDIO"],
        "tools": [types.Tool(function_declarations=[DESCRIBE])],
        **config,
    }
    dialled = client(settings, call_id="a-call")
    async with asyncio.timeout(20), dialled.aio.live.connect(model=model, config=given) as opened:
        yield opened


async def shows(opened: Any, name: str = "ticket_light") -> None:
    await opened.send_realtime_input(video=types.Blob(data=jpeg(name), mime_type="image/jpeg"))


async def answer(opened: Any, words: str = "add this") -> Any:
    """Ask, and give the message that calls the function."""
    await opened.send_realtime_input(text=f"The caller says: «{words}».")
    async for message in opened.receive():
        if message.tool_call:
            return message
    raise AssertionError("no call")


async def test_a_question_is_answered_by_a_call_with_what_was_read(running: Running) -> None:
    async with session(running) as opened:
        assert opened.setup_complete is not None
        await shows(opened)
        message = await answer(opened)
        (call,) = message.tool_call.function_calls
        assert call.name == FUNCTION
        (item,) = call.args["items"]
        assert (item["title"], item["due_words"]) == ("Fix the login button on Android", "December 11, 2026")
        top, left, bottom, right = item["box_2d"]
        assert 0 <= top < bottom <= 1000
        assert 0 <= left < right <= 1000
        await opened.send_tool_response(
            function_responses=types.FunctionResponse(id=call.id, name=call.name, response={"result": "ok"})
        )
        assert [one async for one in opened.receive()][-1].server_content.turn_complete


@pytest.mark.parametrize(
    ("model", "scheduling", "speaks"),
    [(MODEL.name, SILENT, False), (MODEL.name, None, True), (SYNCHRONOUS, SILENT, True)],
)
async def test_a_model_that_calls_without_waiting_can_be_told_to_be_silent_and_another_speaks_and_bills_it(
    desk: Desk, running: Running, model: str, scheduling: Any, speaks: bool
) -> None:
    async with session(running, model=model) as opened:
        await shows(opened)
        (call,) = (await answer(opened)).tool_call.function_calls
        await opened.send_tool_response(
            function_responses=types.FunctionResponse(
                id=call.id, name=call.name, response={"result": "ok"}, scheduling=scheduling
            )
        )
        said = [one async for one in opened.receive()]
    assert any(one.data for one in said) is speaks
    assert (said[-1].usage_metadata is not None) is speaks
    rows = desk.invoice.rows()
    assert len(rows) == 1 + speaks
    assert (rows[-1].units.get("audio_output_tokens", 0) > 0) is speaks
    assert all(row.units["image_input_tokens"] == 258 for row in rows)


async def test_an_unfinished_turn_interrupts_what_it_says_and_only_what_was_made_is_billed(
    desk: Desk, running: Running
) -> None:
    async with session(running, model=SYNCHRONOUS) as opened:
        await shows(opened)
        (call,) = (await answer(opened)).tool_call.function_calls
        await opened.send_tool_response(
            function_responses=types.FunctionResponse(id=call.id, name=call.name, response={"result": "ok"})
        )
        said = []
        async for one in opened.receive():
            if one.data and not said:
                await opened.send_client_content(turn_complete=False)
            said.append(one)
    assert any(one.server_content and one.server_content.interrupted for one in said)
    row = desk.invoice.rows()[-1]
    assert row.status == "cancelled"
    (made,) = said[-1].usage_metadata.response_tokens_details
    assert row.units["audio_output_tokens"] == made.token_count < 125


async def test_a_question_before_any_frame_is_answered_with_nothing(running: Running) -> None:
    async with session(running) as opened:
        message = await answer(opened)
        assert message.tool_call.function_calls[0].args["status"] == "nothing"


async def test_each_turn_is_billed_for_all_that_the_session_holds(desk: Desk, running: Running) -> None:
    async with session(running) as opened:
        reported = []
        for _ in range(2):
            await shows(opened)
            message = await answer(opened)
            reported.append(message.usage_metadata)
            await opened.send_tool_response(
                function_responses=types.FunctionResponse(
                    id=message.tool_call.function_calls[0].id,
                    name=FUNCTION,
                    response={"result": "ok"},
                    scheduling=SILENT,
                )
            )
            async for _done in opened.receive():
                pass
    rows = desk.invoice.rows(tag="a-call")
    assert [row.units["image_input_tokens"] for row in rows] == [258, 516]
    for row, told in zip(rows, reported, strict=True):
        text, video = (each.token_count for each in told.prompt_tokens_details)
        assert (row.units["text_input_tokens"], row.units["image_input_tokens"]) == (text, video)
        assert row.units["text_output_tokens"] == told.response_token_count
    # $0.75 and $1 a million in, $4.5 out
    first = rows[0].units
    exact = first["text_input_tokens"] * 0.75 + 258 + first["text_output_tokens"] * 4.5
    assert rows[0].microdollars == int(exact + 0.5)


async def test_a_frame_of_low_resolution_is_cheaper(desk: Desk, running: Running) -> None:
    async with session(running, media_resolution="MEDIA_RESOLUTION_LOW") as opened:
        await shows(opened)
        await answer(opened)
    assert desk.invoice.rows()[0].units["image_input_tokens"] == 66


async def test_a_compressed_context_forgets_its_oldest_frames(desk: Desk, running: Running) -> None:
    compression = types.ContextWindowCompressionConfig(
        trigger_tokens=2_000, sliding_window=types.SlidingWindow(target_tokens=600)
    )
    async with session(running, context_window_compression=compression) as opened:
        for _ in range(12):
            await shows(opened)
        await answer(opened)
    assert desk.invoice.rows()[0].units["image_input_tokens"] <= 600


async def test_two_minutes_of_video_end_a_session_without_compression() -> None:
    async with serve(Desk(time_scale=300)) as running, session(running) as opened:
        with pytest.raises((errors.APIError, ConnectionClosed), match="longest duration"):  # noqa: PT012 (which of them meets it is open)
            for _ in range(20):
                await shows(opened)
                await asyncio.sleep(0.05)
            async for _ in opened.receive():
                pass


async def test_a_connection_says_when_it_goes_and_can_be_gone_on_with() -> None:
    resumption = types.SessionResumptionConfig()
    async with serve(desk := Desk(time_scale=300)) as running:
        handle = None
        async with session(running, session_resumption=resumption) as opened:
            await shows(opened, "slide_dark")
            left = None
            with pytest.raises(errors.APIError):  # noqa: PT012 (it ends while it is read)
                async for message in opened.receive():
                    if update := message.session_resumption_update:
                        handle = update.new_handle
                    left = left or (message.go_away and message.go_away.time_left)
            assert left == "30s"
        again = types.SessionResumptionConfig(handle=handle)
        async with session(running, session_resumption=again) as opened:
            assert opened.setup_complete is not None
        desk.faults.set("gemini-live", "resumption-refused")
        with pytest.raises(errors.APIError, match="session not found"):
            async with session(running, session_resumption=again):
                pass


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        ('{"realtimeInput": {"text": "hello"}}', "setup must be the first"),
        ('{"setup": {"model": "models/gpt-4"}}', "is not found"),
        (
            f'{{"setup": {{"model": "models/{MODEL.name}", "turnDetection": {{}}}}}}',
            'Unknown name "turnDetection"',
        ),
        (
            f'{{"setup": {{"model": "models/{MODEL.name}", "generationConfig": {{"responseSchema": {{}}}}}}}}',
            "at 'setup.generationConfig': Cannot find field",
        ),
        ("no json", "Invalid JSON"),
        ("{}", "Invalid JSON"),
        ("[]", "Invalid JSON"),
    ],
)
async def test_what_is_none_of_the_protocols_ends_the_socket(
    running: Running, http: aiohttp.ClientSession, first: str, reason: str
) -> None:
    async with http.ws_connect(f"{running.url}{PATH}", headers={"x-goog-api-key": "k"}) as socket:
        await socket.send_str(first)
        end = await socket.receive(timeout=5)
        assert end.type is aiohttp.WSMsgType.CLOSE
        assert reason in str(end.extra)


@pytest.mark.parametrize(
    ("model", "wished", "takes"),
    [
        (MODEL.name, {"generationConfig": {"thinkingConfig": {"thinkingLevel": "low"}}}, False),
        (MODEL.name, {"proactivity": {"proactiveAudio": False}}, False),
        (MODEL.name, {"proactivity": {"proactiveAudio": True}}, True),
        (MODEL.name, {"generationConfig": {"enableAffectiveDialog": True}}, False),
        (SYNCHRONOUS, {"generationConfig": {"thinkingConfig": {"thinkingLevel": "low"}}}, True),
        (SYNCHRONOUS, {"proactivity": {"proactiveAudio": True}}, False),
        (SYNCHRONOUS, {"generationConfig": {"enableAffectiveDialog": True}}, False),
    ],
)
async def test_what_a_model_does_not_take_of_a_setup_ends_the_socket(
    running: Running, http: aiohttp.ClientSession, model: str, wished: dict[str, Any], takes: bool
) -> None:
    async with http.ws_connect(f"{running.url}{PATH}?key=k") as socket:
        await socket.send_json({"setup": {"model": f"models/{model}", **wished}})
        answered = await socket.receive(timeout=5)
        if takes:
            assert json.loads(answered.data) == {"setupComplete": {}}
        else:
            assert (answered.type, answered.data) == (aiohttp.WSMsgType.CLOSE, 1007)


async def test_sound_and_pictures_in_the_old_field_end_the_socket(
    running: Running, http: aiohttp.ClientSession
) -> None:
    async with http.ws_connect(f"{running.url}{PATH}?key=k") as socket:
        await socket.send_json({"setup": {"model": f"models/{MODEL.name}"}})
        await socket.receive(timeout=5)
        chunk = {"data": base64.b64encode(b"x").decode(), "mimeType": "image/jpeg"}
        await socket.send_json({"realtimeInput": {"mediaChunks": [chunk]}})
        assert "media_chunks is deprecated" in str((await socket.receive(timeout=5)).extra)


async def test_a_frame_that_is_no_picture_is_unreadable_and_not_base64_ends_the_socket(
    running: Running, http: aiohttp.ClientSession
) -> None:
    setup = {
        "setup": {"model": f"models/{MODEL.name}", "tools": [{"functionDeclarations": [{"name": FUNCTION}]}]}
    }
    async with http.ws_connect(f"{running.url}{PATH}?key=k") as socket:
        await socket.send_json(setup)
        assert json.loads((await socket.receive(timeout=5)).data) == {"setupComplete": {}}
        blob = {"data": base64.b64encode(b"no picture").decode(), "mimeType": "image/jpeg"}
        await socket.send_json({"realtimeInput": {"video": blob}})
        await socket.send_json(
            {"clientContent": {"turns": [{"parts": [{"text": "this?"}]}], "turnComplete": True}}
        )
        call = json.loads((await socket.receive(timeout=5)).data)["toolCall"]["functionCalls"][0]
        assert call["args"]["status"] == "unreadable"
        await socket.send_json({"realtime_input": {"video": {"data": "!", "mimeType": "image/jpeg"}}})
        assert (await socket.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE


async def test_without_a_key_nobody_is_served(running: Running, http: aiohttp.ClientSession) -> None:
    async with http.ws_connect(f"{running.url}{PATH}") as socket:
        await socket.send_json({"setup": {"model": f"models/{MODEL.name}"}})
        assert "unregistered" in str((await socket.receive(timeout=5)).extra)
