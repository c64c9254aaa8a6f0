"""Deepgram's text to speech, Aura: the websocket and the POST of `/v1/speak`.

Billed by every character of each text as it is received, white space too, spoken or not.
"""

import asyncio
import uuid
from collections import deque
from collections.abc import Awaitable, Callable

from aiohttp import WSCloseCode, WSMsgType, web

from sandbox import deepgram_tts_messages as messages
from sandbox.cartesia_context import BREAKS, BrokenOffError
from sandbox.cartesia_sound import encoded, whole_sentences
from sandbox.deepgram_errors import bad_request, of_fault, unauthorized
from sandbox.deepgram_messages import command
from sandbox.deepgram_tts_messages import BadSpeakError, SpeakQuery
from sandbox.desk import Desk
from sandbox.speaking import Speaking
from sandbox.wire import Wire, abort, turned_away
from tiers.local.voice import VoiceError

VENDOR = "deepgram"
SERVICE = "deepgram-tts"

SESSION_SECONDS = 3_600.0
"""The vendor closes a websocket that is so old."""

_MAX_MESSAGE = 1_000_000
_WAITING = 1_000


def _charge(desk: Desk, query: SpeakQuery, request_id: str, text: str) -> None:
    # What arrived is billed, by a vendor that falls silent over it too.
    if text:
        desk.invoice.charge(
            vendor=VENDOR,
            model=query.model,
            request_id=request_id,
            units={"characters": len(text)},
            tag=query.tag,
        )


class _Connection:
    """One websocket. Texts are spoken in order; Clear forgets those that wait."""

    def __init__(self, desk: Desk, query: SpeakQuery, request_id: str, http: web.Request) -> None:
        self._desk = desk
        self._query = query
        self._id = request_id
        self._http = http
        self._socket = web.WebSocketResponse(max_msg_size=_MAX_MESSAGE)
        self._socket.headers["dg-request-id"] = request_id
        self._wire = Wire(desk, SERVICE, self._socket, http)
        self._inbox: asyncio.Queue[tuple[str, str]] = asyncio.Queue(_WAITING)
        self._speaker: asyncio.Task[None] | None = None
        self._sequence = 0
        self._flushes: deque[float] = deque(maxlen=messages.MAX_FLUSHES)

    async def run(self) -> web.WebSocketResponse:
        await self._socket.prepare(self._http)
        self._speaker = asyncio.create_task(self._speak())
        try:
            with self._wire.live():
                await self._wire.send(messages.metadata(self._id, self._query.model))
                await self._listen()
        finally:
            await self._hush()
        return self._socket

    async def _listen(self) -> None:
        clock = self._desk.clock
        ends = clock.now() + SESSION_SECONDS
        while True:
            try:
                message = await self._socket.receive(timeout=max(0.001, clock.real(ends - clock.now())))
            except TimeoutError:
                await self._socket.close(message=b"the session is too old")
                return
            if message.type == WSMsgType.BINARY:
                await self._refuse(WSCloseCode.UNSUPPORTED_DATA, messages.NOT_TEXT)
            elif message.type == WSMsgType.TEXT:
                await self._told(message.data)
            else:
                return

    async def _told(self, data: str) -> None:
        told = command(data) or {}
        text = told.get("text")
        match told.get("type"):
            case "Speak" if isinstance(text, str):
                if len(text) > messages.MAX_CHARACTERS:
                    await self._refuse(WSCloseCode.MESSAGE_TOO_BIG, messages.TOO_LONG)
                    return
                _charge(self._desk, self._query, self._id, text)
                await self._inbox.put(("Speak", text))
            case "Flush" if self._flushes_too_often():
                words = (
                    f"at most {messages.MAX_FLUSHES} Flush messages in {messages.FLUSH_SECONDS:.0f} seconds"
                )
                await self._wire.send(messages.warning("EXCESSIVE_FLUSH", words))
            case "Flush" | "Close" as kind:
                await self._inbox.put((kind, ""))
            case "Clear":
                await self._hush()
                self._inbox = asyncio.Queue(_WAITING)
                self._speaker = asyncio.create_task(self._speak())
                await self._wire.send(messages.cleared(self._sequence))
            case _:
                await self._refuse(WSCloseCode.POLICY_VIOLATION, messages.NOT_UNDERSTOOD)

    def _flushes_too_often(self) -> bool:
        now = self._desk.clock.now()
        if len(self._flushes) == messages.MAX_FLUSHES and now - self._flushes[0] < messages.FLUSH_SECONDS:
            return True
        self._flushes.append(now)
        return False

    async def _speak(self) -> None:
        """Speak what the inbox holds. It closes the socket itself, while the client is still listened to."""
        try:
            await self._answer_all()
            await self._socket.close()
        except VoiceError as failure:
            await self._wire.send(messages.error("INTERNAL_SERVER_ERROR", str(failure)))
            await self._refuse(WSCloseCode.INTERNAL_ERROR, "the voice failed")
        except BrokenOffError as fault:
            await self._break_off(fault.kind)

    async def _answer_all(self) -> None:
        text = ""
        answer: Speaking | None = None
        while True:
            kind, more = await self._inbox.get()
            if answer is None and kind == "Speak":
                met = self._desk.faults.answer(SERVICE)
                answer = Speaking(
                    self._desk, SERVICE, self._query.sample_rate, met if met in BREAKS else None
                )
            if kind == "Speak":
                ready, text = whole_sentences(text + more)
            else:
                ready, text = text, ""
            if answer is not None:
                await self._say(answer, ready)
            if kind == "Speak":
                continue
            if answer is not None:
                await answer.end()
            answer = None
            if kind == "Close":
                return
            await self._wire.send(messages.flushed(self._sequence))
            self._sequence += 1

    async def _say(self, answer: Speaking, text: str) -> None:
        async for sentence in answer.sentences(text):
            async for pcm in answer.pieces(sentence):
                await self._wire.send_bytes(encoded(pcm, "pcm_s16le"))
                await asyncio.sleep(0)  # let a Clear in

    async def _break_off(self, kind: str) -> None:
        if kind == "cut-mid-stream":
            self._wire.abort()
        elif kind == "error-after-audio":
            await self._wire.send(messages.error("INTERNAL_SERVER_ERROR", "An internal error occurred."))
            await self._refuse(WSCloseCode.INTERNAL_ERROR, "an internal error occurred")
        else:
            await asyncio.Event().wait()  # until the client has had enough

    async def _refuse(self, code: int, reason: str) -> None:
        await self._socket.close(code=code, message=reason.encode())

    async def _hush(self) -> None:
        if self._speaker is not None:
            self._speaker.cancel()
            await asyncio.gather(self._speaker, return_exceptions=True)


