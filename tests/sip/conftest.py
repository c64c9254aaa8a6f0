"""What tests of telephone calls share: a demo with a bridge, telephones, and an ear for what they heard."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis.asyncio
from livekit import api

from cli.caller.voices import CachedVoice, Quality, VoiceName, make_voice
from cli.phone_bridge import find_bridge
from routing.budget import PREFIX
from routing.workers import LiveWorkers
from tests.calls.conftest import Person
from tests.conftest import FREE_PORTS, LIVE, RunningDemo, _destroy, _start
from tests.sip.baresip import Baresip, telephone
from tests.sip.sipp import Played, play
from tiers.local.ear import Ear

PHONE = ("--phone", "--sip-port", "0", *FREE_PORTS)


@pytest.fixture(scope="session")
def bridge() -> str:
    """Which bridge takes the calls; every report of a telephone test says so."""
    kind = find_bridge(os.environ.get("LIVEKIT_SIP_BIN", "")).kind
    print(f"phone bridge: {kind}")
    return kind


@pytest.fixture(scope="session")
def phone_demo(tmp_path_factory: pytest.TempPathFactory, bridge: str) -> Iterator[RunningDemo]:
    """The whole product with a telephone; vendors answer at once, and words are really heard."""
    started = _start(tmp_path_factory.mktemp("phone"), *PHONE, VOICETASKS_SANDBOX_PROFILE="instant")
    started.room = "sip"
    LIVE.append(started)
    try:
        yield started.wait_ready()
        if started in LIVE:
            assert started.end() == 0, started.tail()
    finally:
        if started in LIVE:
            _destroy(started)


@pytest.fixture
def start_phone_demo(start_demo: Callable[..., RunningDemo]) -> Callable[..., RunningDemo]:
    """Starts a demo of the test's own, with a telephone."""
    return partial(start_demo, *PHONE)


Telephone = Callable[..., AbstractAsyncContextManager[Baresip]]


@pytest.fixture
def baresip(tmp_path: Path, program: Callable[[str], str]) -> Telephone:
    """Makes a telephone: `async with baresip(demo) as phone`."""
    made = 0

    def make(demo: RunningDemo, user: str = "+15550100", **more: Any) -> AbstractAsyncContextManager[Baresip]:
        nonlocal made
        made += 1
        return telephone(program("baresip"), tmp_path / f"phone{made}", demo.ports["sip"], user=user, **more)

    return make


@pytest.fixture
def sipp(tmp_path: Path, program: Callable[[str], str]) -> Callable[..., Any]:
    """Plays a scenario against a demo: `await sipp(demo, "call")`."""
    made = 0

    async def go(demo: RunningDemo, scenario: str, **more: Any) -> Played:
        nonlocal made
        made += 1
        folder = tmp_path / f"sipp{made}"
        folder.mkdir()
        return await play(program("sipp"), folder, scenario, demo.ports["sip"], **more)

    return go


@pytest.fixture
async def mouth_and_ear() -> AsyncIterator[tuple[CachedVoice, Ear]]:
    """A voice for the caller, and an ear for what they hear."""
    voice, ear = make_voice(VoiceName.PIPER, Quality.BROWSER), Ear()
    await ear.load()
    yield voice, ear
    await voice.aclose()
    ear.close()


@pytest.fixture
def person() -> Callable[..., Person]:
    """Makes a person at a demo."""
    return Person


@contextlib.asynccontextmanager
async def livekit(demo: RunningDemo) -> AsyncIterator[api.LiveKitAPI]:
    """The demo's room server."""
    from cli.secrets_file import load_or_make

    secrets = load_or_make(demo.data_dir)
    url = f"http://127.0.0.1:{demo.ports['livekit']}"
    async with api.LiveKitAPI(url, secrets["LIVEKIT_API_KEY"], secrets["LIVEKIT_API_SECRET"]) as client:
        yield client


async def rooms(client: api.LiveKitAPI) -> list[str]:
    """The rooms that there are."""
    return [room.name for room in (await client.room.list_rooms(api.ListRoomsRequest())).rooms]


def vendor_sockets(demo: RunningDemo) -> int:
    """Sockets to vendors that are open now."""
    url = f"http://127.0.0.1:{demo.ports['sandbox_control']}/connections"
    return len(httpx.get(url, timeout=10, trust_env=False).json()["open"])


async def used_slots(demo: RunningDemo) -> int:
    """Calls that the workers have."""
    async with redis.asyncio.from_url(f"redis://127.0.0.1:{demo.ports['redis']}/0") as client:
        return sum(worker.used for worker in await LiveWorkers(client).alive())


async def held_leases(demo: RunningDemo) -> int:
    """Leases of money that calls hold."""
    async with redis.asyncio.from_url(f"redis://127.0.0.1:{demo.ports['redis']}/0") as client:
        return int(await client.zcard(f"{PREFIX}leases"))
