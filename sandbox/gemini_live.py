"""Gemini's Live API: the websocket BidiGenerateContent, for what the product uses it for: looking at pictures, and talking.

A session whose client marks the caller's turns talks (`gemini_talk`). Any other looks: sound is not heard, a question
is a `realtimeInput` text or a complete turn, and is answered by a call of the client's function `describe_screen`,
else in text. What became of the call is spoken about, unless the model can be told to be silent and is (`gemini_remark`).
Billed is every answer, for all that the session holds by then.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine
from typing import Any, Final

from aiohttp import WSMsgType, web

from sandbox import gemini_messages as messages
from sandbox.desk import Desk
from sandbox.gemini_messages import ClientMessage, FunctionResponse
from sandbox.gemini_parts import LONGEST_REASON, Blob, Content, GeminiError, Part
from sandbox.gemini_remark import Remark
from sandbox.gemini_session import Context, Handles
from sandbox.gemini_setup import Function, Setup
from sandbox.gemini_sight import FUNCTION, describe
from sandbox.gemini_talk import SERVICE, VENDOR, Talk
from sandbox.price_list import UnpricedError, prices_of
from sandbox.tokens import count
from sandbox.wire import Wire, turned_away

CONNECTION_SECONDS: Final = 600.0
"""A connection's greatest age; a session may go on in another one."""
WARNING_SECONDS: Final = 30.0
VIDEO_SECONDS: Final = 120.0
"""A session with video ends after so long, unless its context is compressed."""
_MAX_MESSAGE: Final = 12_000_000
_SETUP_SECONDS: Final = 20.0


