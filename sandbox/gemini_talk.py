"""A Gemini Live session that talks: sound and words in, the brain's answers out in the desk's voice, billed turn by turn.

Only clients that mark the caller's turns themselves are heard (`automaticActivityDetection.disabled`). What was
generated of an answer is billed, heard or not; one that was interrupted before it began costs nothing.
"""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sandbox import gemini_messages as messages
from sandbox.desk import Desk
from sandbox.gemini_messages import FunctionResponse
from sandbox.gemini_parts import Content, GeminiError
from sandbox.gemini_session import Context, Entry, Said, audio_tokens
from sandbox.gemini_setup import Function, Setup
from sandbox.invoice import Status
from sandbox.openai_chunks import Completion
from sandbox.realtime_reply import FASTER
from sandbox.realtime_sound import spoken
from sandbox.realtime_thought import answered
from sandbox.realtime_turns import LONGEST_BUFFER_SECONDS, SHORTEST_SECONDS, TOLD_WAIT_SECONDS, only_speech
from sandbox.shared_ear import SharedEar
from sandbox.tokens import count
from sandbox.wire import Wire
from tiers.local.speech import SAMPLE_RATE as EAR_RATE

VENDOR: Final = "google"
SERVICE: Final = "gemini-live"
VOICE_RATE: Final = 24_000
_INSTRUCTIONS: Final = ("<instructions>\n", "\n</instructions>")
"""How livekit-plugins-google 1.8.9 wraps what is an order and no words of the caller's."""


