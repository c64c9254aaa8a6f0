"""What each vendor's API can be asked not to train on or keep goes over the wire, seen between plugin and sandbox."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from datetime import date

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import llm

from sandbox.app import serve
from sandbox.desk import Desk
from tiers.cascade import connecting
from tiers.catalogue import MODELS, Part
from tiers.parts import Built, build_part
from tiers.settings import VendorSettings

pytestmark = pytest.mark.system


class Wire:
    """A TCP line to the sandbox that keeps what the client sends on it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.sent = b""

    async def __aenter__(self) -> int:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, out = await asyncio.open_connection("127.0.0.1", self._port)
        with contextlib.suppress(OSError):
            await asyncio.gather(self._pump(reader, out, keep=True), self._pump(there, writer, keep=False))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, keep: bool) -> None:
        try:
            while data := await reader.read(65536):
                if keep:
                    self.sent += data
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()

    def query(self, path: str) -> str:
        """The query that a request to a path carried."""
        found = re.search(rb"(?:GET|POST) (\S*" + path.encode() + rb"\S*) HTTP", self.sent)
        assert found is not None, self.sent[:400]
        return found[1].decode().partition("?")[2]

    def body(self) -> dict[str, object]:
        """The JSON that the first POST carried."""
        found = re.search(rb"\r\n\r\n(\{.*\})", self.sent, re.DOTALL)
        assert found is not None, self.sent[:400]
        body: dict[str, object] = json.loads(found[1])
        return body


@pytest.fixture
async def wire(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wire]:
    async with serve(Desk()) as sandbox:
        tapped = Wire(sandbox.port)
        async with tapped as port:
            for name, path in {
                "OPENAI": "openai/v1",
                "DEEPGRAM": "deepgram",
                "CARTESIA": "cartesia",
                "ELEVEN": "elevenlabs/v1",
            }.items():
                monkeypatch.setenv(f"{name}_API_KEY", "sandbox")
                monkeypatch.setenv(f"{name}_BASE_URL", f"http://127.0.0.1:{port}/{path}")
            yield tapped


@contextlib.asynccontextmanager
async def built(part: Part, model: str) -> AsyncIterator[Built]:
    made = build_part(part, MODELS[model].on(date(2026, 11, 25)), VendorSettings(), call_id="c1")
    try:
        yield made
    finally:
        await made.aclose()


async def speak(made: Built) -> None:
    """Have the voice say something, to its end."""
    async with made.plugin.stream(conn_options=connecting().tts_conn_options) as stream:
        stream.push_text("Hello there.")
        stream.end_input()
        async for _ in stream:
            pass


async def test_deepgrams_ear_is_asked_not_to_keep_what_it_hears(wire: Wire) -> None:
    async with built("stt", "nova-3") as made, made.plugin.stream() as stream:
        stream.push_frame(rtc.AudioFrame(np.zeros(1600, np.int16).tobytes(), 16_000, 1, 1600))
        async with asyncio.timeout(20):
            while b"/v1/listen" not in wire.sent:
                await asyncio.sleep(0.02)
    assert "mip_opt_out=true" in wire.query("/v1/listen")


async def test_deepgrams_voice_is_asked_not_to_keep_what_it_says(wire: Wire) -> None:
    async with built("tts", "aura-2") as made:
        await speak(made)
    assert "mip_opt_out=true" in wire.query("/v1/speak")


async def test_elevenlabs_is_asked_to_log_nothing(wire: Wire) -> None:
    async with built("tts", "eleven_flash_v2_5") as made:
        await speak(made)
    assert "enable_logging=false" in wire.query("/v1/text-to-speech")


@pytest.mark.parametrize(
    ("model", "cache"), [("gpt-4o-mini", "in_memory"), ("gpt-4o", "in_memory"), ("gpt-5.6-luna", None)]
)
async def test_openai_is_asked_to_store_nothing_and_to_cache_in_memory_where_it_can(
    wire: Wire, model: str, cache: str | None
) -> None:
    asked = llm.ChatContext()
    asked.add_message(role="user", content="Hello there.")
    async with (
        built("llm", model) as made,
        made.plugin.chat(chat_ctx=asked, conn_options=connecting().llm_conn_options) as stream,
    ):
        answer = [chunk async for chunk in stream]
    assert answer, "it is answered"
    body = wire.body()
    assert body["store"] is False
    assert body.get("prompt_cache_retention") == cache
    assert str(body["safety_identifier"]) == "c1", "a call, and nobody's name"
    assert "user" not in body
