"""The faults of Cartesia's stand-in, over the bare wire and under LiveKit's plugin."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import numpy as np
import pytest

from sandbox.app import Running
from sandbox.desk import Desk

pytestmark = pytest.mark.unit

SERVICE = "cartesia"
RATE = 24_000
TEXT = "I have added a task to review the proposal, and it is due on Friday afternoon."
REQUEST: dict[str, Any] = {
    "model_id": "sonic-3",
    "voice": {"mode": "id", "id": "6ccbfb76-1fc6-48f7-b71d-91ac6298247b"},
    "output_format": {"container": "raw", "encoding": "pcm_s16le", "sample_rate": RATE},
}
GONE = (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)


@contextlib.asynccontextmanager
async def connected(
    running: Running, http: aiohttp.ClientSession
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    url = f"{running.url}/cartesia/tts/websocket?cartesia_version=2026-03-01"
    async with http.ws_connect(url, headers={"X-API-Key": "sandbox"}) as socket:
        yield socket


async def speak(socket: aiohttp.ClientWebSocketResponse, context_id: str = "one", text: str = TEXT) -> None:
    await socket.send_json(REQUEST | {"transcript": text, "context_id": context_id})


async def events_of(socket: aiohttp.ClientWebSocketResponse, patience: float = 5) -> list[dict[str, Any]]:
    """The events up to one that is done, to the end of the socket, or to where no more come."""
    events: list[dict[str, Any]] = []
    with contextlib.suppress(TimeoutError):
        while not events or not events[-1]["done"]:
            message = await socket.receive(timeout=patience)
            if message.type != aiohttp.WSMsgType.TEXT:
                assert message.type in GONE
                break
            events.append(message.json())
    return events


def seconds(events: list[dict[str, Any]]) -> float:
    data = b"".join(base64.b64decode(each["data"]) for each in events if each["type"] == "chunk")
    return len(np.frombuffer(data, np.int16)) / RATE


@pytest.mark.parametrize(("kind", "status"), [("refuse", 503), ("cut", 503), ("unauthorized", 401)])
async def test_a_connection_is_refused(
    running: Running, http: aiohttp.ClientSession, desk: Desk, kind: str, status: int
) -> None:
    desk.faults.set(SERVICE, kind)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with connected(running, http):
            pass
    assert refused.value.status == status


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("quota", 402, "quota_exceeded"),
        ("rate-limit", 429, "concurrency_limited"),
        ("server-error", 500, "internal_error"),
    ],
)
async def test_a_text_is_answered_by_an_error_event_and_costs_nothing(
    running: Running, http: aiohttp.ClientSession, desk: Desk, kind: str, status: int, code: str
) -> None:
    desk.faults.set(SERVICE, kind, times=1)
    async with connected(running, http) as socket:
        await speak(socket)
        await speak(socket)
        (event,) = await events_of(socket)
        assert event.items() >= {
            "type": "error", "done": True, "status_code": status, "error_code": code, "context_id": "one"
        }.items()  # fmt: skip
        assert desk.invoice.count == 0
        await speak(socket, "two")
        assert {each["context_id"] for each in await events_of(socket)} == {"two"}


@pytest.mark.parametrize("text", [TEXT, "Hi. Hello. I have added it to your list."])
async def test_credit_that_ends_in_a_sentence_is_an_error_after_half_a_second_of_sound(
    running: Running, http: aiohttp.ClientSession, desk: Desk, text: str
) -> None:
    desk.faults.set(SERVICE, "error-after-audio")
    async with connected(running, http) as socket:
        await speak(socket, text=text)
        events = await events_of(socket)
    assert seconds(events) == pytest.approx(0.5, abs=0.01)
    assert (events[-1]["type"], events[-1]["status_code"]) == ("error", 402)


@pytest.mark.parametrize("kind", ["stall-mid-stream", "cut-mid-stream"])
async def test_the_sound_breaks_off(
    running: Running, http: aiohttp.ClientSession, desk: Desk, kind: str
) -> None:
    desk.faults.set(SERVICE, kind)
    async with connected(running, http) as socket:
        await speak(socket)
        events = await events_of(socket, 0.5)
        assert seconds(events) == pytest.approx(0.5, abs=0.01)
        assert not events[-1]["done"]
        assert socket.closed == (kind == "cut-mid-stream")


async def test_a_text_that_comes_after_the_sound_stalled_is_billed_and_one_after_an_error_is_not(
    running: Running, http: aiohttp.ClientSession, desk: Desk
) -> None:
    async with connected(running, http) as socket:
        for kind, billed in (("stall-mid-stream", 2), ("error-after-audio", 3)):
            desk.faults.set(SERVICE, kind)
            await speak(socket, kind)
            await events_of(socket, 0.5)
            await speak(socket, kind)
            await speak(socket, f"after {kind}", text="  ")  # refused, so that the text before it was taken
            assert (await events_of(socket))[-1]["type"] == "error"
            assert desk.invoice.count == billed
            desk.faults.clear()


async def test_silence_holds_the_sound_until_it_is_healed(
    running: Running, http: aiohttp.ClientSession, desk: Desk
) -> None:
    async with connected(running, http) as socket:
        desk.faults.set(SERVICE, "silent")
        await speak(socket)
        assert await events_of(socket, 0.3) == []
        desk.faults.clear()
        assert (await events_of(socket))[-1]["type"] == "done"
    assert desk.invoice.count == 1  # what arrived is billed


async def test_a_cut_ends_the_sockets_that_are_open(
    running: Running, http: aiohttp.ClientSession, desk: Desk
) -> None:
    async with connected(running, http) as one, connected(running, http) as other:
        desk.faults.set(SERVICE, "cut")
        for socket in (one, other):
            assert (await socket.receive(timeout=5)).type in GONE
    while desk.connections.count(SERVICE):
        await asyncio.sleep(0)


async def test_the_whole_text_by_http_is_refused_too(
    running: Running, http: aiohttp.ClientSession, desk: Desk
) -> None:
    desk.faults.set(SERVICE, "quota")
    headers = {"X-API-Key": "sandbox", "Cartesia-Version": "2026-03-01"}
    url = f"{running.url}/cartesia/tts/bytes"
    async with http.post(url, json=REQUEST | {"transcript": TEXT}, headers=headers) as response:
        assert response.status == 402
        assert (await response.json())["error_code"] == "quota_exceeded"
