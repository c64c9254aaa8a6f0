"""Cartesia's text to speech: the websocket `/tts/websocket` and `/tts/bytes`.

Billed by the characters of each text as it is received, spoken or not. White space around a text is not counted:
clients pad sentences with it, and a bill that depends on the padding could not be checked against what was said.
"""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import WSMsgType, web
from pydantic import ValidationError

from sandbox import cartesia_messages as messages
from sandbox.cartesia_context import Context, EmptyTranscriptError
from sandbox.cartesia_messages import BytesRequest, GenerationRequest, WavFormat
from sandbox.cartesia_sound import encoded, sentences, spoken, wav
from sandbox.desk import Desk
from sandbox.price_list import UnpricedError, prices_of
from tiers.local.voice import VoiceError

VENDOR = "cartesia"
CONNECTIONS = "cartesia"

IDLE_SECONDS = 300.0
"""The vendor closes a websocket on which nothing was asked for so long."""

MAX_CONTEXTS = 64
"""Open at a time on a websocket."""

_MAX_MESSAGE = 1_000_000


class CartesiaError(Exception):
    """A refusal: an HTTP status and the vendor's error object."""

    def __init__(self, status: int, code: str, title: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.title = title
        self.message = message

    def body(self, request_id: str) -> dict[str, Any]:
        """As an HTTP answer."""
        return messages.error_body(self.code, self.title, self.message, request_id)

    def event(self, request_id: str, context_id: str | None) -> dict[str, Any]:
        """As an event of the websocket."""
        return messages.error(self.status, self.code, self.title, self.message, request_id, context_id)


def _invalid(message: str) -> CartesiaError:
    return CartesiaError(400, "invalid_request", "Invalid request", message)


def _check_headers(request: web.Request) -> None:
    """The key, as the plugin (X-API-Key) or the vendor's SDK (Bearer) sends it, and the version."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    key = request.headers.get("x-api-key") or request.query.get("api_key", "")
    if not (key.strip() or (scheme.lower() == "bearer" and bearer.strip())):
        raise CartesiaError(401, "unauthorized", "Unauthorized", "The API key is missing or invalid.")
    if not (request.headers.get("cartesia-version") or request.query.get("cartesia_version")):
        raise _invalid("The Cartesia-Version header is missing.")


def _check_model(model: str) -> None:
    try:
        prices_of(VENDOR, model)
    except UnpricedError:
        raise CartesiaError(
            400, "model_not_found", "Model not found", f"There is no model {model!r}."
        ) from None


def _wrong(error: ValidationError) -> CartesiaError:
    fields = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
    return _invalid(f"The request is not valid: {fields}")


def _charge(desk: Desk, model: str, request_id: str, transcript: str) -> None:
    characters = len(transcript.strip())
    if characters:
        desk.invoice.charge(
            vendor=VENDOR, model=model, request_id=request_id, units={"characters": characters}
        )


class _Connection:
    """One websocket with its contexts."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._id = str(uuid.uuid4())
        self._socket = web.WebSocketResponse(max_msg_size=_MAX_MESSAGE)
        self._socket.headers["cartesia-request-id"] = self._id
        self._contexts: dict[str, tuple[Context, asyncio.Task[None]]] = {}

    async def run(self, request: web.Request) -> web.WebSocketResponse:
        await self._socket.prepare(request)
        try:
            while True:
                try:
                    message = await self._socket.receive(timeout=self._desk.clock.real(IDLE_SECONDS))
                except TimeoutError:
                    await self._socket.close(message=b"connection idle timeout")
                    break
                if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                    break
                await self._take(message.data)
        finally:
            tasks = [task for _, task in self._contexts.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return self._socket

    async def _take(self, data: str | bytes) -> None:
        context_id: str | None = None
        try:
            body = _parsed(data)
            named = body.get("context_id")
            context_id = named if isinstance(named, str) else None
            if body.get("cancel") is True:
                if context_id in self._contexts:
                    self._contexts.pop(context_id)[1].cancel()
                return
            request = GenerationRequest.model_validate(body)
            _check_model(request.model_id)
            await self._generate(request)
        except ValidationError as error:
            await self._send(_wrong(error).event(self._id, context_id))
        except CartesiaError as refusal:
            await self._send(refusal.event(self._id, context_id))

    async def _generate(self, request: GenerationRequest) -> None:
        name = request.context_id
        if name not in self._contexts:
            if len(self._contexts) >= MAX_CONTEXTS:
                raise CartesiaError(
                    429,
                    "concurrency_limited",
                    "Too many concurrent requests",
                    f"At most {MAX_CONTEXTS} contexts.",
                )
            context = Context(self._desk, request, self._send)
            self._contexts[name] = (context, asyncio.create_task(self._run(name, context)))
        _charge(self._desk, request.model_id, f"{self._id}:{name}", request.transcript)
        await self._contexts[name][0].put(request)

    async def _run(self, name: str, context: Context) -> None:
        try:
            await context.run()
        except EmptyTranscriptError as empty:
            refusal = CartesiaError(400, "invalid_transcript", "Invalid transcript", str(empty))
            await self._send(refusal.event(self._id, name))
        except VoiceError as failure:
            refusal = CartesiaError(500, "internal_error", "Internal server error", str(failure))
            await self._send(refusal.event(self._id, name))
        finally:
            if name in self._contexts and self._contexts[name][0] is context:
                del self._contexts[name]

    async def _send(self, message: dict[str, Any]) -> None:
        try:
            await self._socket.send_str(json.dumps(message))
        except ConnectionError:
            # The client has gone: the read that is under way says so, and ends the connection.
            await asyncio.sleep(0)


def _parsed(data: str | bytes) -> dict[str, Any]:
    try:
        body = json.loads(data)
    except ValueError:
        raise _invalid("The message is not JSON.") from None
    if not isinstance(body, dict):
        raise _invalid("The message is not a JSON object.")
    return body


async def _bytes(desk: Desk, http: web.Request, request_id: str) -> web.StreamResponse:
    try:
        request = BytesRequest.model_validate(_parsed(await http.read()))
    except ValidationError as error:
        raise _wrong(error) from None
    _check_model(request.model_id)
    pieces = sentences(request.transcript)
    if not pieces:
        raise CartesiaError(400, "invalid_transcript", "Invalid transcript", "The transcript is empty.")
    _charge(desk, request.model_id, request_id, request.transcript)
    wanted = request.output_format
    headers = {"cartesia-request-id": request_id}
    await desk.pause("tts")
    try:
        sound = await spoken(desk.voice, pieces[0], wanted.sample_rate)
        if isinstance(wanted, WavFormat):
            rest = [await spoken(desk.voice, piece, wanted.sample_rate) for piece in pieces[1:]]
            return web.Response(
                body=wav([sound, *rest], wanted.sample_rate), headers=headers | {"content-type": "audio/wav"}
            )
    except VoiceError as failure:
        raise CartesiaError(500, "internal_error", "Internal server error", str(failure)) from failure
    response = web.StreamResponse(headers=headers | {"content-type": "audio/pcm"})
    await response.prepare(http)
    await response.write(encoded(sound, wanted.encoding))
    for piece in pieces[1:]:
        await response.write(encoded(await spoken(desk.voice, piece, wanted.sample_rate), wanted.encoding))
    await response.write_eof()
    return response


_Handler = Callable[[web.Request, str], Awaitable[web.StreamResponse]]


def routes(desk: Desk) -> list[web.RouteDef]:
    """The stand-in's routes, below the vendor's prefix."""

    def guarded(handle: _Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def guard(http: web.Request) -> web.StreamResponse:
            request_id = str(uuid.uuid4())
            try:
                _check_headers(http)
                return await handle(http, request_id)
            except CartesiaError as refusal:
                return web.json_response(
                    refusal.body(request_id),
                    status=refusal.status,
                    headers={"cartesia-request-id": request_id},
                )

        return guard

    async def websocket(http: web.Request, _request_id: str) -> web.StreamResponse:
        with desk.connections.open(CONNECTIONS):
            return await _Connection(desk).run(http)

    async def bytes_(http: web.Request, request_id: str) -> web.StreamResponse:
        return await _bytes(desk, http, request_id)

    return [web.get("/tts/websocket", guarded(websocket)), web.post("/tts/bytes", guarded(bytes_))]
