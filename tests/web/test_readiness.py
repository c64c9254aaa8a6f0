"""Whether a call can be served: asked of the task server is what a call needs of it, and that is its tasks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.web.site import OpenSite

pytestmark = pytest.mark.unit


@asynccontextmanager
async def task_server(ready: int) -> AsyncIterator[str]:
    """One that lives, and answers so when it is asked whether it is ready; its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        status = ready if asked.startswith(b"GET /readyz ") else 200
        writer.write(f"HTTP/1.1 {status} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp"


async def missing(open_site: OpenSite) -> dict[str, dict[str, Any]]:
    answer = await (await open_site()).browser().client.get("/readyz")
    assert answer.status_code == 503
    return {part["name"]: part for part in answer.json()["missing"]}


async def test_a_task_server_that_has_its_tasks_is_not_missing(
    environment: pytest.MonkeyPatch, open_site: OpenSite
) -> None:
    async with task_server(200) as url:
        environment.setenv("VOICETASKS_WEB_TASKS_URL", url)
        assert "tasks" not in await missing(open_site)


async def test_a_task_server_that_lives_without_its_database_is_missing_and_which_is_told(
    environment: pytest.MonkeyPatch, open_site: OpenSite
) -> None:
    async with task_server(503) as url:
        environment.setenv("VOICETASKS_WEB_TASKS_URL", url)
        tasks = (await missing(open_site))["tasks"]
        assert "database" in tasks["detail"]
        assert "VOICETASKS_TASKS_DATABASE_URL" in tasks["fix"]


@pytest.mark.parametrize("url", ["http://host:notaport/mcp", "http://[half/mcp"])
async def test_an_address_of_the_task_server_that_is_none_makes_it_missing(
    environment: pytest.MonkeyPatch, open_site: OpenSite, url: str
) -> None:
    environment.setenv("VOICETASKS_WEB_TASKS_URL", url)
    assert "VOICETASKS_WEB_TASKS_URL" in (await missing(open_site))["tasks"]["fix"]