async def _spoken(desk: Desk, query: SpeakQuery, request_id: str, http: web.Request) -> web.StreamResponse:
    """The POST: the whole text at once, its sound as it comes."""
    try:
        text = (await http.json()).get("text")
    except (ValueError, AttributeError):
        text = None
    if not isinstance(text, str) or not text.strip() or len(text) > messages.MAX_CHARACTERS:
        raise BadSpeakError(f"Bad Request: text must have 1 to {messages.MAX_CHARACTERS} characters")
    _charge(desk, query, request_id, text)
    met = desk.faults.answer(SERVICE)
    answer = Speaking(desk, SERVICE, query.sample_rate, met if met in BREAKS else None)
    response = web.StreamResponse(
        headers={
            "dg-request-id": request_id,
            "dg-model-name": query.model,
            "dg-char-count": str(len(text)),
            "content-type": f"audio/l16;rate={query.sample_rate};channels=1",
        }
    )
    try:
        async for sentence in answer.sentences(text):
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
    await response.write_eof()
    return response


_Handler = Callable[[SpeakQuery, str, web.Request], Awaitable[web.StreamResponse]]


def routes(desk: Desk) -> list[web.RouteDef]:
    """The stand-in's routes, below the vendor's prefix."""

    def answered(status: int, body: dict[str, str], request_id: str) -> web.Response:
        headers = {"dg-request-id": request_id, "dg-error": body["err_msg"]}
        return web.json_response(body, status=status, headers=headers)

    def guarded(handle: _Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def guard(http: web.Request) -> web.StreamResponse:
            request_id = str(uuid.uuid4())

            def refusal(kind: str) -> web.Response:
                return answered(*of_fault(kind, request_id), request_id)

            if away := await turned_away(desk, SERVICE, http, refusal):
                return away
            scheme, _, key = http.headers.get("authorization", "").partition(" ")
            if scheme.lower() not in {"token", "bearer"} or not key.strip():
                return answered(401, unauthorized(request_id), request_id)
            try:
                return await handle(messages.parse(http.query), request_id, http)
            except BadSpeakError as wrong:
                return answered(400, bad_request(request_id, str(wrong)), request_id)

        return guard

    async def websocket(query: SpeakQuery, request_id: str, http: web.Request) -> web.StreamResponse:
        with desk.connections.open(SERVICE, query.tag):
            return await _Connection(desk, query, request_id, http).run()

    async def post(query: SpeakQuery, request_id: str, http: web.Request) -> web.StreamResponse:
        return await _spoken(desk, query, request_id, http)

    return [web.get("/v1/speak", guarded(websocket)), web.post("/v1/speak", guarded(post))]
