"""Deepgram's streaming speech to text: the websocket `/v1/listen`.

Billed by the audio that was sent, one row for each connection, when it ends.
"""

import asyncio
import hashlib
import uuid

import numpy as np
from aiohttp import WSCloseCode, WSMessage, WSMsgType, web
from numpy.typing import NDArray

from sandbox import mulaw
from sandbox.deepgram_errors import NET_0000, NET_0001, bad_request, of_fault, unauthorized
from sandbox.deepgram_messages import Messages, command
from sandbox.deepgram_query import BadQueryError, ListenQuery, parse
from sandbox.deepgram_recognition import Recognition
from sandbox.desk import Desk
from sandbox.shared_ear import SharedEar
from sandbox.wire import Wire, turned_away
from tiers.local.resample import Resampler
from tiers.local.speech import SAMPLE_RATE

VENDOR = "deepgram"
CONNECTIONS = "deepgram-stt"

IDLE_SECONDS = 10.0
"""Without audio or a text message for so long the vendor closes (NET-0001)."""

FIRST_AUDIO_SECONDS = 30.0
"""Without any audio at all for so long it closes, whatever KeepAlives come (NET-0000)."""

_MAX_MESSAGE = 4_000_000
_WAITING = 5_000
"""Messages that may wait for the recogniser: minutes of sound, as clients send it."""
_LONGEST_BINARY_TEXT = 200


class _Connection:
    """One websocket from handshake to close."""

    def __init__(
        self, desk: Desk, ear: SharedEar, query: ListenQuery, request_id: str, request: web.Request
    ) -> None:
        self._desk = desk
        self._request = request
        self._query = query
        self._request_id = request_id
        self._socket = web.WebSocketResponse(max_msg_size=_MAX_MESSAGE)
        self._socket.headers["dg-request-id"] = request_id
        self._wire = Wire(desk, CONNECTIONS, self._socket, request)
        self._messages = Messages(request_id, query.model, punctuated=query.punctuate or query.smart_format)
        self._ear = ear
        self._resampler = Resampler(query.sample_rate, SAMPLE_RATE)
        self._odd = b""
        self._inbox: asyncio.Queue[WSMessage | None] = asyncio.Queue(_WAITING)
        self._received = 0
        self._digest = hashlib.sha256()
        self._opened = self._alive = desk.clock.now()

    @property
    def _seconds(self) -> float:
        return self._received / self._query.bytes_a_second

    async def run(self) -> web.WebSocketResponse:
        await self._socket.prepare(self._request)
        recognition = Recognition(self._desk, self._ear, self._query, self._messages, self._wire.send)
        # Of its own, since a client that goes away ends this handler wherever it is: what had arrived is billed.
        reading = asyncio.create_task(self._read())
        try:
            with self._wire.live():
                await self._listen(recognition)
        finally:
            reading.cancel()
            self._desk.invoice.charge(
                vendor=VENDOR,
                model=self._query.model,
                request_id=self._request_id,
                units={"audio_seconds": self._seconds},
                tag=self._query.tag,
            )
            await recognition.aclose()
        return self._socket

    async def _read(self) -> None:
        """Take what comes as it comes, and count its sound; the recogniser may be behind."""
        over = False
        while not over:
            message = await self._next()
            if message is not None and message.type in (WSMsgType.BINARY, WSMsgType.TEXT):
                if message.type == WSMsgType.TEXT or not _is_text(message.data):
                    self._alive = self._desk.clock.now()
                    self._received += len(message.data) if message.type == WSMsgType.BINARY else 0
                over = _ends(message)
            else:
                message, over = None, True
            await self._inbox.put(message)

    async def _listen(self, recognition: Recognition) -> None:
        while (message := await self._inbox.get()) is not None:
            if message.type == WSMsgType.TEXT:
                await self._told_to(recognition, message.data)
            elif message.data and not _is_text(message.data):
                await self._audio(recognition, message.data)
            if _ends(message):
                return await self._finish(recognition)

    async def _next(self) -> WSMessage | None:
        """The next message; None when the vendor's patience ended."""
        clock = self._desk.clock
        idle = self._alive + IDLE_SECONDS
        silent = self._opened + FIRST_AUDIO_SECONDS if not self._received else float("inf")
        try:
            return await self._socket.receive(timeout=max(0.001, clock.real(min(idle, silent) - clock.now())))
        except TimeoutError:
            reason = NET_0001 if idle <= silent else NET_0000
            await self._socket.close(code=WSCloseCode.INTERNAL_ERROR, message=reason.encode())
            return None

    async def _told_to(self, recognition: Recognition, text: str) -> None:
        """Do what a text message says."""
        message = command(text)
        match message and message["type"]:
            case "KeepAlive" | "CloseStream":
                pass
            case "Finalize":
                await recognition.flush(from_finalize=True)
            case "Configure":
                keyterms = (message or {}).get("keyterms")
                await self._wire.send(
                    self._messages.configured(keyterms if isinstance(keyterms, list) else None)
                )
            case _:
                await self._wire.send(self._messages.not_understood(text))

    async def _audio(self, recognition: Recognition, data: bytes) -> None:
        self._digest.update(data)
        await recognition.hear(self._resampler.push(self._decoded(data)))

    def _decoded(self, data: bytes) -> NDArray[np.int16]:
        if self._query.encoding == "mulaw":
            return mulaw.decode(data)
        data = self._odd + data
        whole = len(data) - len(data) % 2
        self._odd = data[whole:]
        return np.frombuffer(data[:whole], "<i2").astype(np.int16, copy=False)

    async def _finish(self, recognition: Recognition) -> None:
        await recognition.hear(self._resampler.flush())
        await recognition.flush()
        await self._wire.send(
            self._messages.metadata(
                sha256=self._digest.hexdigest(), created=self._opened, duration=self._seconds
            )
        )
        await self._socket.close()


def _is_text(data: bytes) -> bool:
    """Whether a binary frame holds a KeepAlive, which is no text message then, and no audio either."""
    return len(data) < _LONGEST_BINARY_TEXT and data.startswith(b"{") and data.rstrip().endswith(b"}")


def _ends(message: WSMessage) -> bool:
    """Whether the client ends its stream with this: an empty frame is the vendor's old way."""
    if message.type == WSMsgType.BINARY:
        return not message.data
    told = command(message.data)
    return told is not None and told["type"] == "CloseStream"


def routes(desk: Desk) -> list[web.RouteDef]:
    """The stand-in's routes, below the vendor's prefix."""
    ear = SharedEar(desk)

    async def listen(request: web.Request) -> web.StreamResponse:
        request_id = str(uuid.uuid4())
        headers = {"dg-request-id": request_id}

        def refusal(kind: str) -> web.Response:
            status, body = of_fault(kind, request_id)
            return web.json_response(body, status=status, headers=headers | {"dg-error": body["err_msg"]})

        if away := await turned_away(desk, CONNECTIONS, request, refusal):
            return away
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in {"token", "bearer"} or not key.strip():
            body = unauthorized(request_id)
            return web.json_response(body, status=401, headers=headers | {"dg-error": body["err_msg"]})
        try:
            query = parse(request.query)
        except BadQueryError as wrong:
            reason = str(wrong)
            return web.json_response(
                bad_request(request_id, reason), status=400, headers=headers | {"dg-error": reason}
            )
        with desk.connections.open(CONNECTIONS, query.tag):
            return await _Connection(desk, ear, query, request_id, request).run()

    return [web.get("/v1/listen", listen)]
