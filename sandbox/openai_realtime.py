"""OpenAI's Realtime: the websocket `/v1/realtime?model=`, speech to speech, as generally available.

`tag` in the query names the call that a connection belongs to, for told words, scripts and the invoice; without it
the header OpenAI-Safety-Identifier does. The vendor itself ignores a query parameter that it does not know.
"""

import asyncio
import secrets
from collections.abc import Coroutine
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from sandbox import openai_errors
from sandbox.desk import Desk
from sandbox.openai_errors import OpenAIError
from sandbox.realtime_connection import Connection
from sandbox.realtime_events import RealtimeError, client_event
from sandbox.realtime_session import sold
from sandbox.shared_ear import SharedEar
from sandbox.wire import Wire, turned_away

CONNECTIONS = "openai-realtime"

SESSION_SECONDS = 3_600.0
"""A session's greatest age."""

# 15 MB of sound in base64 is the vendor's limit for an event.
_MAX_MESSAGE = 20_500_000
_NO_QUOTA = 4000


class _Socket:
    """One websocket: reads the client's events in order, writes the server's."""

    def __init__(self, desk: Desk, ear: SharedEar, model: str, tag: str | None, request: web.Request) -> None:
        self._desk = desk
        self._request = request
        self._model = model
        self._ws = web.WebSocketResponse(max_msg_size=_MAX_MESSAGE)
        self._expires = desk.clock.now() + SESSION_SECONDS
        self._tasks: set[asyncio.Task[None]] = set()
        self._wire = Wire(desk, CONNECTIONS, self._ws, request, self._broken)
        self._connection = Connection(
            desk,
            ear,
            model=model,
            tag=tag,
            expires_at=self._expires,
            send=self._wire.send,
            spawn=self._spawn,
            abort=self._wire.abort,
            hang_up=self._hang_up,
        )

    async def run(self) -> web.WebSocketResponse:
        """Serve the session until either side ends it."""
        await self._ws.prepare(self._request)
        if not sold(self._model):
            await self._refuse_model()
            return self._ws
        try:
            with self._wire.live():
                await self._connection.open()
                await self._listen()
        finally:
            ending: list[asyncio.Task[Any]] = self._connection.abandon() + list(self._tasks)
            for task in ending:
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)
        return self._ws

    async def _refuse_model(self) -> None:
        message = f"The model `{self._model[:100]}` does not exist or you do not have access to it."
        await self._wire.send(RealtimeError("model_not_found", message).event())
        await self._ws.close(code=4004, message=b"invalid_request_error.model_not_found")

    async def _listen(self) -> None:
        clock = self._desk.clock
        while True:
            left = clock.real(self._expires - clock.now())
            try:
                message = await self._ws.receive(timeout=max(0.001, left))
            except TimeoutError:
                await self._expire()
                return
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            event_id: str | None = None
            try:
                event = client_event(message.data if isinstance(message.data, str) else message.data.decode())
                event_id = event["event_id"] if isinstance(event.get("event_id"), str) else None
                await self._connection.take(event)
            except UnicodeDecodeError:
                await self._wire.send(RealtimeError("invalid_json", "An event is text.").event())
            except RealtimeError as refused:
                await self._wire.send(refused.event(event_id))

    async def _expire(self) -> None:
        minutes = round(SESSION_SECONDS / 60)
        message = f"Your session hit the maximum duration of {minutes} minutes."
        await self._wire.send(RealtimeError("session_expired", message).event())
        await self._ws.close(code=WSCloseCode.GOING_AWAY, message=b"session_expired")

    def _broken(self, kind: str) -> None:
        if kind == "session-expired":
            self._spawn(self._expire())

    async def _hang_up(self) -> None:
        await self._ws.close(code=_NO_QUOTA, message=b"insufficient_quota")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def routes(desk: Desk) -> list[web.RouteDef]:
    """The stand-in's routes, below the vendor's prefix."""
    ear = SharedEar(desk)

    def refusal(kind: str) -> web.Response:
        return openai_errors.of_fault(kind).response(f"req_{secrets.token_hex(16)}")

    async def realtime(request: web.Request) -> web.StreamResponse:
        if away := await turned_away(desk, CONNECTIONS, request, refusal):
            return away
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        try:
            if scheme.lower() != "bearer" or not key.strip():
                raise openai_errors.no_key()
            model = request.query.get("model", "")
            if not model:
                raise openai_errors.missing("model")
        except OpenAIError as error:
            return error.response(f"req_{secrets.token_hex(16)}")
        tag = request.query.get("tag") or request.headers.get("openai-safety-identifier") or None
        tag = tag[:200] if tag else None
        with desk.connections.open(CONNECTIONS, tag):
            return await _Socket(desk, ear, model, tag, request).run()

    return [web.get("/v1/realtime", realtime)]
