"""Taps on the vendors' connections: what a plugin sends and receives passes by a watcher, unchanged but for what it misreads.

The plugins take an HTTP session or client of ours, which is a public argument of theirs; nothing of theirs is patched.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final, Protocol, TypeVar, cast

import aiohttp
import httpx2 as httpx
from livekit.agents import get_job_context
from livekit.agents.utils import http_context
from typing_extensions import override

logger = logging.getLogger(__name__)

_OVER: Final = (
    aiohttp.WSMsgType.CLOSE,
    aiohttp.WSMsgType.CLOSING,
    aiohttp.WSMsgType.CLOSED,
    aiohttp.WSMsgType.ERROR,
)
_IN_PEACE: Final = (None, aiohttp.WSCloseCode.OK, aiohttp.WSCloseCode.GOING_AWAY)
_CHAT: Final = "/chat/completions"


_Seen = TypeVar("_Seen")


@cache
def trust() -> ssl.SSLContext:
    """The authorities that a vendor's certificate may come from, read once a process.

    Reading them takes 30 ms, 200 on a busy machine, in which no sound moves: too long for every swap.
    """
    return httpx.create_ssl_context()


def quietly(watch: Callable[..., _Seen], *arguments: Any) -> _Seen | None:
    """Let a watcher see something; its faults are ours to mend and never the call's."""
    try:
        return watch(*arguments)
    except Exception:
        logger.exception("the meter could not read a vendor's message")
        return None


# Websockets


@dataclass(frozen=True, slots=True)
class Handshake:
    """How a websocket was opened: the query of its address and the headers of the vendor's answer."""

    query: Mapping[str, str]
    headers: Mapping[str, str]


class SocketWatcher(Protocol):
    """Sees one websocket from its handshake to its end."""

    def sent(self, data: str | bytes) -> None:
        """A message has gone out."""

    def received(self, data: str | bytes) -> None:
        """A message has come."""

    def ended(self, broken: bool, *, turned_away: bool = False) -> None:
        """The socket is over; `broken` when nobody closed it in peace. It may be told more than once.

        `turned_away`: the vendor closed it with an error and had said nothing, as one does that lets nobody in.
        """


class SocketTap:
    """Opens HTTP sessions whose websockets are watched."""

    def __init__(self) -> None:
        self.watch: Callable[[Handshake], SocketWatcher] | None = None
        """Makes the watcher of a new websocket; None: nobody watches."""
        self.overhear: Callable[[str], None] | None = None
        """Told of each text message that comes, whichever socket it is on."""
        self.left: Callable[[int, str], None] | None = None
        """Told the code and the reason with which the vendor closes a socket."""
        self.amend: Callable[[str], str] | None = None
        """Gives a text message as the plugin is to read it."""
        self._sessions: list[aiohttp.ClientSession] = []

    def session(self) -> aiohttp.ClientSession:
        """A session for a plugin. In a job it shares the job's connections, TLS settings and proxy."""
        connector: aiohttp.BaseConnector | None = None
        proxy: str | None = None
        try:
            connector = http_context.http_session().connector
            proxy = get_job_context().proc.http_proxy
        except RuntimeError:
            pass  # outside a job
        session = aiohttp.ClientSession(
            connector=connector,
            connector_owner=connector is None,
            proxy=proxy,
            ws_response_class=cast("type[aiohttp.ClientWebSocketResponse]", partial(_Socket, self)),
        )
        self._sessions.append(session)
        return session

    async def aclose(self) -> None:
        """Close the sessions."""
        for session in self._sessions:
            await session.close()


