"""The worker's one port: livekit's health, and metrics."""

from __future__ import annotations

import aiohttp
import pytest
from aiohttp import web

from agent.health import Health

pytestmark = pytest.mark.unit


async def get(port: int, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, await answer.text()


async def test_what_livekits_server_says_of_itself_is_handed_on() -> None:
    async def health(_request: web.Request) -> web.Response:
        return web.Response(status=503, text="failed to connect to livekit")

    async def worker(_request: web.Request) -> web.Response:
        return web.json_response({"active_jobs": 2})

    app = web.Application()
    app.add_routes([web.get("/", health), web.get("/worker", worker)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with Health("127.0.0.1", 0, lambda: int(runner.addresses[0][1])) as served:
            assert await get(served.port, "/") == (503, "failed to connect to livekit")
            assert await get(served.port, "/worker") == (200, '{"active_jobs": 2}')
    finally:
        await runner.cleanup()


async def test_a_worker_that_has_not_begun_or_does_not_answer_cannot_take_calls() -> None:
    async with Health("127.0.0.1", 0, lambda: 0) as served:
        assert (await get(served.port, "/"))[0] == 503
    async with Health("127.0.0.1", 0, lambda: 1) as served:
        assert (await get(served.port, "/"))[0] == 503


async def test_metrics_are_told_before_anything_else_works() -> None:
    async with Health("127.0.0.1", 0, lambda: 0) as served:
        status, text = await get(served.port, "/metrics")
    assert status == 200
    assert "# HELP" in text


async def test_a_worker_lives_while_livekit_is_away_and_is_not_ready() -> None:
    async def health(_request: web.Request) -> web.Response:
        return web.Response(status=503 if away else 200, text="of livekit")

    app = web.Application()
    app.add_routes([web.get("/", health)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    away, registered = False, False
    try:
        inside = int(runner.addresses[0][1])
        async with Health("127.0.0.1", 0, lambda: inside, ready=lambda: registered) as served:
            assert await get(served.port, "/readyz") == (503, '{"status": "starting or stopping"}')
            registered = True
            assert (await get(served.port, "/readyz"))[0] == 200
            away = True
            assert await get(served.port, "/readyz") == (503, '{"status": "no livekit"}')
            assert (await get(served.port, "/healthz"))[0] == 200
    finally:
        await runner.cleanup()
