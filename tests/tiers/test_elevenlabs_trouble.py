"""What is wrong with an account at ElevenLabs is told on an open socket, in three ways, and is found in each."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import cast

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from livekit.agents import APIConnectOptions, APIError

from sandbox.app import Running
from sandbox.desk import Desk
from sandbox.elevenlabs_messages import QUOTA
from tiers.cascade import Cascade
from tiers.catalogue import MODELS
from tiers.diagnosis import classify
from tiers.faults import Fault
from tiers.parts import Built, build_part
from tiers.settings import VendorSettings
from tiers.vendor_watch import VendorWatch

pytestmark = pytest.mark.unit

ONCE = APIConnectOptions(max_retry=0, timeout=5)
QUALITY = MODELS["eleven_flash_v2_5"]


@contextlib.asynccontextmanager
async def watched_at(url: str) -> AsyncIterator[tuple[Built, VendorWatch]]:
    """The quality stack's voice, and the watch over it."""
    settings = VendorSettings(ELEVEN_API_KEY="sandbox", ELEVEN_BASE_URL=url)  # type: ignore[call-arg]
    built = build_part("tts", QUALITY, settings, call_id="c")
    models = SimpleNamespace(parts={"tts": QUALITY}, built={"tts": built})
    watch = VendorWatch(cast("Cascade", models), lambda _failure: None)
    try:
        yield built, watch
    finally:
        watch.close()
        await built.aclose()


async def spoken(built: Built) -> float:
    """Seconds of sound of a text. Raises what the voice raises."""
    async with built.plugin.stream(conn_options=ONCE) as stream:
        stream.push_text("Buy oat milk.")
        stream.end_input()
        return sum([event.frame.duration async for event in stream])


async def refused(built: Built) -> APIError:
    """What the voice raises over a text."""
    with pytest.raises(APIError) as raised:
        await spoken(built)
    return raised.value


@contextlib.asynccontextmanager
async def vendor(
    answers: Callable[[web.WebSocketResponse, str], Awaitable[object]],
) -> AsyncIterator[str]:
    """A vendor that answers the first text of each context; its address."""

    async def serve(http: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(http)
        async for message in socket:
            asked = json.loads(message.data)
            if asked.get("text", " ").strip():
                await answers(socket, asked["context_id"])
        return socket

    app = web.Application()
    app.router.add_get("/text-to-speech/{voice}/multi-stream-input", serve)
    async with TestServer(app) as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("unauthorized", Fault.BAD_KEY),
        ("quota", Fault.NO_CREDIT),
        ("rate-limit", Fault.VENDOR_BUSY),
    ],
)
async def test_an_error_that_names_no_context_is_one_of_the_account(
    desk: Desk, running: Running, kind: str, fault: Fault
) -> None:
    desk.faults.set("elevenlabs", kind)
    async with watched_at(f"{running.url}/elevenlabs/v1") as (built, watch):
        error = await refused(built)
        assert classify(watch.voice_trouble() or error) is fault


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("quota_exceeded", Fault.NO_CREDIT),
        ("invalid_api_key", Fault.BAD_KEY),
        ("too_many_concurrent_requests", Fault.VENDOR_BUSY),
        ("internal_error", Fault.VENDOR_DOWN),
    ],
)
async def test_an_error_of_the_text_that_is_spoken_is_judged_by_its_code_and_left_to_nothing_else(
    code: str, fault: Fault
) -> None:
    async def answers(socket: web.WebSocketResponse, context: str) -> None:
        await socket.send_json({"message": "x", "error": code, "code": 1008, "context_id": context})

    async with vendor(answers) as url, watched_at(url) as (built, watch):
        assert classify(await refused(built)) is fault
        assert watch.voice_trouble() is None


@pytest.mark.parametrize(
    ("reason", "fault"),
    [
        (QUOTA, Fault.NO_CREDIT),
        ("Invalid API key", Fault.BAD_KEY),
        ("We are sorry, something went wrong.", Fault.VENDOR_DOWN),
    ],
)
async def test_a_socket_that_closes_without_a_message_says_why_in_its_reason(
    reason: str, fault: Fault
) -> None:
    async def answers(socket: web.WebSocketResponse, _context: str) -> None:
        await socket.close(code=1008, message=reason.encode()[:123])

    async with vendor(answers) as url, watched_at(url) as (built, watch):
        error = await refused(built)
        assert classify(watch.voice_trouble() or error) is fault


@pytest.mark.parametrize("name", ["context_id", "contextId"])
async def test_the_late_error_of_a_text_that_was_broken_off_says_nothing_of_the_next(name: str) -> None:
    watch = VendorWatch(cast("Cascade", SimpleNamespace(parts={})), lambda _failure: None)
    watch.voice_said(json.dumps({"message": "x", "error": "internal_error", name: "the-one-before"}))
    assert watch.voice_trouble() is None
    watch.close()


async def test_a_socket_that_was_closed_for_idleness_is_no_trouble_of_the_text_on_another_one() -> None:
    watch = VendorWatch(cast("Cascade", SimpleNamespace(parts={})), lambda _failure: None)
    watch.voice_left(1008, "Have not received a new text input within the timeout.")
    assert watch.voice_trouble() is None
    watch.close()
