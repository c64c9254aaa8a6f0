"""The worker's port: whether it can take calls, and what its calls count.

livekit's server has its health on one port and metrics on another. Here it keeps the health on a port of this machine
that nobody else knows, and what it says is handed on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import aiohttp
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from agent.metric_files import exposition

INSIDE: Final = "127.0.0.1"
"""Where livekit's own server listens."""
PATIENCE: Final = aiohttp.ClientTimeout(total=2.0)


class Health:
    """`/` and `/worker` as livekit's server has them, `/metrics` for Prometheus, and what an orchestrator asks:
    `/healthz` (the process lives, whatever is away behind it: its calls must not be ended for that) and `/readyz`
    (it can be given calls). `port` 0 takes any.
    """

    def __init__(
        self, host: str, port: int, inside: Callable[[], int], *, ready: Callable[[], bool] = lambda: True
    ) -> None:
        self._host = host
        self._port = port
        self._inside = inside
        self._ready = ready
        self._runner: web.AppRunner | None = None

    @property
    def port(self) -> int:
        """The port that it listens on."""
        addresses = self._runner.addresses if self._runner is not None else []
        return int(addresses[0][1]) if addresses else self._port

    async def __aenter__(self) -> Health:
        """Listen. Raises OSError where the port is taken."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/", self._hand_on),
                web.get("/worker", self._hand_on),
                web.get("/healthz", self._lives),
                web.get("/readyz", self._can_be_given_calls),
                web.get("/metrics", self._metrics),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _lives(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _can_be_given_calls(self, _request: web.Request) -> web.Response:
        if not self._ready():
            return web.json_response({"status": "starting or stopping"}, status=503)
        inside = await self._ask_inside("/")
        status = "ok" if inside.status == web.HTTPOk.status_code else "no livekit"
        return web.json_response({"status": status}, status=inside.status)

    async def _hand_on(self, request: web.Request) -> web.Response:
        return await self._ask_inside(request.path)

    async def _ask_inside(self, path: str) -> web.Response:
        port = self._inside()
        if not port:
            return web.Response(status=503, text="starting")
        try:
            async with (
                aiohttp.ClientSession(timeout=PATIENCE) as session,
                session.get(f"http://{INSIDE}:{port}{path}") as answer,
            ):
                body = await answer.read()
                return web.Response(status=answer.status, body=body, content_type=answer.content_type)
        except (aiohttp.ClientError, TimeoutError):
            return web.Response(status=503, text="not answering")

    async def _metrics(self, _request: web.Request) -> web.Response:
        body = await asyncio.to_thread(exposition)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})
