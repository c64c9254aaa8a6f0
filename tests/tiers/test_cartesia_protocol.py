"""One version of Cartesia's API is spoken everywhere: one whose errors say by a code what is wrong."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from livekit.agents import APIConnectOptions, APIError

from cli.conformance.scripts import cartesia as script
from cli.conformance.scripts.peer import Peer
from sandbox.app import Running
from sandbox.cartesia_errors import STRUCTURED_FROM
from sandbox.price_list import PRICES
from tiers.catalogue import MODELS
from tiers.diagnosis import classify
from tiers.faults import Fault
from tiers.parts import Built, build_part
from tiers.probe import probe
from tiers.settings import VendorSettings

pytestmark = pytest.mark.unit

ONCE = APIConnectOptions(max_retry=0, timeout=5)


def settings_at(url: str) -> VendorSettings:
    return VendorSettings(CARTESIA_API_KEY="sandbox", CARTESIA_BASE_URL=url)  # type: ignore[call-arg]


@contextlib.asynccontextmanager
async def voice_at(url: str, model: str = "sonic-3") -> AsyncIterator[Built]:
    """The economy stack's voice, as a call builds it."""
    built = build_part("tts", replace(MODELS["sonic-3"], name=model), settings_at(url), call_id="c")
    try:
        yield built
    finally:
        await built.aclose()


async def spoken(built: Built) -> float:
    """Seconds of sound of a text. Raises what the voice raises."""
    async with built.plugin.stream(conn_options=ONCE) as stream:
        stream.push_text("Buy oat milk.")
        stream.end_input()
        return sum([event.frame.duration async for event in stream])


async def test_a_voice_whose_model_is_no_longer_sold_is_down_and_no_fault_of_the_text(
    running: Running,
) -> None:
    async with voice_at(f"{running.url}/cartesia", model="imaginary") as built:
        with pytest.raises(APIError) as refused:
            await spoken(built)
    assert classify(refused.value) is Fault.VENDOR_DOWN


async def test_the_probe_finds_such_a_voice_down_so_that_its_breaker_stays_open(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(PRICES, ("cartesia", "sonic"))
    assert await probe("cartesia", settings_at(f"{running.url}/cartesia")) is Fault.VENDOR_DOWN


async def test_whatever_a_voice_refuses_of_the_probes_own_words_speaks_against_it() -> None:
    async def refuses(http: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(http)
        async for _ in socket:
            told = {"type": "error", "status_code": 400, "error_code": None, "done": True}
            await socket.send_json({**told, "title": "Bad voice", "message": "x", "request_id": "r"})
        return socket

    app = web.Application()
    app.router.add_get("/tts/websocket", refuses)
    async with TestServer(app) as server:
        settings = settings_at(f"http://127.0.0.1:{server.port}")
        assert await probe("cartesia", settings) is Fault.VENDOR_DOWN


async def test_calls_probes_and_conformance_ask_for_the_same_version_whose_errors_have_codes() -> None:
    asked: list[str] = []

    async def says_no(http: web.Request) -> web.Response:
        asked.append(http.query["cartesia_version"])
        return web.Response(status=503)

    app = web.Application()
    app.router.add_get("/tts/websocket", says_no)
    async with TestServer(app) as server, aiohttp.ClientSession() as http:
        url = f"http://127.0.0.1:{server.port}"
        async with voice_at(url) as built:
            with pytest.raises(APIError):
                await spoken(built)
        await probe("cartesia", settings_at(url))
        with contextlib.suppress(Exception):
            await script.run(Peer(http, url, "k"))
    assert len(asked) == 3
    assert len(set(asked)) == 1
    assert asked[0] >= STRUCTURED_FROM
