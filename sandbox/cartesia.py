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

from sandbox.cartesia_context import BREAKS, BrokenOffError, Context, EmptyTranscriptError
from sandbox.cartesia_errors import (
    STRUCTURED_FROM,
    CartesiaError,
    internal,
    invalid,
    of_fault,
    too_many,
    unauthorized,
    wrong,
)
from sandbox.cartesia_messages import BytesRequest, GenerationRequest, WavFormat
from sandbox.cartesia_sound import encoded, sentences, spoken, wav
from sandbox.desk import Desk
from sandbox.price_list import UnpricedError, prices_of
from sandbox.wire import Wire, turned_away
from tiers.local.voice import VoiceError

VENDOR = "cartesia"
CONNECTIONS = "cartesia"

IDLE_SECONDS = 300.0
"""The vendor closes a websocket on which nothing was asked for so long."""

MAX_CONTEXTS = 64
"""Open at a time on a websocket."""

_MAX_MESSAGE = 1_000_000
REFUSED = frozenset({"quota", "rate-limit", "server-error"})
"""Faults that a text meets before any sound."""


def _version(request: web.Request) -> str:
    """The version of the API that is spoken, «» for none; the query goes before the header, as at the vendor."""
    return str(request.query.get("cartesia_version") or request.headers.get("cartesia-version") or "")


