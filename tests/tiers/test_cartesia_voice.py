"""An error of Cartesia's is told of the text that it is of, once, and of no other."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiohttp import web
from livekit.agents import APIConnectOptions, APIError, APIStatusError

from tests.agent.rig import free_ports
from tiers.cartesia_voice import CartesiaVoice, amended
from tiers.cascade import Cascade
from tiers.metering.taps import SocketTap
from tiers.vendor_watch import VendorWatch

SOUND = "AAA=" * 3200
TWICE = APIConnectOptions(max_retry=1, retry_interval=0.0, timeout=5)


class Vendor:
    """Speaks each text, after the messages that a test has for it; `{context}` in them is the text's own."""

    def __init__(self) -> None:
        self.before: list[dict[str, Any]] = []
        self.speaks = True
        self.hangs_up = False
        self.contexts: list[str] = []

    async def serve(self, http: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(http)
        async for message in socket:
            asked = json.loads(message.data)
            context = asked["context_id"]
            if context in self.contexts:
                continue
            self.contexts.append(context)
            for each in self.before:
                await socket.send_json({**each, "context_id": each.get("context_id", context)})
            if self.hangs_up:
                await socket.close()
            elif self.speaks:
                await socket.send_json({"type": "chunk", "data": SOUND, "context_id": context, "done": False})
                await socket.send_json({"type": "done", "context_id": context, "done": True})
        return socket


@contextlib.asynccontextmanager
async def voice_at(vendor: Vendor) -> AsyncIterator[CartesiaVoice]:
    app = web.Application()
    app.router.add_get("/tts/websocket", vendor.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    port = next(free_ports())
    await web.TCPSite(runner, "127.0.0.1", port).start()
    tap = SocketTap()
    tap.amend = amended
    voice = CartesiaVoice(api_key="k", base_url=f"http://127.0.0.1:{port}", http_session=tap.session())
    try:
        yield voice
    finally:
        await voice.aclose()
        await tap.aclose()
        await runner.cleanup()


async def spoken(voice: CartesiaVoice) -> float:
    """Seconds of sound of a text. Raises what the voice raises."""
    async with voice.stream(conn_options=TWICE) as stream:
        stream.push_text("Buy oat milk.")
        stream.end_input()
        return sum([event.frame.duration async for event in stream])


def error(status: int, code: str, **more: str) -> dict[str, Any]:
    return {"type": "error", "done": True, "status_code": status, "error_code": code, **more}


@pytest.mark.system
@pytest.mark.parametrize(("status", "code"), [(402, "quota_exceeded"), (429, "concurrency_limited")])
async def test_a_text_that_is_refused_is_asked_for_once_and_the_refusal_is_told(
    status: int, code: str
) -> None:
    vendor = Vendor()
    vendor.before, vendor.speaks = [error(status, code)], False
    async with voice_at(vendor) as voice:
        with pytest.raises(APIStatusError) as told:
            await spoken(voice)
    assert (told.value.status_code, told.value.body) == (status, code)
    assert len(vendor.contexts) == 1


@pytest.mark.system
async def test_an_error_in_mid_sentence_is_not_the_sentences_end() -> None:
    vendor = Vendor()
    vendor.before = [{"type": "chunk", "data": SOUND, "done": False}, error(402, "quota_exceeded")]
    async with voice_at(vendor) as voice:
        with pytest.raises(APIStatusError):
            await spoken(voice)
    assert len(vendor.contexts) == 1


@pytest.mark.system
async def test_the_late_error_of_a_text_that_was_broken_off_says_nothing_of_the_next() -> None:
    vendor = Vendor()
    vendor.before = [error(500, "internal_error", context_id="the-one-before")]
    async with voice_at(vendor) as voice:
        assert await spoken(voice) > 0


@pytest.mark.system
async def test_a_socket_that_dies_behind_such_an_error_is_told_as_what_it_is() -> None:
    vendor = Vendor()
    vendor.before = [error(402, "quota_exceeded", context_id="the-one-before")]
    vendor.hangs_up = True
    async with voice_at(vendor) as voice:
        with pytest.raises(APIError) as told:
            await spoken(voice)
    assert getattr(told.value, "status_code", None) != 402


@pytest.mark.unit
async def test_only_an_error_that_names_no_context_is_taken_for_one_of_what_is_being_said() -> None:
    watch = VendorWatch(cast("Cascade", SimpleNamespace(parts={})), lambda _failure: None)
    watch.voice_said(json.dumps(error(500, "internal_error", context_id="the-one-before")))
    assert watch.voice_trouble() is None
    watch.voice_said(json.dumps(error(402, "quota_exceeded")))
    assert getattr(watch.voice_trouble(), "status_code", None) == 402
    watch.close()


@pytest.mark.unit
def test_nothing_but_an_error_is_changed_on_its_way() -> None:
    for message in ('{"type": "done", "done": true}', '{"data": "error"}', 'no "error" of ours', '["error"]'):
        assert amended(message) == message
    assert json.loads(amended(json.dumps(error(402, "quota_exceeded")))) == {
        "type": "error",
        "status_code": 402,
        "error_code": "quota_exceeded",
    }
