"""One response of the model: thought by the brain or a script, spoken by the desk's voice, streamed and billed.

Sound comes faster than it is played, but not at once, so that a caller who interrupts finds the model still speaking.
What was generated is billed, heard or not, reported or not; a response that failed costs nothing.
"""

import asyncio
import base64
from typing import Any, Literal

from sandbox import tokens
from sandbox.desk import Desk
from sandbox.invoice import Status
from sandbox.openai_chunks import Call
from sandbox.realtime_conversation import CONTEXT_TOKENS, ContextLengthError, Conversation
from sandbox.realtime_events import new_id, server_event
from sandbox.realtime_items import ASSISTANT_TOKEN_MS, Item, Part, Sound, tool_tokens
from sandbox.realtime_output import Output, Send
from sandbox.realtime_session import ResponseParams, Session
from sandbox.realtime_sound import spoken
from sandbox.realtime_thought import thought
from sandbox.realtime_usage import Prompt, SessionCache, Usage

FASTER = 4.0
"""How many times faster than it is played sound is generated."""

VENDOR = "openai"
_TOKENS_A_MINUTE = 1_000_000

CancelReason = Literal["turn_detected", "client_cancelled"]
_Outcome = Literal["completed", "cancelled", "incomplete", "failed"]
_INVOICE: dict[_Outcome, Status] = {
    "completed": "ok",
    "incomplete": "ok",
    "cancelled": "cancelled",
    "failed": "failed",
}


_SERVER_ERROR = ("server_error", "server_error", "The server had an error while processing your request.")


class _CutOffError(Exception):
    """The reply ends before it is complete, for the vendor's reason."""

    def __init__(self, reason: Literal["max_output_tokens", "content_filter"]) -> None:
        super().__init__(reason)
        self.reason = reason


