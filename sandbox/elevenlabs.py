"""ElevenLabs' text to speech: the websocket `multi-stream-input`, the plain stream and the list of voices.

Billed by every character of each text as it is received, spoken or not; a text that is white space alone opens or
keeps a context and is free.

What is wrong with the account is told on the open websocket: an error that names no context, and the end, 1008
(livekit/agents#4182, pipecat-ai/pipecat#1006, elevenlabs/elevenlabs-python#282).
"""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web
from pydantic import ValidationError

from sandbox import elevenlabs_messages as messages
from sandbox.cartesia_context import BREAKS, BrokenOffError
from sandbox.cartesia_sound import encoded, whole_sentences
from sandbox.desk import Desk
from sandbox.elevenlabs_messages import ElevenLabsError, Input, Speech, SpeechQuery, StreamQuery
from sandbox.speaking import Speaking
from sandbox.wire import Wire, abort, turned_away
from tiers.local.voice import VoiceError

VENDOR = "elevenlabs"
SERVICE = "elevenlabs"

_ACCOUNT = frozenset({"unauthorized", "quota", "rate-limit"})
"""Faults that end the websocket and not a context alone."""
_MAX_MESSAGE = 1_000_000
_WAITING = 1_000


def _charge(desk: Desk, model: str, request_id: str, text: str) -> None:
    # What arrived is billed, by a vendor that falls silent over it too.
    if text.strip():
        desk.invoice.charge(
            vendor=VENDOR, model=model, request_id=request_id, units={"characters": len(text)}
        )


class _Context:
    """Speaks its texts in order, on one time line, until it is closed."""

    def __init__(self, name: str, answer: Speaking, wire: Wire) -> None:
        self._name = name
        self._answer = answer
        self._wire = wire
        self.inputs: asyncio.Queue[Input] = asyncio.Queue(_WAITING)

    async def run(self) -> None:
        """Speak until the context is closed. Raises BrokenOffError, and what the voice raises."""
        text = ""
        while True:
            told = await self.inputs.get()
            text += told.text or ""
            if told.flush or told.close_context:
                ready, text = text, ""
            else:
                ready, text = whole_sentences(text)
            await self._say(ready)
            if told.close_context:
                if self._answer.began:
                    await self._answer.end()
                await self._wire.send(messages.final(self._name))
                return

    async def _say(self, text: str) -> None:
        async for sentence in self._answer.sentences(text):
            timed = True
            async for pcm in self._answer.pieces(sentence):
                told = messages.audio(self._name, encoded(pcm, "pcm_s16le"), sentence if timed else None)
                await self._wire.send(told)
                timed = False
                await asyncio.sleep(0)  # let the other contexts speak


class _Connection:
    """One websocket with its contexts."""

    def __init__(self, desk: Desk, query: StreamQuery, request_id: str, http: web.Request) -> None:
        self._desk = desk
        self._query = query
        self._id = request_id
        self._http = http
        self._socket = web.WebSocketResponse(max_msg_size=_MAX_MESSAGE)
        self._socket.headers["request-id"] = request_id
        self._wire = Wire(desk, SERVICE, self._socket, http)
        self._contexts: dict[str, tuple[_Context, asyncio.Task[None]]] = {}

    async def run(self) -> web.WebSocketResponse:
        await self._socket.prepare(self._http)
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
        patience = self._desk.clock.real(self._query.inactivity_timeout)
        while True:
            try:
                message = await self._socket.receive(timeout=patience)
            except TimeoutError:
                await self._socket.close(
                    code=WSCloseCode.POLICY_VIOLATION, message=messages.TOO_QUIET.encode()
                )
                return
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            try:
                await self._told(Input.model_validate_json(message.data))
            except ValidationError as error:
                await self._refuse(messages.wrong(error))
            except ElevenLabsError as refusal:
                await self._refuse(refusal)

    async def _told(self, told: Input) -> None:
        if told.close_socket:
            await self._socket.close()
            return
        name = told.context_id
        if name not in self._contexts:
            if told.close_context:
                return
            if len(self._contexts) >= messages.MAX_CONTEXTS:
                raise messages.too_many_contexts()
            met = self._desk.faults.answer(SERVICE)
            if met in _ACCOUNT:
                raise messages.of_fault(met)
            if met == "server-error":
                await self._wire.send(messages.of_fault(met).event(name, code=WSCloseCode.INTERNAL_ERROR))
                return
            answer = Speaking(self._desk, SERVICE, self._query.sample_rate, met if met in BREAKS else None)
            context = _Context(name, answer, self._wire)
            self._contexts[name] = (context, asyncio.create_task(self._run(name, context)))
        _charge(self._desk, self._query.model_id, f"{self._id}:{name}", told.text or "")
        await self._contexts[name][0].inputs.put(told)

    async def _run(self, name: str, context: _Context) -> None:
        try:
            await context.run()
        except VoiceError as failure:
            refusal = ElevenLabsError(500, "internal_error", str(failure))
            await self._wire.send(refusal.event(name, code=WSCloseCode.INTERNAL_ERROR))
        except BrokenOffError as fault:
            if fault.kind == "cut-mid-stream":
                self._wire.abort()
            elif fault.kind == "stall-mid-stream":
                await asyncio.Event().wait()  # until the client has had enough
            else:
                refusal = messages.of_fault(fault.kind)
                await self._wire.send(refusal.event(name, code=WSCloseCode.INTERNAL_ERROR))
        finally:
            self._contexts.pop(name, None)

    async def _refuse(self, refusal: ElevenLabsError) -> None:
        """The vendor ends the whole websocket over any of them."""
        await self._wire.send(refusal.event())
        await self._socket.close(code=WSCloseCode.POLICY_VIOLATION, message=refusal.message.encode()[:120])