class _Connection:
    """One websocket, from its setup to its end."""

    def __init__(self, desk: Desk, handles: Handles, tag: str | None, http: web.Request) -> None:
        self._desk = desk
        self._handles = handles
        self._tag = tag
        self._http = http
        self._socket = web.WebSocketResponse(max_msg_size=_MAX_MESSAGE)
        self._wire = Wire(desk, SERVICE, self._socket, http, self._broken)
        self._setup = Setup(model="")
        self._context = Context()
        self._opened = desk.clock.now()
        self._ends_at = self._opened + CONNECTION_SECONDS
        self._video_at: float | None = None
        self._answering: asyncio.Task[None] | None = None
        self._remark: Remark | None = None
        self._talk: Talk | None = None
        self._timers: list[asyncio.Task[None]] = []

    async def run(self) -> web.WebSocketResponse:
        await self._socket.prepare(self._http)
        try:
            with self._wire.live():
                await self._begin()
                self._timers.append(asyncio.create_task(self._grow_old()))
                await self._listen()
        except GeminiError as end:
            await self._end(end)
        finally:
            tasks = [*self._timers, *([self._answering] if self._answering else [])]
            for task in tasks:
                task.cancel()
            tasks += self._talk.abandon() if self._talk else []
            tasks += self._remark.abandon() if self._remark else []
            await asyncio.gather(*tasks, return_exceptions=True)
        return self._socket

    async def _begin(self) -> None:
        """Take the setup. Raises GeminiError for one that is refused."""
        try:
            message = await self._socket.receive(timeout=_SETUP_SECONDS)
        except TimeoutError:
            raise GeminiError(1008, "No setup was sent.") from None
        if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            raise GeminiError(1000, "")
        setup = messages.client_message(message.data).setup
        if setup is None:
            raise GeminiError(1007, "setup must be the first message and only the first")
        if not self._http.headers.get("x-goog-api-key") and not self._http.query.get("key"):
            raise GeminiError(1008, "Method doesn't allow unregistered callers.")
        handle = setup.session_resumption.handle if setup.session_resumption else None
        if kind := self._desk.faults.opening(SERVICE, resumes=bool(handle)):
            raise messages.of_fault(kind)
        try:
            prices_of(VENDOR, setup.name)
        except UnpricedError:
            raise GeminiError(
                1008, f"{setup.model[:100]} is not found for API version v1beta, or is not supported"
            ) from None
        setup.check()
        self._setup = setup
        if handle:
            known = self._handles.find(handle, self._desk.clock.now())
            if known is None:
                raise messages.of_fault("resumption-refused")
            self._context = Context(list(known.entries), known.video_seconds)
        if setup.talks:
            self._talk = Talk(self._desk, self._wire, setup, self._context, tag=self._tag, end=self._end)
        await self._desk.pause("realtime", SERVICE)
        await self._wire.send(messages.setup_complete())
        await self._tell_handle()

    async def _listen(self) -> None:
        while True:
            message = await self._socket.receive()
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            await self._take(messages.client_message(message.data))

    async def _take(self, message: ClientMessage) -> None:
        if message.realtime_input and message.realtime_input.media_chunks:  # google/adk-python#5075, of 3.1
            raise GeminiError(
                1007, "realtime_input.media_chunks is deprecated. Use audio, video, or text instead."
            )
        if message.setup is not None:
            raise GeminiError(1007, "setup must be the first message and only the first")
        if self._talk is not None:
            await self._converse(self._talk, message)
        elif (given := message.realtime_input) is not None:
            if given.video:
                self._see(given.video)
            if given.text:
                await self._interrupt()
                self._ask(given.text)
        elif (content := message.client_content) is not None:
            await self._interrupt()
            for turn in content.turns:
                self._context.add_text(turn.text)
            if content.turn_complete and content.turns:
                self._ask(content.turns[-1].text, known=True)
        elif message.tool_response is not None:
            await self._returned(message.tool_response.function_responses)

    async def _returned(self, responses: list[FunctionResponse]) -> None:
        functions = {each.name: each for each in self._setup.functions}
        for each in responses:
            function = functions.get(each.name, Function(name=FUNCTION))
            if each.scheduling != "SILENT" or self._setup.waits(function):
                self._remark = Remark(self._desk, self._wire, self._setup, self._context, self._tag)
                return
        await self._wire.send(messages.turn_complete())
        await self._tell_handle()

    async def _interrupt(self) -> None:
        if self._remark is not None:
            remark, self._remark = self._remark, None
            await remark.interrupt()

    async def _converse(self, talk: Talk, message: ClientMessage) -> None:
        if (given := message.realtime_input) is not None:
            if given.activity_start is not None:
                await talk.turn_begins()
            for blob in [given.audio, given.video]:
                if blob is not None and blob.mime_type.startswith("audio/"):
                    talk.hear(blob.content)
                elif blob is not None:
                    self._see(blob)
            if given.activity_end is not None:
                talk.turn_ends()
            if given.text:
                await talk.add([Content(parts=[Part(text=given.text)])], complete=True)
        elif (content := message.client_content) is not None:
            await talk.add(content.turns, complete=content.turn_complete)
        elif message.tool_response is not None:
            await talk.returned(message.tool_response.function_responses)

    def _see(self, blob: Blob) -> None:
        if not blob.mime_type.startswith("image/"):
            return
        now = self._desk.clock.now()
        if self._video_at is not None:
            self._context.video_seconds += min(now - self._video_at, VIDEO_SECONDS)
        self._video_at = now
        if self._setup.context_window_compression is None and self._context.video_seconds > VIDEO_SECONDS:
            raise GeminiError(1008, "The session has reached its longest duration.")
        self._context.add_frame(blob.content, self._setup)

    def _ask(self, question: str, *, known: bool = False) -> None:
        if not known:
            self._context.add_text(question)
        if self._answering is not None and not self._answering.done():
            self._answering.cancel()  # a new turn interrupts
        self._answering = asyncio.create_task(self._answer(question), name="gemini.answer")

    async def _answer(self, question: str) -> None:
        kind = self._desk.faults.answer(SERVICE)
        if kind == "server-error":
            await self._end(messages.of_fault(kind))
            return
        if kind == "cut-mid-stream":
            self._wire.abort()
        if kind in ("cut-mid-stream", "stall-mid-stream"):
            return
        picture = self._context.newest_frame
        self._context.compress(self._setup)
        found, _ = await asyncio.gather(
            describe(self._desk, picture, question), self._desk.pause("realtime", SERVICE)
        )
        names = {each.name for tool in self._setup.tools for each in tool.function_declarations}
        made = str(found)
        used = self._context.used(self._setup, made=count(made))
        self._context.add_text(made)
        request_id = secrets.token_hex(8)
        self._desk.invoice.charge(
            vendor=VENDOR, model=self._setup.name, request_id=request_id, units=used.units, tag=self._tag
        )
        if FUNCTION in names:
            told = messages.function_call(request_id, FUNCTION, found, used.as_json())
        else:
            told = messages.text("; ".join(str(item.get("title")) for item in found["items"]), used.as_json())
        await self._wire.send(told)

    async def _tell_handle(self) -> None:
        if self._setup.session_resumption is not None:
            handle = self._handles.new(self._context, self._desk.clock.now())
            await self._wire.send(messages.resumption_update(handle))

    # -- its end

    async def _grow_old(self) -> None:
        clock = self._desk.clock
        await clock.sleep(self._ends_at - WARNING_SECONDS - clock.now())
        await self._leave(WARNING_SECONDS)

    async def _leave(self, seconds: float) -> None:
        await self._wire.send(messages.go_away(seconds))
        await self._desk.clock.sleep(seconds)
        await self._end(GeminiError(1008, "The operation was aborted."))

    async def _end(self, end: GeminiError) -> None:
        await self._socket.close(code=end.code, message=end.reason.encode()[:LONGEST_REASON])

    def _broken(self, kind: str) -> None:
        if kind == "session-expired":
            self._spawn(self._leave(1.0))
        elif kind in ("quota", "rate-limit", "unauthorized"):
            self._spawn(self._end(messages.of_fault(kind)))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._timers.append(asyncio.create_task(work))


def routes(desk: Desk) -> list[web.RouteDef]:
    """The stand-in's routes, below the vendor's prefix."""
    handles = Handles()

    def refusal(_kind: str) -> web.Response:
        error = {"code": 503, "message": "The service is currently unavailable.", "status": "UNAVAILABLE"}
        return web.json_response({"error": error}, status=503)

    async def live(http: web.Request) -> web.StreamResponse:
        if away := await turned_away(desk, SERVICE, http, refusal):
            return away
        tag = http.query.get("tag") or http.headers.get("x-voicetasks-tag")
        tag = tag[:200] if tag else None
        with desk.connections.open(SERVICE, tag):
            return await _Connection(desk, handles, tag, http).run()

    method = "google.ai.generativelanguage.{version}.GenerativeService.BidiGenerateContent"
    return [web.get(f"/ws/{method}", live)]
