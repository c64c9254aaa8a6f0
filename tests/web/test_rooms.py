"""Connections to the room server: those that nobody needs any more are given back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from web import rooms as rooms_module
from web.rooms import Rooms
from web.settings import WebSettings

pytestmark = pytest.mark.unit

BOUND_SECONDS = 60.0


class RoomServer:
    """Has no rooms; answers only once as many have asked as were told to be there at once."""

    def __init__(self) -> None:
        self.gate = asyncio.Barrier(1)
        self.open: set[asyncio.BaseTransport] = set()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        self.open.add(request.transport)
        await self.gate.wait()
        return web.Response(body=b"", content_type="application/protobuf")

    @property
    def connections(self) -> int:
        self.open = {each for each in self.open if not each.is_closing()}
        return len(self.open)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_post("/{path:.*}", self.answer)
        server = TestServer(app)
        await server.start_server()
        try:
            yield str(server.make_url(""))
        finally:
            await server.close()


async def test_of_connections_that_many_needed_at_once_the_regular_look_keeps_one(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setattr(rooms_module, "_IDLE_SECONDS", 0.3)
    server = RoomServer()
    async with server.serve() as url:
        environment.setenv("LIVEKIT_URL", url)
        rooms = Rooms(WebSettings())
        try:
            server.gate = asyncio.Barrier(4)
            await asyncio.gather(*(rooms.made_at() for _ in range(4)))
            assert server.connections == 4

            server.gate = asyncio.Barrier(1)
            async with asyncio.timeout(BOUND_SECONDS):
                while server.connections > 1:
                    await rooms.made_at()
                    await asyncio.sleep(0.2)  # as often as it looks, measured by how long idle ones are kept
        finally:
            await rooms.aclose()
        async with asyncio.timeout(BOUND_SECONDS):
            while server.connections:
                await asyncio.sleep(0.01)