async def _spoken(desk: Desk, request_id: str, http: web.Request) -> web.StreamResponse:
    """The plain stream: a whole text at once, its sound as it comes."""
    try:
        query = SpeechQuery.model_validate(dict(http.query))
        speech = Speech.model_validate_json(await http.read())
    except ValidationError as error:
        raise messages.wrong(error) from None
    messages.check_model(speech.model_id)
    met = desk.faults.answer(SERVICE)
    if met == "server-error" or met in _ACCOUNT:
        raise messages.of_fault(met)
    _charge(desk, speech.model_id, request_id, speech.text)
    answer = Speaking(desk, SERVICE, query.sample_rate, met if met in BREAKS else None)
    headers = {
        "request-id": request_id,
        "character-cost": str(len(speech.text)),
        "content-type": "audio/pcm",
    }
    response = web.StreamResponse(headers=headers)
    try:
        async for sentence in answer.sentences(speech.text):
            if not response.prepared:
                await response.prepare(http)
            async for pcm in answer.pieces(sentence):
                await response.write(encoded(pcm, "pcm_s16le"))
        await answer.end()
    except BrokenOffError as fault:
        if fault.kind == "stall-mid-stream":
            await asyncio.Event().wait()
        abort(http)
        return response
    if not response.prepared:
        await response.prepare(http)
    await response.write_eof()
    return response


_Handler = Callable[[str, web.Request], Awaitable[web.StreamResponse]]


def routes(desk: Desk) -> list[web.RouteDef]:
    """The stand-in's routes, below the vendor's prefix."""

    def answered(refusal: ElevenLabsError, request_id: str) -> web.Response:
        return web.json_response(
            refusal.body(),
            status=refusal.status,
            headers={"request-id": request_id, "x-trace-id": request_id},
        )

    def guarded(handle: _Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def guard(http: web.Request) -> web.StreamResponse:
            request_id = uuid.uuid4().hex

            def refusal(kind: str) -> web.Response:
                return answered(messages.of_fault(kind), request_id)

            if away := await turned_away(desk, SERVICE, http, refusal):
                return away
            if not http.headers.get("xi-api-key", "").strip():
                return refusal("unauthorized")
            try:
                return await handle(request_id, http)
            except ElevenLabsError as refused:
                return answered(refused, request_id)
            except VoiceError as failure:
                return answered(ElevenLabsError(500, "internal_error", str(failure)), request_id)

        return guard

    async def websocket(request_id: str, http: web.Request) -> web.StreamResponse:
        query = messages.stream_query(http.query)
        with desk.connections.open(SERVICE):
            return await _Connection(desk, query, request_id, http).run()

    async def stream(request_id: str, http: web.Request) -> web.StreamResponse:
        return await _spoken(desk, request_id, http)

    async def voices(_request_id: str, _http: web.Request) -> web.StreamResponse:
        one: dict[str, Any] = {"voice_id": "sandbox", "name": "Sandbox", "category": "premade"}
        return web.Response(text=json.dumps({"voices": [one]}), content_type="application/json")

    speech = "/v1/text-to-speech/{voice_id}"
    return [
        web.get(f"{speech}/multi-stream-input", guarded(websocket)),
        web.post(f"{speech}/stream", guarded(stream)),
        web.get("/v1/voices", guarded(voices)),
    ]
