"""One live MCP connection, held open by a task of its own.

The SDK's context managers are anyio scopes: they must be entered and left in one task, and a failed request may tear
the whole transport down. So one task owns them, callers only borrow the session, and a lost connection is replaced.
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncGenerator
from functools import cache

import anyio
import httpx2
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp.types import Tool

log = logging.getLogger(__name__)

_LEAVE_SECONDS = 1.0
"""How long leaving may take before it is forced; a dead server must not hold up the end of a call."""

LOST = (MCPError, httpx2.HTTPError, OSError, anyio.ClosedResourceError, anyio.BrokenResourceError)
"""What the SDK raises when a server is away or goes away."""


@cache
def tls() -> ssl.SSLContext:
    """What a server's certificate is checked against, read once for a process: 55 ms of the processor each time.

    Each try to reach a server that is away would take it from the server's own start.
    """
    return httpx2.create_ssl_context()


class ConnectionFailed(Exception):  # noqa: N818  # named after what happened
    """No connection was made, so nothing of the request was sent."""


class Bearer(httpx2.Auth):
    """Puts the caller's current token on every request and notes whether the server believed it."""

    def __init__(self) -> None:
        self.token = ""
        self.refused_token: str | None = None
        """The token that was last answered with 401."""
        self.status = 0
        """HTTP status of the last answer; 0 before any."""

    async def async_auth_flow(
        self, request: httpx2.Request
    ) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Sign one request."""
        token = self.token
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        self.status = response.status_code
        if response.status_code == 401:
            self.refused_token = token


class Connection:
    """A session with one server. Make it with `open`; it is over once `lost` is set."""

    def __init__(self, url: str, bearer: Bearer, answer_seconds: float) -> None:
        self._url = url
        self._bearer = bearer
        self._answer_seconds = answer_seconds
        self._leave = asyncio.Event()
        self._ready: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._own(), name="mcp-connection")
        self.tools: list[Tool] = []

    @property
    def lost(self) -> bool:
        """Whether the session is over; calls on it would fail."""
        return self._task.done() or self._leave.is_set()

    async def opened(self, within: float) -> Client:
        """Wait for the handshake, at most `within` seconds.

        Raises ConnectionFailed. A caller that is cancelled here leaves the handshake to the others.
        """
        try:
            async with asyncio.timeout(within):
                return await asyncio.shield(self._ready)
        except TimeoutError as error:
            raise ConnectionFailed("the task server does not answer") from error

    async def close(self) -> None:
        """End the session; returns within about two seconds, whatever the server does."""
        self._leave.set()
        await asyncio.wait([self._task], timeout=_LEAVE_SECONDS)
        if not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task], timeout=_LEAVE_SECONDS)

    async def _own(self) -> None:
        try:
            await self._hold()
        except* LOST as group:
            log.info("connection_lost", extra={"outcome": _innermost(group)})
            self._fail(group)
        finally:
            self._fail(None)

    async def _hold(self) -> None:
        timeout = httpx2.Timeout(2.0 * self._answer_seconds, connect=min(2.0, self._answer_seconds))
        # The HTTP timeout is the longer one: it would end the session for all, the request's own ends one request.
        async with (
            httpx2.AsyncClient(auth=self._bearer, timeout=timeout, verify=tls()) as http,
            Client(streamable_http_client(self._url, http_client=http), cache=None) as client,
        ):
            listed = await client.list_tools()
            self.tools = list(listed.tools)
            self._ready.set_result(client)
            await self._leave.wait()

    def _fail(self, cause: BaseException | None) -> None:
        if self._ready.done():
            return
        failure = ConnectionFailed("the task server cannot be reached")
        failure.__cause__ = cause
        self._ready.set_exception(failure)
        with contextlib.suppress(ConnectionFailed):
            self._ready.exception()  # nobody may be waiting any more


def _innermost(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return type(error).__qualname__