class Reply:
    """A response from `open` to `response.done`."""

    def __init__(
        self,
        desk: Desk,
        *,
        session: Session,
        params: ResponseParams,
        given: list[Item] | None,
        conversation: Conversation,
        conversation_id: str,
        cache: SessionCache,
        send: Send,
        tag: str | None,
    ) -> None:
        self.id = new_id("resp")
        self.in_conversation = params.conversation != "none"
        self._desk = desk
        self._session = params.over(session)
        self._params = params
        self._given = given
        self._conversation = conversation
        self._conversation_id = conversation_id if self.in_conversation else None
        self._cache = cache
        self._send = send
        self._tag = tag
        self._told = Output(self.id, conversation if self.in_conversation else None, send)
        self._context: list[Item] = []
        self._prompt = Prompt()
        self._status: str = "in_progress"
        self._reason: CancelReason = "client_cancelled"
        self._billed = False
        self._pause: asyncio.Task[None] | None = None
        self._work: asyncio.Task[None] | None = None
        self._run: asyncio.Task[None] | None = None

    @property
    def done(self) -> bool:
        """Whether `response.done` has been sent."""
        return self._status != "in_progress"

    async def open(self) -> None:
        """Announce the response and start to generate it."""
        failure: Exception | None = None
        try:
            self._context = (
                self._given
                if self._given is not None
                else self._conversation.context(self._session.truncation)
            )
            self._prompt = self._cache.take(self._prompt_tokens())
        except ContextLengthError as too_long:
            failure = too_long
        await self._send(server_event("response.created", response=self._as_json()))
        left = _TOKENS_A_MINUTE - self._prompt.text - self._prompt.audio
        limit = {"name": "tokens", "limit": _TOKENS_A_MINUTE, "remaining": left, "reset_seconds": 0.1}
        await self._send(server_event("rate_limits.updated", rate_limits=[limit]))
        if failure is not None:
            await self._end(
                "failed", error=("invalid_request_error", "context_length_exceeded", str(failure))
            )
            return
        self._pause = asyncio.create_task(self._desk.pause("realtime"))
        self._work = asyncio.create_task(self._generate())
        self._run = asyncio.create_task(self._finish(self._work))

    def _prompt_tokens(self) -> list[int]:
        """The whole input in the order in which it is cached."""
        prompt = tokens.encode(self._session.instructions)
        prompt += tool_tokens([tool.model_dump(exclude_none=True) for tool in self._session.tools])
        for item in self._context:
            prompt += item.tokens
        return prompt

    async def cancel(self, reason: CancelReason) -> None:
        """Stop, and say so; returns when `response.done` is out."""
        if self._work is None or self._run is None:
            return
        self._reason = reason
        self._work.cancel()
        await asyncio.wait([self._run])

    def abandon(self) -> list[asyncio.Task[None]]:
        """The client has gone: stop, and bill what was generated by now. The tasks that are ending are returned."""
        tasks = [task for task in (self._run, self._work, self._pause) if task is not None]
        for task in tasks:
            task.cancel()
        self._bill("cancelled")
        return tasks

    async def _finish(self, work: asyncio.Task[None]) -> None:
        """See the work to its end, whichever it is."""
        await asyncio.wait([work])
        if self._pause is not None:
            self._pause.cancel()
        if work.cancelled():
            return await self._end("cancelled", reason=self._reason)
        error = work.exception()
        match error:
            case None:
                await self._end("completed")
            case _CutOffError():
                await self._end("incomplete", reason=error.reason)
            case RuntimeError() | ValueError():  # an ear or a voice that cannot
                await self._end("failed", error=_SERVER_ERROR)
            case _:  # a fault of ours: the client is told, and the log gets it
                await self._end("failed", error=_SERVER_ERROR)
                raise error

    async def _generate(self) -> None:
        completion = await thought(self._desk, self._session, self._context, self._tag)
        if completion.content:
            sounds = "audio" in self._session.output_modalities
            await (self._speech if sounds else self._text)(completion.content)
        for call in completion.calls:
            await self._call(call)
        await self._wait_for_the_vendor()
        if completion.finish == "length":
            raise _CutOffError("max_output_tokens")
        if completion.finish == "content_filter":
            raise _CutOffError("content_filter")

    async def _wait_for_the_vendor(self) -> None:
        """Nothing is sent sooner than the latency profile's vendor would send it."""
        if self._pause is not None:
            await self._pause

    # What is generated

    async def _text(self, text: str) -> None:
        part = Part("output_text")
        item = Item(new_id("item"), "message", "assistant", "in_progress", [part])
        await self._wait_for_the_vendor()
        where = await self._told.begin(item)
        gap = self._desk.profile.llm_token_ms / 1000
        for piece in tokens.pieces(text):
            self._check_limit(piece)
            await self._desk.clock.sleep(gap)
            part.text += piece
            await self._told.say("response.output_text.delta", where, delta=piece)
        await self._told.done(item)

    async def _speech(self, text: str) -> None:
        part = Part("output_audio", sound=Sound(ASSISTANT_TOKEN_MS))
        item = Item(new_id("item"), "message", "assistant", "in_progress", [part])
        where: dict[str, Any] | None = None
        async for words, sound in spoken(self._desk.voice, text, self._session.audio.output.speed):
            if where is None:
                await self._wait_for_the_vendor()
                where = await self._told.begin(item)
            self._check_limit(words, len(sound) / 24)
            if words:
                part.text += words
                await self._told.say("response.output_audio_transcript.delta", where, delta=words)
            if sound.size and part.sound is not None:
                part.sound.add(sound)
                part.marks.append((part.sound.milliseconds, len(part.text)))
                data = base64.b64encode(sound.astype("<i2", copy=False).tobytes()).decode()
                await self._told.say("response.output_audio.delta", where, delta=data)
            await self._desk.clock.sleep(len(sound) / 24_000 / FASTER)
        if where is not None:
            await self._told.done(item)

    async def _call(self, call: Call) -> None:
        item = Item(new_id("item"), "function_call", status="in_progress", call_id=call.id, name=call.name)
        await self._wait_for_the_vendor()
        where = await self._told.begin(item)
        gap = self._desk.profile.llm_token_ms / 1000
        self._check_limit("")
        for piece in tokens.pieces(call.arguments):
            self._check_limit(piece)
            await self._desk.clock.sleep(gap)
            item.arguments += piece
            await self._told.say(
                "response.function_call_arguments.delta", where, call_id=item.call_id, delta=piece
            )
        await self._told.done(item)

    async def _end(
        self,
        status: _Outcome,
        *,
        reason: str | None = None,
        error: tuple[str, str, str] | None = None,
    ) -> None:
        await self._told.cut_off()
        self._status = status
        self._bill(status)
        details: dict[str, Any] | None = None
        if status != "completed":
            details = {"type": status}
        if details and reason:
            details["reason"] = reason
        if details and error:
            details["error"] = dict(zip(("type", "code", "message"), error, strict=True))
        await self._send(
            server_event("response.done", response=self._as_json(details, self._usage(status).as_json()))
        )

    def _as_json(
        self, details: dict[str, Any] | None = None, usage: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        session = self._session
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": self._status,
            "status_details": details,
            "output": [item.as_json() for item in self._told.items],
            "conversation_id": self._conversation_id,
            "output_modalities": session.output_modalities,
            "max_output_tokens": session.max_output_tokens,
            "audio": {"output": session.audio.output.model_dump(include={"format", "voice"})},
            "usage": usage,
            "metadata": self._params.metadata,
        }

    # What it costs

    def _check_limit(self, text: str, milliseconds: float = 0) -> None:
        """Stop before the reply has more tokens than it may have."""
        limit = self._session.max_output_tokens
        if limit == "inf":
            limit = CONTEXT_TOKENS
        if sum(self._told.generated) + tokens.count(text) + round(milliseconds / ASSISTANT_TOKEN_MS) > limit:
            raise _CutOffError("max_output_tokens")

    def _usage(self, status: _Outcome) -> Usage:
        return Usage(Prompt()) if status == "failed" else Usage(self._prompt, *self._told.generated)

    def _bill(self, status: _Outcome) -> None:
        """Charge once."""
        if self._billed:
            return
        self._billed = True
        self._desk.invoice.charge(
            vendor=VENDOR,
            model=self._session.model,
            request_id=self.id,
            units=self._usage(status).units,
            status=_INVOICE[status],
            tag=self._tag,
        )
