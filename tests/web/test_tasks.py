import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cli.ports import FreePorts
from mcp_tasks.client import TaskClient
from people.tokens import mint_tasks_token
from people.user import User
from tests.web.site import OpenSite, Site

pytestmark = pytest.mark.system


@pytest.fixture
def task_server(environment: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The real task server, on a port that the application is told."""
    port = FreePorts().take()
    environment.setenv("VOICETASKS_TASKS_PORT", str(port))
    environment.setenv("VOICETASKS_TASKS_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'tasks.db'}")
    environment.setenv("VOICETASKS_WEB_TASKS_URL", f"http://127.0.0.1:{port}/mcp")
    log = tmp_path / "tasks.log"
    with log.open("wb") as output:
        server = subprocess.Popen([sys.executable, "-m", "mcp_tasks"], env=dict(os.environ), stderr=output)
    try:
        deadline = time.monotonic() + 20
        while not _lives(port):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield server
    finally:
        server.terminate()
        server.wait(10)


def _lives(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


async def add(site: Site, user: User, title: str) -> None:
    async def token() -> str:
        return mint_tasks_token(user, site.services.people_settings)

    async with TaskClient(site.services.settings.tasks_url, token) as client:
        outcome = await client.call("create_task", {"title": title})
        assert not outcome.is_error, outcome.text


async def test_each_user_sees_their_own_tasks(
    task_server: subprocess.Popen[bytes], open_site: OpenSite
) -> None:
    site = await open_site()
    await add(site, site.ann, "Review the proposal")
    await add(site, site.ann, "Buy milk")
    ann, bob = await site.signed_in(site.ann), await site.signed_in(site.bob)
    listed = await ann.client.get("/api/tasks")
    assert listed.status_code == 200
    assert {task["title"] for task in listed.json()["tasks"]} == {"Review the proposal", "Buy milk"}
    assert listed.json()["total"] == 2
    found = await ann.client.get("/api/tasks", params={"query": "milk"})
    assert [task["title"] for task in found.json()["tasks"]] == ["Buy milk"]
    empty = await bob.client.get("/api/tasks")
    assert (empty.status_code, empty.json()["tasks"], empty.json()["total"]) == (200, [], 0)


async def test_without_a_session_there_are_no_tasks(site: Site) -> None:
    answer = await site.browser().client.get("/api/tasks")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")


async def test_views_and_limits_are_checked_before_the_task_server_is_asked(site: Site) -> None:
    browser = await site.signed_in(site.ann)
    for wrong in ({"view": "everyone"}, {"limit": "0"}, {"limit": "1000"}, {"query": "x" * 201}):
        assert (await browser.client.get("/api/tasks", params=wrong)).status_code == 422


async def test_a_task_server_that_went_away_is_said_plainly(
    task_server: subprocess.Popen[bytes], open_site: OpenSite
) -> None:
    site = await open_site()
    browser = await site.signed_in(site.ann)
    assert (await browser.client.get("/api/tasks")).status_code == 200
    task_server.kill()
    task_server.wait()
    answer = await browser.client.get("/api/tasks")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
