"""The way to the room server, which a test can cut."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable

from playwright.async_api import Route

from tests.web.page_driver import OpenTab, Tab


class Network:
    """A TCP proxy on a port of its own. Media take another way: what drops is what a page notices first."""

    def __init__(self, livekit_port: int) -> None:
        self.up = True
        self.port = 0
        self._livekit_port = livekit_port
        self._open: set[asyncio.StreamWriter] = set()

    async def listen(self) -> asyncio.Server:
        """Begin to pass on."""
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    def drop(self) -> None:
        """Cut every connection and refuse new ones, until `up` is set."""
        self.up = False
        self.cut()

    def cut(self) -> None:
        """Cut every connection; new ones are welcome."""
        for end in self._open:
            end.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.up:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._livekit_port)
        ends = {writer, far_writer}
        self._open |= ends
        await asyncio.gather(self._copy(reader, far_writer), self._copy(far_reader, writer))
        self._open -= ends

    @staticmethod
    async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        sink.close()


NewNetwork = Callable[[], Awaitable[Network]]


async def tab_on(network: Network, open_tab: OpenTab) -> Tab:
    """A tab whose calls lead over this network, to a port that the page's policy does not know.

    While it is down the page reaches neither the room server nor what our server knows of calls.
    """
    tab = await open_tab(bypass_csp=True)

    async def lead_over(route: Route) -> None:
        if not network.up:
            await route.abort()
            return
        answer = await route.fetch()
        body = await answer.json()
        if "url" in body:
            body |= {"url": f"ws://127.0.0.1:{network.port}"}
        await route.fulfill(response=answer, json=body)

    await tab.page.route(re.compile(r"/api/calls(/\w+(/token)?)?$"), lead_over)
    return tab
