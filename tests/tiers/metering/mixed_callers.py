"""Who calls in a mixed call: what happens in one, in the way of each tier."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final

from livekit.agents import APIError, llm, stt

from sandbox.scripts import ScriptedReply
from tests.tiers.metering.conftest import sound, until
from tests.tiers.metering.talk import LONG, RULES, create_task
from tiers import cascade, speech_to_speech

if TYPE_CHECKING:
    from tests.tiers.metering.mixed_calls import MixedCall

SAID: Final = ("Hello.", "What are my tasks?", "Who are you?", "Thank you.", "What can you do?")
BREAKS: Final = "and then my voice is gone"
"""Words at which the voice fails."""


class PremiumCaller:
    """One model that hears, thinks and speaks."""

    def __init__(self, call: MixedCall, models: speech_to_speech.SpeechToSpeech) -> None:
        self._call = call
        self._models = models

    async def open(self) -> None:
        self._session: Any = self._models.llm.session(turn_detection_disabled=True)
        self._models.caller_speaks(True)
        await self._session.update_instructions(RULES)
        await self._session.update_tools([create_task])

    async def answer(self) -> None:
        self._say()
        await _heard(await self._session.generate_reply())

    async def interrupt(self) -> None:
        self._say()
        message = await self._sounding(self._call.rng.randint(2, 8))
        await self._over()
        heard = self._call.rng.randint(100, 290)
        self._session.truncate(
            message_id=message.message_id, modalities=["audio", "text"], audio_end_ms=heard
        )

    async def cancel(self) -> None:
        self._call.script_long()
        await self._session.generate_reply()
        await self._over()

    async def fail(self) -> None:
        self._call.script(ScriptedReply(content=f"All went well, {BREAKS}."))
        await _heard(await self._session.generate_reply())

    async def tool(self) -> None:
        self._say()
        self._call.script_tool()
        generation = await self._session.generate_reply()
        calls = [call async for call in generation.function_stream]
        history = self._session.chat_ctx.copy()
        history.items += [
            llm.FunctionCallOutput(
                call_id=call.call_id, name=call.name, output='{"ok": true}', is_error=False
            )
            for call in calls
        ]
        await self._session.update_chat_ctx(history)
        await _heard(await self._session.generate_reply())

    async def cut(self) -> None:
        again = asyncio.Event()
        self._session.once("session_reconnected", lambda _event: again.set())
        await self._sounding(self._call.rng.randint(8, 16))
        self._call.line.cut()
        await again.wait()

    async def hang_up(self, *, midway: bool) -> None:
        if midway:
            await self._sounding(3)
            self._session.interrupt()  # as an agent's session does it, and does not wait for the vendor either
        await self._session.aclose()

    def _say(self) -> None:
        self._call.desk.told.put(self._call.tag, self._call.rng.choice(SAID))
        for frame in sound(self._call.rng.uniform(0.5, 3.0)):
            self._session.push_audio(frame)
        self._session.commit_audio()

    async def _sounding(self, frames: int) -> llm.MessageGeneration:
        self._call.script_long()
        generation = await self._session.generate_reply()
        message: llm.MessageGeneration = await anext(aiter(generation.message_stream))
        for _ in range(frames):
            await anext(aiter(message.audio_stream))
        return message

    async def _over(self) -> None:
        """Interrupt, and wait for the vendor to say that it stopped: it takes one reply at a time."""
        before = len(self._call.booked.of("speech_to_speech"))
        self._session.interrupt()
        await until(lambda: len(self._call.booked.of("speech_to_speech")) > before)


async def _heard(generation: llm.GenerationCreatedEvent) -> None:
    async for message in generation.message_stream:
        async for _ in message.audio_stream:
            pass
    async for _ in generation.function_stream:
        pass


class EconomyCaller:
    """A model for each part."""

    def __init__(self, call: MixedCall, models: cascade.Cascade) -> None:
        self._call = call
        self._models = models
        self._history = llm.ChatContext()
        self._history.add_message(role="system", content=RULES)

    async def open(self) -> None:
        self._ear = self._models.stt.stream(conn_options=cascade.connecting().stt_conn_options)

    async def answer(self) -> None:
        await self._speak(await self._think(await self._hear()))

    async def interrupt(self) -> None:
        await self._hear()
        await self._begin_to_think(self._call.rng.randint(2, 12))
        stream = self._mouth(LONG)
        for _ in range(self._call.rng.randint(1, 3)):
            await anext(aiter(stream))
        await stream.aclose()

    async def cancel(self) -> None:
        """Before anything was heard: what was prepared ahead of a turn that went on."""
        await self._begin_to_think(1)
        stream = self._mouth("I have got this for you. ")
        await asyncio.sleep(0)
        await stream.aclose()

    async def fail(self) -> None:
        with contextlib.suppress(APIError):
            await self._speak(f"This is said and heard. All went well, {BREAKS}. ")

    async def tool(self) -> None:
        await self._hear()
        self._call.script_tool()
        await self._think("")
        await self._speak(await self._think(""))

    async def cut(self) -> None:
        await self._hear()
        self._call.script_long()
        with contextlib.suppress(APIError):
            async with self._chat() as stream:
                for _ in range(self._call.rng.randint(3, 12)):
                    await anext(aiter(stream))
                self._call.line.cut()
                async for _ in stream:
                    pass
        await until(lambda: self._connections("deepgram-stt") == 1)

    async def hang_up(self, *, midway: bool) -> None:
        stream = self._mouth(LONG) if midway else None
        if stream is not None:
            await anext(aiter(stream))
            await stream.aclose()
        await self._ear.aclose()

    def _connections(self, vendor: str) -> int:
        opened = self._call.desk.connections.as_json()["open"]
        return sum(1 for each in opened if each["vendor"] == vendor and each["tag"] == self._call.tag)

    async def _hear(self) -> str:
        self._call.desk.told.put(self._call.tag, self._call.rng.choice(SAID))
        for frame in [*sound(self._call.rng.uniform(0.5, 3.0)), *sound(0.6, loud=False)]:
            self._ear.push_frame(frame)
        async for event in self._ear:
            if event.type is stt.SpeechEventType.FINAL_TRANSCRIPT:
                words = event.alternatives[0].text
                self._history.add_message(role="user", content=words)
                return words
        return ""

    def _chat(self) -> llm.LLMStream:
        return self._models.llm.chat(
            chat_ctx=self._history, tools=[create_task], conn_options=cascade.connecting().llm_conn_options
        )

    async def _think(self, _said: str) -> str:
        text = ""
        calls: list[llm.FunctionToolCall] = []
        async with self._chat() as stream:
            async for chunk in stream:
                if chunk.delta is not None:
                    text += chunk.delta.content or ""
                    calls += chunk.delta.tool_calls
        for call in calls:
            ran = llm.FunctionCall(call_id=call.call_id, name=call.name, arguments=call.arguments)
            done = llm.FunctionCallOutput(
                call_id=call.call_id, name=call.name, output='{"ok": true}', is_error=False
            )
            self._history.items += [ran, done]
        if text:
            self._history.add_message(role="assistant", content=text)
        return text

    async def _begin_to_think(self, chunks: int) -> None:
        self._call.script_long()
        async with self._chat() as stream:
            for _ in range(chunks):
                await anext(aiter(stream))

    def _mouth(self, text: str) -> Any:
        stream = self._models.tts.stream(conn_options=cascade.connecting().tts_conn_options)
        stream.push_text(text)
        stream.flush()
        return stream

    async def _speak(self, text: str) -> None:
        if not text:
            return
        async with self._models.tts.stream(conn_options=cascade.connecting().tts_conn_options) as stream:
            stream.push_text(text)
            stream.end_input()
            async for _ in stream:
                pass