class _Socket(aiohttp.ClientWebSocketResponse):
    """A websocket that lets a watcher see its messages."""

    def __init__(self, tap: SocketTap, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._tap = tap
        answer = self._response
        handshake = Handshake(answer.url.query, answer.headers)
        self._watcher = quietly(tap.watch, handshake) if tap.watch is not None else None
        self._reader_task: asyncio.Task[Any] | None = None
        self._spoke = False

    @override
    async def send_str(self, data: str, compress: int | None = None) -> None:
        await super().send_str(data, compress)
        if self._watcher is not None:
            quietly(self._watcher.sent, data)

    @override
    async def send_bytes(self, data: bytes, compress: int | None = None) -> None:
        await super().send_bytes(data, compress)
        if self._watcher is not None:
            quietly(self._watcher.sent, data)

    @override
    async def receive(self, timeout: float | None = None) -> Any:
        self._reader_task = asyncio.current_task()
        try:
            message = await super().receive(timeout)
        except (asyncio.CancelledError, TimeoutError) as gave_up:
            # The plugin has no more interest in this socket, and may close it much later.
            if self._watcher is not None:
                quietly(self._watcher.ended, isinstance(gave_up, TimeoutError))
            raise
        finally:
            self._reader_task = None
        if self._tap.overhear is not None and message.type is aiohttp.WSMsgType.TEXT:
            quietly(self._tap.overhear, message.data)
        if self._tap.left is not None and message.type is aiohttp.WSMsgType.CLOSE:
            quietly(self._tap.left, message.data, message.extra or "")
        if self._watcher is not None:
            if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                self._spoke = True
                quietly(self._watcher.received, message.data)
            elif message.type in _OVER:
                broken = self.close_code not in _IN_PEACE
                # A line that broke gives no CLOSE: then what was sent may have arrived, and may be billed.
                closed = broken and message.type is aiohttp.WSMsgType.CLOSE
                quietly(partial(self._watcher.ended, broken, turned_away=closed and not self._spoke))
        if self._tap.amend is not None and message.type is aiohttp.WSMsgType.TEXT:
            return message._replace(data=self._tap.amend(message.data))
        return message

    @override
    async def close(self, *, code: int = aiohttp.WSCloseCode.OK, message: bytes = b"") -> bool:
        # The reading calls this itself when it finds the socket at its end, and knows better how it ended.
        if self._watcher is not None and asyncio.current_task() is not self._reader_task:
            quietly(self._watcher.ended, False)
        return await super().close(code=code, message=message)


# Chat completions


class ChatWatcher(Protocol):
    """Sees one request for a chat completion from its sending to its end."""

    def sent(self) -> None:
        """All of it has gone out."""

    def answered(self, status: int, request_id: str) -> None:
        """The vendor has begun to answer."""

    def data(self, chunk: bytes) -> None:
        """A piece of the answer's body."""

    def ended(self, error: BaseException | None) -> None:
        """Nothing more comes, because of the error when there is one. It may be told more than once."""


class ChatTap:
    """Opens HTTP clients whose chat completions are watched."""

    def __init__(self) -> None:
        self.watch: Callable[[bytes], ChatWatcher] | None = None
        """Makes the watcher of a request from its body; None: nobody watches."""
        self._clients: list[httpx.AsyncClient] = []

    def client(self) -> httpx.AsyncClient:
        """A client for OpenAI's SDK, with the limits and the patience of livekit's plugin."""
        client = _Client(
            self,
            # The watcher reads the answer as it comes over the line.
            headers={"accept-encoding": "identity"},
            timeout=httpx.Timeout(connect=15.0, read=5.0, write=5.0, pool=5.0),
            follow_redirects=True,
            verify=trust(),
            limits=httpx.Limits(max_connections=50, max_keepalive_connections=50, keepalive_expiry=120),
        )
        self._clients.append(client)
        return client

    async def aclose(self) -> None:
        """Close the clients."""
        for client in self._clients:
            await client.aclose()


class _Client(httpx.AsyncClient):
    def __init__(self, tap: ChatTap, **named: Any) -> None:
        super().__init__(**named)
        self._tap = tap

    @override
    async def send(self, request: httpx.Request, **named: Any) -> httpx.Response:
        watcher: ChatWatcher | None = None
        if self._tap.watch is not None and request.url.path.endswith(_CHAT):
            watcher = quietly(self._tap.watch, request.content)
        if watcher is None:
            return await super().send(request, **named)
        seen = watcher

        async def trace(step: str, _: dict[str, Any]) -> None:
            """Steps are named in https://www.encode.io/httpcore/extensions/#trace."""
            if step.endswith(".send_request_body.complete"):
                quietly(seen.sent)

        request.extensions = {**request.extensions, "trace": trace}
        try:
            response = await super().send(request, **named)
        except BaseException as error:
            quietly(watcher.ended, error)
            raise
        quietly(watcher.answered, response.status_code, response.headers.get("x-request-id", ""))
        if response.is_stream_consumed:
            quietly(watcher.data, response.content)
            quietly(watcher.ended, None)
        elif isinstance(response.stream, httpx.AsyncByteStream):
            response.stream = _Stream(response.stream, watcher)
        return response


class _Stream(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, watcher: ChatWatcher) -> None:
        self._stream = stream
        self._watcher = watcher

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._stream:
                quietly(self._watcher.data, chunk)
                yield chunk
        except BaseException as error:
            quietly(self._watcher.ended, error)
            raise
        quietly(self._watcher.ended, None)

    @override
    async def aclose(self) -> None:
        quietly(self._watcher.ended, None)
        await self._stream.aclose()
