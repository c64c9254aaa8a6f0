"""The way between agent and task server on which a tool takes its time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import jwt
import pytest
from aiohttp import web

from cli.bench.chaos import slow_tasks
from cli.bench.chaos.slow_tasks import SlowTasks

pytestmark = pytest.mark.unit

HOLD_SECONDS = 0.5


@pytest.fixture
async def tasks(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlowTasks]:
    """In front of a server that answers with what it was asked."""
    monkeypatch.setattr(slow_tasks, "SLOW_SECONDS", HOLD_SECONDS)

    async def echo(request: web.Request) -> web.Response:
        asked = {"path": request.path_qs, "host": request.host, "body": (await request.read()).decode()}
        return web.json_response(asked, status=202, headers={"mcp-session-id": "s1"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", echo)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    between = SlowTasks()
    between.upstream = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with between.serve():
            yield between
    finally:
        await runner.cleanup()


async def ask(tasks: SlowTasks, tool: str, user: str = "ann") -> tuple[float, httpx.Response]:
    """Call a tool as somebody; seconds that it took, and the answer."""
    bearer = jwt.encode({"sub": user}, "x" * 32)
    body: dict[str, Any] = {"method": "tools/call", "params": {"name": tool, "arguments": {}}}
    began = time.monotonic()
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(tasks.url, json=body, headers={"Authorization": f"Bearer {bearer}"})
    return time.monotonic() - began, answer


async def test_everything_is_passed_on_as_it_is(tasks: SlowTasks) -> None:
    _, answer = await ask(tasks, "create_task")
    assert answer.status_code == 202
    assert answer.headers["mcp-session-id"] == "s1"
    told = answer.json()
    assert told["path"] == "/mcp"
    assert told["host"] in tasks.upstream  # the real server refuses a foreign one
    assert '"create_task"' in told["body"]


async def test_a_change_is_kept_back_and_tells_that_it_has_come(tasks: SlowTasks) -> None:
    with tasks.slow("ann") as arrived:
        asking = asyncio.create_task(ask(tasks, "create_task"))
        await asyncio.wait_for(arrived.wait(), 5)
        assert not asking.done()
        seconds, _ = await asking
    assert seconds >= HOLD_SECONDS


async def test_others_and_reads_are_not_slower(tasks: SlowTasks) -> None:
    with tasks.slow("ann") as arrived:
        await ask(tasks, "create_task", user="bob")
        await ask(tasks, "list_tasks")
        assert not arrived.is_set()
    await ask(tasks, "create_task")
    assert not arrived.is_set()


async def test_a_server_that_is_away_is_a_bad_gateway(tasks: SlowTasks) -> None:
    tasks.upstream = "http://127.0.0.1:9"
    _, answer = await ask(tasks, "create_task")
    assert answer.status_code == 502