class Talk:
    """The conversation of one connection. `end` closes its socket as the vendor does."""

    def __init__(
        self,
        desk: Desk,
        wire: Wire,
        setup: Setup,
        context: Context,
        *,
        tag: str | None,
        end: Callable[[GeminiError], Awaitable[None]],
    ) -> None:
        self._desk = desk
        self._ear = SharedEar(desk)
        self._wire = wire
        self._setup = setup
        self._context = context
        self._tag = tag
        self._told = desk.told.second_ear(tag or "")
        self._end = end
        self._turn: list[NDArray[np.int16]] | None = None
        self._calls: dict[str, Function] = {}
        """Those that wait for what became of them."""
        self._hearing: set[asyncio.Task[str]] = set()
        self._work: asyncio.Task[None] | None = None
        self._owes = False
        """Another answer is due when the one that is being given is over."""
        self._begin("")

    def _begin(self, request_id: str) -> None:
        self._request_id = request_id
        self._prompt = self._context.used(self._setup, made=0)
        self._words = ""
        self._samples = 0
        self._written = 0
        """Text tokens made."""
        self._billed = not request_id

    # What the client sends

    async def turn_begins(self) -> None:
        """The caller begins to speak: that interrupts, and calls that hold the model up are given up."""
        await self._interrupt()
        blocking = [each for each, function in self._calls.items() if self._setup.waits(function)]
        if blocking:
            for each in blocking:
                del self._calls[each]
            await self._wire.send(messages.cancellation(blocking))
        # What was said while another stack served was told to this ear too.
        self._desk.told.forget_older(self._told)
        self._turn = []

    def hear(self, pcm: bytes) -> None:
        """Sound of the caller's, 16 kHz; outside of a turn nobody hears it. Raises GeminiError."""
        if self._turn is None:
            return
        if len(pcm) % 2:
            raise GeminiError(1007, "Request contains an invalid argument.")
        self._turn.append(np.frombuffer(pcm, "<i2"))
        if sum(map(len, self._turn)) > LONGEST_BUFFER_SECONDS * EAR_RATE:
            raise GeminiError(1007, "Request contains an invalid argument.")

    def turn_ends(self) -> None:
        """The caller has spoken, and is answered."""
        pcm = np.concatenate(self._turn) if self._turn else np.empty(0, np.int16)
        self._turn = None
        if len(pcm) >= SHORTEST_SECONDS * EAR_RATE:
            hearing = asyncio.create_task(self._heard(pcm), name="gemini.hear")
            self._hearing.add(hearing)
            hearing.add_done_callback(self._hearing.discard)
            said = Said({"role": "user", "content": ""}, hearing)
            self._context.entries.append(Entry("audio", audio_tokens(len(pcm) / EAR_RATE), said=said))
        self._answer()

    async def add(self, turns: list[Content], *, complete: bool) -> None:
        """Words are added to the conversation; a complete turn interrupts and is answered."""
        if complete:
            await self._interrupt()
        for turn in turns:
            self._context.entries.append(Entry("text", count(turn.text), said=Said(_message(turn))))
        if complete:
            self._answer()

    async def returned(self, responses: list[FunctionResponse]) -> None:
        """Calls were carried out. The model goes on when the last one was, unless it is told to be silent."""
        due = False
        for each in responses:
            function = self._calls.pop(each.id, None)
            if function is None:
                continue
            result = each.response
            content = str(result.get("output", json.dumps(result)))
            said = Said({"role": "tool", "tool_call_id": each.id, "content": content})
            self._context.entries.append(Entry("text", count(content), said=said))
            due = due or each.scheduling != "SILENT" or self._setup.waits(function)
        if not due or self._calls:
            return
        if self._is_answering:
            self._owes = True
        else:
            self._answer()

    def abandon(self) -> list[asyncio.Task[Any]]:
        """The client has gone: what was generated is billed. The tasks that are ending are returned."""
        ending: list[asyncio.Task[Any]] = [*self._hearing, *([self._work] if self._work else [])]
        for task in ending:
            task.cancel()
        self._bill("cancelled")
        return ending

    # The ear

    async def _heard(self, pcm: NDArray[np.int16]) -> str:
        if self._desk.ear is not None and not self._desk.told.is_waiting(self._told, to_breath=False):
            return (await self._ear.hear(await asyncio.to_thread(only_speech, pcm))).text
        return await self._desk.told.next(self._told, self._desk.clock.real(TOLD_WAIT_SECONDS)) or ""

    # The answer

    @property
    def _is_answering(self) -> bool:
        return self._work is not None and not self._work.done()

    @property
    def _has_begun(self) -> bool:
        return bool(self._samples or self._written)

    def _answer(self) -> None:
        self._owes = False
        self._context.compress(self._setup)
        self._begin(secrets.token_hex(8))
        self._work = asyncio.create_task(self._generate(), name="gemini.answer")

    async def _interrupt(self) -> None:
        self._owes = False
        work = self._work
        if work is None or work.done():
            return
        work.cancel()
        await asyncio.wait([work])
        if not self._has_begun:
            return
        self._remember()
        self._bill("cancelled")
        await self._wire.send(messages.interrupted())
        await self._wire.send(messages.turn_over(self._used().as_json()))

    async def _generate(self) -> None:
        fault = self._desk.faults.answer(SERVICE)
        if fault == "server-error":
            await self._end(messages.of_fault(fault))
            return
        pause = asyncio.create_task(self._desk.pause("realtime", SERVICE))
        try:
            completion = await self._thought()
            await pause
        finally:
            pause.cancel()
        await self._speak(completion.content or "", fault)
        if completion.calls:
            await self._call(completion)
            return
        self._remember()
        self._bill("ok")
        await self._wire.send(messages.generation_complete())
        await self._wire.send(messages.turn_over(self._used().as_json()))
        if self._owes:
            self._answer()

    async def _thought(self) -> Completion:
        return answered(
            self._desk,
            [await each.said.whole() for each in self._context.entries if each.said is not None],
            instructions=self._setup.system_instruction.text if self._setup.system_instruction else "",
            tools=[_tool(each) for each in self._setup.functions],
            tag=self._tag,
        )

    async def _speak(self, text: str, fault: str | None) -> None:
        if not text:
            return
        async for words, sound in spoken(self._desk.voice, text, 1.0):
            await self._desk.faults.silence(SERVICE)
            if sound.size:
                self._samples += len(sound)
                await self._wire.send(messages.sound(sound.astype("<i2", copy=False).tobytes(), VOICE_RATE))
            if words:
                self._words += words
                if self._setup.output_audio_transcription is not None:
                    await self._wire.send(messages.transcription(words))
            if fault == "cut-mid-stream":
                self._wire.abort()
            if fault in ("cut-mid-stream", "stall-mid-stream"):
                await asyncio.Event().wait()
            await self._desk.clock.sleep(len(sound) / VOICE_RATE / FASTER)

    async def _call(self, completion: Completion) -> None:
        functions = {each.name: each for each in self._setup.functions}
        self._remember()
        calls: list[dict[str, Any]] = []
        for call in completion.calls:
            self._written += count(call.name) + count(call.arguments)
            self._calls[call.id] = functions.get(call.name, Function(name=call.name[:128]))
            calls.append({"id": call.id, "name": call.name, "args": json.loads(call.arguments)})
            made = {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            said = Said({"role": "assistant", "content": "", "tool_calls": [made]})
            self._context.entries.append(Entry("text", count(call.name) + count(call.arguments), said=said))
        self._bill("ok")
        await self._wire.send(messages.function_calls(calls, self._used().as_json()))

    def _remember(self) -> None:
        """Of an answer that was cut off the model knows what it has sent."""
        if self._samples:
            said = Said({"role": "assistant", "content": self._words})
            self._context.entries.append(Entry("audio", audio_tokens(self._samples / VOICE_RATE), said=said))

    # What it costs

    def _used(self) -> Any:
        used = self._prompt
        used.made, used.sounded = self._written, audio_tokens(self._samples / VOICE_RATE)
        return used

    def _bill(self, status: Status) -> None:
        """Charge once; nothing for an answer that never began."""
        if self._billed or not self._has_begun:
            return
        self._billed = True
        self._desk.invoice.charge(
            vendor=VENDOR,
            model=self._setup.name,
            request_id=self._request_id,
            units=self._used().units,
            status=status,
            tag=self._tag,
        )


def _message(turn: Content) -> dict[str, Any]:
    """A turn as a chat message; a wrapped order is the system's."""
    begin, end = _INSTRUCTIONS
    if turn.text.startswith(begin) and turn.text.endswith(end):
        return {"role": "system", "content": turn.text.removeprefix(begin).removesuffix(end)}
    return {"role": "assistant" if turn.role == "model" else "user", "content": turn.text}


def _tool(function: Function) -> dict[str, Any]:
    """A function as OpenAI declares one: Gemini's own schemas have their types in capitals."""
    parameters = function.parameters_json_schema or _lowered(function.parameters)
    return {
        "type": "function",
        "name": function.name,
        "description": function.description,
        "parameters": parameters,
    }


def _lowered(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_lowered(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: value.lower() if key == "type" and isinstance(value, str) else _lowered(value)
        for key, value in schema.items()
    }
