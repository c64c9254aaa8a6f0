"""Usage as a vendor may report it, by OpenAI's real plugin and a vendor that says what the test has it say."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import WSMsgType, web
from livekit.agents import llm

from sandbox.realtime_events import new_id, server_event
from tests.tiers.metering.conftest import CALL, CANCELLED, TODAY, Booked, until
from tiers import speech_to_speech
from tiers.catalogue import STACKS
from tiers.meter import Meter
from tiers.prices import bundled
from tiers.settings import VendorSettings

pytestmark = pytest.mark.unit

SECOND_OF_SOUND = base64.b64encode(bytes(48_000)).decode()
VECTOR = {
    "input_tokens": 1000,
    "output_tokens": 300,
    "input_token_details": {
        "text_tokens": 200,
        "audio_tokens": 800,
        "cached_tokens": 400,
        "cached_tokens_details": {"text_tokens": 16, "audio_tokens": 384},
    },
    "output_token_details": {"text_tokens": 50, "audio_tokens": 250},
}
"""31,008 µ$ on gpt-realtime: 184 text at 4, 16 and 384 cached at 0.40, 416 audio at 32; 50 text at 16, 250 audio at 64."""


class Vendor:
    """A realtime model that says a second of sound and ends each response as it is told."""

    def __init__(self) -> None:
        self.ends: list[tuple[str, Any]] = []
        """Status and usage of the responses to come."""
        self.connections = 0
        self.sent: list[dict[str, Any]] = []
        self._socket: web.WebSocketResponse | None = None

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        self._socket = web.WebSocketResponse()
        await self._socket.prepare(request)
        self.connections += 1
        await self._send("session.created", session={"instructions": "", "tools": []})
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT:
                break
            event = json.loads(message.data)
            if event["type"] == "session.update":
                await self._send("session.updated", session=event["session"])
            elif event["type"] == "response.create":
                await self._answer(event["response"].get("metadata"))
        return self._socket

    async def leave(self) -> None:
        assert self._socket is not None
        await self._socket.close()

    async def _answer(self, metadata: Any) -> None:
        status, usage = self.ends.pop(0)
        response = {"object": "realtime.response", "id": new_id("resp"), "output": [], "metadata": metadata}
        item = {"id": new_id("item"), "object": "realtime.item", "type": "message", "role": "assistant"}
        where = {"response_id": response["id"], "item_id": item["id"], "output_index": 0, "content_index": 0}
        begun = item | {"status": "in_progress", "content": []}
        await self._send("response.created", response=response | {"status": "in_progress", "usage": None})
        await self._send("response.output_item.added", **where, item=begun)
        await self._send("conversation.item.added", previous_item_id=None, item=begun)
        await self._send("response.content_part.added", **where, part={"type": "audio", "transcript": ""})
        await self._send("response.output_audio_transcript.delta", **where, delta="Hello.")
        await self._send("response.output_audio.delta", **where, delta=SECOND_OF_SOUND)
        await self._send("response.output_audio.done", **where)
        spoken = {"type": "output_audio", "transcript": "Hello."}
        over = item | {"status": "completed", "content": [spoken]}
        await self._send("response.output_item.done", **where, item=over)
        details = None
        if status == "cancelled":
            details = {"type": "cancelled", "reason": "turn_detected"}
        done = response | {"status": status, "status_details": details, "usage": usage, "output": [over]}
        await self._send("response.done", response=done)

    async def _send(self, kind: str, **fields: Any) -> None:
        assert self._socket is not None
        event = server_event(kind, **fields)
        if kind == "response.done":
            self.sent.append(event)
        await self._socket.send_str(json.dumps(event))


@pytest.fixture
async def vendor() -> AsyncIterator[tuple[Vendor, str]]:
    made, app = Vendor(), web.Application()
    app.router.add_get("/v1/realtime", made.serve)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield made, f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    await runner.cleanup()


@pytest.fixture
async def session(vendor: tuple[Vendor, str], booked: Booked) -> AsyncIterator[Any]:
    settings = VendorSettings.model_validate({"OPENAI_API_KEY": "sandbox", "OPENAI_BASE_URL": vendor[1]})
    models = speech_to_speech.build(STACKS["premium"], settings, call_id=CALL, today=TODAY)
    meter = Meter(STACKS["premium"], models, booked.append, session="s1")
    made = models.llm.session(turn_detection_disabled=True)
    yield made
    await made.aclose()
    await models.aclose()
    await meter.aclose()


async def reply(session: Any) -> None:
    generation: llm.GenerationCreatedEvent = await session.generate_reply()
    async with asyncio.timeout(20):
        async for message in generation.message_stream:
            async for _ in message.audio_stream:
                pass


async def test_a_cancelled_reply_is_paid_in_full_and_its_cached_part_once(
    session: Any, vendor: tuple[Vendor, str], booked: Booked
) -> None:
    vendor[0].ends = [("cancelled", CANCELLED)]
    await reply(session)
    await until(lambda: booked)
    (usage,) = booked
    assert (usage.outcome, usage.certainty) == ("cancelled", "actual")
    assert bundled().price(usage) == round(22 * 4 + 128 * 0.4 + 50 * 32 + 20 * 16 + 80 * 64)


async def test_a_usage_of_null_is_booked_as_an_estimate(
    session: Any, vendor: tuple[Vendor, str], booked: Booked
) -> None:
    vendor[0].ends = [("completed", None), ("completed", CANCELLED)]
    await reply(session)
    await until(lambda: booked)
    assert [(usage.certainty, usage.outcome) for usage in booked] == [("estimated", "ok")]
    assert booked[0].units["audio_output_tokens"] == 20
    assert booked.microdollars >= 20 * 64
    await reply(session)  # and the session goes on
    await until(lambda: len(booked) == 2)
    assert booked[1].certainty == "actual"


async def test_the_first_reply_of_a_session_may_be_cached_already(
    session: Any, vendor: tuple[Vendor, str], booked: Booked
) -> None:
    vendor[0].ends = [("completed", VECTOR)]
    await reply(session)
    await until(lambda: booked)
    assert booked[0].units["cached_audio_input_tokens"] == 384
    assert booked.microdollars == 31_008


async def test_connecting_and_connecting_again_is_no_reply_and_costs_nothing(
    session: Any, vendor: tuple[Vendor, str], booked: Booked
) -> None:
    again = asyncio.Event()
    session.once("session_reconnected", lambda _event: again.set())
    await until(lambda: vendor[0].connections == 1)
    await vendor[0].leave()
    await asyncio.wait_for(again.wait(), 20)
    assert (vendor[0].connections, booked) == (2, [])
    vendor[0].ends = [("completed", VECTOR)]
    await reply(session)
    await until(lambda: booked)
    assert [usage.part for usage in booked] == ["speech_to_speech"]
    assert booked.microdollars == 31_008


async def test_everything_that_the_vendor_said_said_again_changes_nothing(
    session: Any, vendor: tuple[Vendor, str], booked: Booked
) -> None:
    vendor[0].ends = [("completed", VECTOR), ("cancelled", CANCELLED), ("completed", None)]
    for _ in range(3):
        await reply(session)
    await until(lambda: len(booked) == 3)
    before = booked.microdollars
    for event in [*vendor[0].sent, *reversed(vendor[0].sent)]:
        session.emit("openai_server_event_received", event)
    assert len(booked) == 3
    assert booked.microdollars == before
