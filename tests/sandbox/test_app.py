"""The sandbox as a process: where it listens, how it starts and how it ends."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from sandbox.app import NotLoopbackError, check_loopback, serve
from sandbox.desk import Desk

pytestmark = pytest.mark.system


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.0.0.9"])
def test_a_loopback_address_is_allowed(host: str) -> None:
    check_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.com", ""])
def test_any_other_address_is_refused_unless_it_is_meant(host: str) -> None:
    with pytest.raises(NotLoopbackError, match="ALLOW_REMOTE"):
        check_loopback(host)
    check_loopback(host, allow_remote=True)


async def test_a_refused_address_opens_no_port() -> None:
    with pytest.raises(NotLoopbackError):
        async with serve(Desk(), host="0.0.0.0"):
            raise AssertionError("it listens")


@asynccontextmanager
async def process(**settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("VOICETASKS_")}
    environment |= {f"VOICETASKS_SANDBOX_{key.upper()}": value for key, value in settings.items()}
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "sandbox",
        env=environment,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


async def line(started: asyncio.subprocess.Process) -> dict[str, object]:
    assert started.stderr is not None
    raw = await asyncio.wait_for(started.stderr.readline(), 30)
    value = json.loads(raw)
    assert isinstance(value, dict)
    return value


FREE = {"port": "0", "control_port": "0", "ear": "told", "voice": "tone"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_says_ready_in_json_and_ends_cleanly_on_a_signal(
    number: signal.Signals, http: aiohttp.ClientSession
) -> None:
    async with process(**FREE) as started:
        ready = await line(started)
        assert (ready["event"], ready["level"], ready["ear"]) == ("ready", "info", "told")
        assert {"ts", "url", "control_url", "profile", "pid"} <= ready.keys()
        async with http.get(f"{ready['control_url']}/healthz") as response:
            assert response.status == 200
        started.send_signal(number)
        assert (await line(started))["event"] == "stopping"
        assert (await line(started))["event"] == "stopped"
        assert await asyncio.wait_for(started.wait(), 20) == 0


async def test_a_taken_port_is_named_and_nothing_starts() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with process(**{**FREE, "port": str(port)}) as started:
            said = await line(started)
            assert said["event"] == "cannot start"
            assert str(port) in str(said["why"])
            assert await asyncio.wait_for(started.wait(), 20) == 1


async def test_an_address_for_everybody_is_refused_at_the_start() -> None:
    async with process(**{**FREE, "host": "0.0.0.0"}) as started:
        assert "loopback" in str((await line(started))["why"])
        assert await asyncio.wait_for(started.wait(), 20) == 1