def _check_headers(request: web.Request) -> None:
    """The key, as the plugin (X-API-Key) or the vendor's SDK (Bearer) sends it, and the version."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    key = request.headers.get("x-api-key") or request.query.get("api_key", "")
    if not (key.strip() or (scheme.lower() == "bearer" and bearer.strip())):
        raise unauthorized()
    if not _version(request):
        raise invalid("The Cartesia-Version header is missing.")


def _check_model(model: str) -> None:
    try:
        prices_of(VENDOR, model)
    except UnpricedError:
        raise CartesiaError(
            400, "model_not_found", "Model not found", f"There is no model {model!r}."
        ) from None


def _charge(desk: Desk, model: str, request_id: str, transcript: str) -> None:
    characters = len(transcript.strip())
    # What arrived is billed, by a vendor that falls silent over it too.
    if characters:
        desk.invoice.charge(
            vendor=VENDOR, model=model, request_id=request_id, units={"characters": characters}
        )


class _Connection:
    """One websocket with its contexts."""

    def __init__(self, desk: Desk, request: web.Request) -> None:
        self._desk = desk
        self._request = request
        self._id = str(uuid.uuid4())
        self._version = _version(request)
        self._socket = web.WebSocketResponse(max_msg_size=_MAX_MESSAGE)
        self._socket.headers["cartesia-request-id"] = self._id
        self._wire = Wire(desk, CONNECTIONS, self._socket, request)
        self._contexts: dict[str, tuple[Context, asyncio.Task[None]]] = {}
        # What is still sent to a context that failed starts no new one, and costs nothing once the client was told.
        self._over: set[str] = set()
        self._stalled: set[str] = set()

    async def run(self) -> web.WebSocketResponse:
        await self._socket.prepare(self._request)
        try:
            with self._wire.live():
                await self._listen()
        finally:
            tasks = [task for _, task in self._contexts.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return self._socket

    async def _listen(self) -> None:
        while True:
            try:
                message = await self._socket.receive(timeout=self._desk.clock.real(IDLE_SECONDS))
            except TimeoutError:
                await self._socket.close(message=b"connection idle timeout")
                break
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                break
            await self._take(message.data)

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
            await self._wire.send(wrong(error).event(self._version, self._id, context_id))
        except CartesiaError as refusal:
            await self._wire.send(refusal.event(self._version, self._id, context_id))

    async def _generate(self, request: GenerationRequest) -> None:
        name = request.context_id
        if name in self._over:
            if name in self._stalled:
                _charge(self._desk, request.model_id, f"{self._id}:{name}", request.transcript)
            return
        if name not in self._contexts:
            if len(self._contexts) >= MAX_CONTEXTS:
                raise too_many(f"At most {MAX_CONTEXTS} contexts.")
            met = self._desk.faults.answer(CONNECTIONS)
            if met in REFUSED:
                self._over.add(name)
                raise of_fault(met)
            context = Context(self._desk, request, self._wire.send, met if met in BREAKS else None)
            self._contexts[name] = (context, asyncio.create_task(self._run(name, context)))
        _charge(self._desk, request.model_id, f"{self._id}:{name}", request.transcript)
        await self._contexts[name][0].put(request)

    async def _run(self, name: str, context: Context) -> None:
        try:
            await context.run()
        except EmptyTranscriptError as empty:
            refusal = CartesiaError(400, "invalid_transcript", "Invalid transcript", str(empty))
            await self._wire.send(refusal.event(self._version, self._id, name))
        except VoiceError as failure:
            await self._wire.send(internal(str(failure)).event(self._version, self._id, name))
        except BrokenOffError as fault:
            await self._break_off(fault.kind, name)
        finally:
            if name in self._contexts and self._contexts[name][0] is context:
                del self._contexts[name]

    async def _break_off(self, kind: str, name: str) -> None:
        self._over.add(name)
        if kind == "error-after-audio":
            await self._wire.send(of_fault(kind).event(self._version, self._id, name))
            return
        self._stalled.add(name)
        if kind == "cut-mid-stream":
            self._wire.abort()
        await asyncio.Event().wait()  # until the client has had enough


def _parsed(data: str | bytes) -> dict[str, Any]:
    try:
        body = json.loads(data)
    except ValueError:
        raise invalid("The message is not JSON.") from None
    if not isinstance(body, dict):
        raise invalid("The message is not a JSON object.")
    return body


async def _bytes(desk: Desk, http: web.Request, request_id: str) -> web.StreamResponse:
    try:
        request = BytesRequest.model_validate(_parsed(await http.read()))
    except ValidationError as error:
        raise wrong(error) from None
    _check_model(request.model_id)
    met = desk.faults.answer(CONNECTIONS)
    if met in REFUSED or met in BREAKS:
        raise of_fault(met)
    pieces = sentences(request.transcript)
    if not pieces:
        raise CartesiaError(400, "invalid_transcript", "Invalid transcript", "The transcript is empty.")
    _charge(desk, request.model_id, request_id, request.transcript)
    wanted = request.output_format
    headers = {"cartesia-request-id": request_id}
    await desk.pause("tts", CONNECTIONS)
    try:
        sound = await spoken(desk.voice, pieces[0], wanted.sample_rate)
        if isinstance(wanted, WavFormat):
            rest = [await spoken(desk.voice, piece, wanted.sample_rate) for piece in pieces[1:]]
            return web.Response(
                body=wav([sound, *rest], wanted.sample_rate), headers=headers | {"content-type": "audio/wav"}
            )
    except VoiceError as failure:
        raise internal(str(failure)) from failure
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

    def answered(refused: CartesiaError, http: web.Request, request_id: str) -> web.Response:
        headers = {"cartesia-request-id": request_id}
        version = _version(http)
        if version and version < STRUCTURED_FROM:
            return web.Response(text=refused.text, status=refused.status, headers=headers)
        return web.json_response(refused.body(request_id), status=refused.status, headers=headers)

    def guarded(handle: _Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def guard(http: web.Request) -> web.StreamResponse:
            request_id = str(uuid.uuid4())
            try:
                if away := await turned_away(
                    desk, CONNECTIONS, http, lambda kind: answered(of_fault(kind), http, request_id)
                ):
                    return away
                _check_headers(http)
                return await handle(http, request_id)
            except CartesiaError as refused:
                return answered(refused, http, request_id)

        return guard

    async def websocket(http: web.Request, _request_id: str) -> web.StreamResponse:
        with desk.connections.open(CONNECTIONS):
            return await _Connection(desk, http).run()

    async def bytes_(http: web.Request, request_id: str) -> web.StreamResponse:
        return await _bytes(desk, http, request_id)

    return [web.get("/tts/websocket", guarded(websocket)), web.post("/tts/bytes", guarded(bytes_))]
