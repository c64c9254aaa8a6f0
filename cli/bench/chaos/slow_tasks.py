"""A task server that takes its time: passes everything on to the real one, and keeps a change back for a while.

It stands between the agent and the task server, so that a vendor can fail while a tool runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import jwt
from aiohttp import ClientError, ClientSession, web

from cli.ports import HOST

SLOW_SECONDS: Final = 3.0
SLOW_TOOLS: Final = ("create_task",)
_OWN: Final = ("host", "content-length", "transfer-encoding", "connection", "content-encoding")


class SlowTasks:
    """The way between. `upstream` is set as soon as the real one is known."""

    def __init__(self) -> None:
        self.upstream = ""
        self.url = ""
        self._slow: dict[str, asyncio.Event] = {}

    @contextlib.contextmanager
    def slow(self, user_id: str) -> Iterator[asyncio.Event]:
        """Keep this person's changes back; gives what is set when the first one has come."""
        arrived = self._slow[user_id] = asyncio.Event()
        try:
            yield arrived
        finally:
            del self._slow[user_id]

    @contextlib.asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        """Listen on a free port."""
        app = web.Application(client_max_size=1_000_000)
        async with ClientSession(auto_decompress=False) as client:

            async def passes(request: web.Request) -> web.StreamResponse:
                return await self._pass_on(client, request)

            app.router.add_route("*", "/{path:.*}", passes)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
            await runner.setup()
            try:
                site = web.TCPSite(runner, HOST, 0)
                await site.start()
                self.url = f"http://{HOST}:{runner.addresses[0][1]}/mcp"
                yield
            finally:
                await runner.cleanup()

    async def _pass_on(self, client: ClientSession, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        await self._take_time(request, body)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OWN}
        try:
            async with client.request(
                request.method, self.upstream + request.path_qs, headers=headers, data=body
            ) as answer:
                kept = {name: value for name, value in answer.headers.items() if name.lower() not in _OWN}
                response = web.StreamResponse(status=answer.status, headers=kept)
                await response.prepare(request)
                async for piece in answer.content.iter_any():
                    await response.write(piece)
                await response.write_eof()
                return response
        except (ClientError, ConnectionError):
            raise web.HTTPBadGateway from None

    async def _take_time(self, request: web.Request, body: bytes) -> None:
        arrived = self._slow.get(_subject(request.headers.get("Authorization", "")))
        if arrived is not None and _tool(body) in SLOW_TOOLS:
            arrived.set()
            await asyncio.sleep(SLOW_SECONDS)


def _subject(bearer: str) -> str:
    """Whose token it is; the real server checks whether it may be believed."""
    try:
        claims = jwt.decode(bearer.removeprefix("Bearer "), options={"verify_signature": False})
    except jwt.PyJWTError:
        return ""
    return str(claims.get("sub", ""))


def _tool(body: bytes) -> str:
    try:
        message: Any = json.loads(body or b"{}")
        return str(message["params"]["name"]) if message["method"] == "tools/call" else ""
    except (ValueError, KeyError, TypeError):
        return ""
