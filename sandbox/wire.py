"""A socket of a stand-in as the service's faults let it behave: who is turned away, what is sent, when it breaks."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import WSCloseCode, web

from sandbox.desk import Desk

Refusal = Callable[[str], web.Response]
"""The vendor's answer to an arrival that meets a fault: «refuse», «cut», «unauthorized» and what else its door has."""

_CLOSE_SECONDS = 1.0


def abort(http: web.BaseRequest) -> None:
    """Break a connection off: no close handshake, no answer."""
    if http.transport is not None:
        http.transport.abort()


async def turned_away(
    desk: Desk, service: str, http: web.Request, refusal: Refusal
) -> web.StreamResponse | None:
    """What an arrival gets when the service shows a fault at its door; None when it is welcome."""
    kind = desk.faults.arrival(service)
    if kind is None:
        return None
    if kind != "accept-then-close":
        desk.connections.refuse(service)
        return refusal(kind)
    with desk.connections.open(service):
        socket = web.WebSocketResponse(timeout=_CLOSE_SECONDS)
        if not socket.can_prepare(http).ok:
            abort(http)
            return web.Response()
        await socket.prepare(http)
        await socket.close(code=WSCloseCode.INTERNAL_ERROR)
        return socket


class Wire:
    """One websocket. `broken` is called with the kind of each fault that begins while it is open."""

    def __init__(
        self,
        desk: Desk,
        service: str,
        socket: web.WebSocketResponse,
        http: web.Request,
        broken: Callable[[str], None] | None = None,
    ) -> None:
        self._faults = desk.faults
        self._service = service
        self._socket = socket
        self._http = http
        self._broken = broken

    @contextmanager
    def live(self) -> Iterator[None]:
        """While the block lasts, a fault that begins shows on the socket."""
        with self._faults.watched(self._service, self._begun):
            yield

    def _begun(self, kind: str) -> None:
        if kind == "cut":
            self.abort()
        elif self._broken is not None:
            self._broken(kind)

    def abort(self) -> None:
        """Break the socket off, as when the vendor dies."""
        abort(self._http)

    async def send(self, message: dict[str, Any]) -> None:
        """Send a message as JSON: lost when the service is silent, cut short when it sends garbage."""
        text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        if self._faults.active(self._service, "garbage"):
            text = text[: len(text) // 2]
        await self._out(self._socket.send_str, text)

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary message; lost when the service is silent."""
        await self._out(self._socket.send_bytes, data)

    async def _out(self, send: Callable[[Any], Any], data: str | bytes) -> None:
        if self._faults.active(self._service, "silent"):
            return
        try:
            await send(data)
        except ConnectionError:
            # The client has gone: the read that is under way says so, and ends the connection.
            await asyncio.sleep(0)
