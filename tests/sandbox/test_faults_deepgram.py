"""The faults of the stand-in for Deepgram's listening, over the bare wire."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import numpy as np
import pytest

from sandbox.app import Running
from sandbox.desk import Desk

pytestmark = pytest.mark.unit

SERVICE = "deepgram-stt"
RATE = 16_000
BEEP = (np.sin(2 * np.pi * 220 * np.arange(RATE) / RATE) * 3000).astype("<i2").tobytes() + bytes(RATE)
GONE = (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)


@contextlib.asynccontextmanager
async def listening(
    running: Running, http: aiohttp.ClientSession
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    url = f"{running.url}/deepgram/v1/listen?model=nova-3&encoding=linear16&sample_rate={RATE}&tag=call"
    url += "&interim_results=true&endpointing=25"
    async with http.ws_connect(url, headers={"authorization": "Token sandbox"}) as socket:
        yield socket


async def results(socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    message: dict[str, Any] = await socket.receive_json(timeout=5)
    assert message["type"] == "Results"
    return message


def transcript(message: dict[str, Any]) -> str:
    words: str = message["channel"]["alternatives"][0]["transcript"]
    return words


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("refuse", 503),
        ("cut", 503),
        ("unauthorized", 401),
        ("quota", 402),
        ("rate-limit", 429),
        ("server-error", 500),
    ],
)
async def test_a_connection_is_refused_and_costs_nothing(
    running: Running, http: aiohttp.ClientSession, desk: Desk, kind: str, status: int
) -> None:
    desk.faults.set(SERVICE, kind)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with listening(running, http):
            pass
    assert refused.value.status == status
    assert refused.value.headers
    assert refused.value.headers["dg-error"]
    assert (desk.connections.refused(SERVICE), desk.invoice.count) == (1, 0)


@pytest.mark.parametrize(
    ("kind", "final", "words"), [("no-final", False, "buy milk"), ("empty-final", True, "")]
)
async def test_the_words_stay_interim_or_are_lost(
    running: Running, http: aiohttp.ClientSession, desk: Desk, kind: str, final: bool, words: str
) -> None:
    desk.faults.set(SERVICE, kind, times=1)
    async with listening(running, http) as socket:
        desk.told.put("call", "buy milk")
        await socket.send_bytes(BEEP)
        heard = await results(socket)
        assert (heard["is_final"], transcript(heard)) == (final, words)
        desk.told.put("call", "call mum")
        await socket.send_bytes(BEEP)
        heard = await results(socket)
        assert (heard["is_final"], transcript(heard)) == (True, "call mum")


async def test_a_silent_one_hears_and_says_nothing_and_closes_when_it_is_asked_to(
    running: Running, http: aiohttp.ClientSession, desk: Desk
) -> None:
    desk.faults.set(SERVICE, "silent")
    async with listening(running, http) as socket:
        desk.told.put("call", "buy milk")
        await socket.send_bytes(BEEP)
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.5)
        await socket.ping()
        await socket.send_json({"type": "CloseStream"})
        assert (await socket.receive(timeout=5)).type == aiohttp.WSMsgType.CLOSE


async def test_a_cut_after_one_utterance_comes_with_the_second(
    running: Running, http: aiohttp.ClientSession, desk: Desk
) -> None:
    desk.faults.set(SERVICE, "cut", after=1)
    async with listening(running, http) as socket:
        desk.told.put("call", "buy milk")
        await socket.send_bytes(BEEP)
        assert transcript(await results(socket)) == "buy milk"
        await socket.send_bytes(BEEP)
        assert (await socket.receive(timeout=5)).type in GONE
    assert desk.faults.active(SERVICE, "cut")


async def test_garbage_cannot_be_parsed(running: Running, http: aiohttp.ClientSession, desk: Desk) -> None:
    desk.faults.set(SERVICE, "garbage")
    async with listening(running, http) as socket:
        await socket.send_bytes(BEEP)
        with pytest.raises(ValueError, match="char"):
            await socket.receive_json(timeout=5)
