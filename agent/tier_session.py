"""A tier session: the models that serve a stretch of the call, behind one AgentSession."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterable, Awaitable, Callable
from datetime import date
from typing import Any, Final, Protocol

from livekit.agents import (
    Agent,
    AgentSession,
    ModelSettings,
    StopResponse,
    UserInputTranscribedEvent,
    UserStateChangedEvent,
    llm,
)
from livekit.agents.types import NOT_GIVEN, FlushSentinel, TimedString
from livekit.agents.voice import SpeechHandle
from typing_extensions import override

from agent.claims import ClaimWatch, only_true_claims
from agent.history import shortened
from agent.line import Line
from agent.speakable import spoken
from tiers import cascade, speech_to_speech
from tiers.catalogue import Stack
from tiers.meter import Meter
from tiers.settings import VendorSettings
from tiers.usage import Usage

log = logging.getLogger("agent.tier_session")

VERBATIM: Final = 'Say exactly this and nothing else: "{text}"'
"""How a speech-to-speech model is asked to speak a line of ours; what it said is compared afterwards."""

MAX_TOOL_STEPS: Final = 8
"""«Complete A, B, C, D and E» needs a look and five calls; the library's default is 3."""

WORDS_WITHIN_SECONDS: Final = 3.0
"""How long an answer to our question may take to be written down by a speech-to-speech model."""


class Listener(Protocol):
    """What a session tells the call before a model answers."""

    async def on_turn(self, text: str | None) -> bool:
        """A turn of the caller ended; None where its words are not known yet. True: it is dealt with."""

    def awaits_answer(self) -> bool:
        """Whether a question of ours is open, so that the words are needed before a model answers."""

    def has_effect(self) -> bool:
        """Whether a tool changed something in the present turn."""

    def on_false_claim(self) -> None:
        """We began to say that something was done which was not."""


class TaskAgent(Agent):
    """The assistant as a session runs it: turns pass the call first, words pass the check of claims."""

    def __init__(
        self,
        *,
        instructions: str,
        tools: list[llm.Tool],
        listener: Listener,
        words: Callable[[], Awaitable[str]] | None,
        chat_ctx: llm.ChatContext | None,
    ) -> None:
        super().__init__(instructions=instructions, tools=list(tools), chat_ctx=chat_ctx or NOT_GIVEN)
        self._listener = listener
        self._words = words

    @override
    async def on_user_turn_completed(self, turn_ctx: llm.ChatContext, new_message: llm.ChatMessage) -> None:
        text: str | None = new_message.text_content or ""
        if self._words is not None:
            text = await self._words() if self._listener.awaits_answer() else None
        if await self._listener.on_turn(text):
            raise StopResponse

    @override
    async def llm_node(
        self, chat_ctx: llm.ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> AsyncIterable[llm.ChatChunk | str | FlushSentinel]:
        chunks = Agent.default.llm_node(self, chat_ctx, tools, model_settings)
        async for chunk in only_true_claims(chunks, chat_ctx.items):
            yield chunk

    @override
    async def transcription_node(
        self, text: AsyncIterable[str | TimedString], model_settings: ModelSettings
    ) -> AsyncIterable[str | TimedString]:
        """A realtime model's words come with its sound: a claim cannot be held back, only broken off."""
        watch = ClaimWatch(self._listener.has_effect) if self._words is not None else None
        async for piece in text:
            if watch is not None and watch.hears_a_lie(piece):
                self._listener.on_false_claim()
                return
            yield piece


class TierSession:
    """Builds a stack's models and drives the session over the call's line."""

    def __init__(
        self,
        stack: Stack,
        settings: VendorSettings,
        *,
        call_id: str,
        today: date,
        on_usage: Callable[[Usage], None],
    ) -> None:
        self.stack = stack
        self._models = _build(stack, settings, call_id=call_id, today=today)
        self._meter = Meter(stack, self._models, on_usage)
        self.session: AgentSession[None] = AgentSession(
            **self._models.session_arguments(),
            max_tool_steps=MAX_TOOL_STEPS,
            aec_warmup_duration=None,  # three deaf seconds at the start of every session otherwise
            session_close_transcript_timeout=0,
            user_away_timeout=None,
            tts_text_transforms=["filter_markdown", "filter_emoji", spoken],
        )
        self._agent: TaskAgent | None = None
        self._written: asyncio.Future[str] | None = None
        self.session.on("user_input_transcribed", self._on_written)
        self.session.on("user_state_changed", self._on_user_state)

    @property
    def keeps_spoken_turns(self) -> bool:
        """Whether the model itself holds what the caller spoke, so that it must not be told again."""
        return not self._models.speaks_lines

    async def start(
        self,
        line: Line,
        *,
        instructions: str,
        tools: list[llm.Tool],
        listener: Listener,
        chat_ctx: llm.ChatContext | None = None,
    ) -> None:
        """Take over the line and begin to listen."""
        self._agent = TaskAgent(
            instructions=instructions,
            tools=tools,
            listener=listener,
            words=self._words if self.keeps_spoken_turns else None,
            chat_ctx=chat_ctx,
        )
        line.attach(self.session)
        await self.session.start(self._agent, record=False)

    def say(self, text: str) -> SpeechHandle:
        """Speak a line of our own. It is part of the conversation and can be interrupted."""
        if self._models.speaks_lines:
            return self.session.say(text, allow_interruptions=True)
        return self.session.generate_reply(instructions=VERBATIM.format(text=text), tool_choice="none")

    def reply(self, user_input: str | None = None) -> SpeechHandle:
        """Let the model answer, to what was typed or to what already stands in the history."""
        return self.session.generate_reply(user_input=user_input if user_input is not None else NOT_GIVEN)

    async def hush(self) -> None:
        """Stop speaking."""
        await self.session.interrupt(force=True)

    async def remember(self, *items: llm.ChatItem) -> None:
        """Add to the history what happened without the model."""
        if self._agent is None:
            return
        history = self._agent.chat_ctx.copy()
        history.items.extend(items)
        await self._agent.update_chat_ctx(history)

    async def offer(self, tools: list[llm.Tool]) -> None:
        """Give the model more tools."""
        if self._agent is not None:
            await self._agent.update_tools([*self._agent.tools, *tools])

    async def shorten_history(self) -> None:
        """Put old turns into words where it pays; while a turn is on its way nothing is touched."""
        if self._agent is None or (shorter := shortened(self._agent.chat_ctx.items)) is None:
            return
        if self.keeps_spoken_turns:
            there = self._agent.realtime_llm_session.chat_ctx.items
            if there and self._agent.chat_ctx.get_by_id(there[-1].id) is None:
                return
        try:
            await self._agent.update_chat_ctx(llm.ChatContext(shorter))
        except llm.RealtimeError as error:
            # The vendor keeps what it had, which costs more and loses nothing.
            log.warning("history.not_shortened", extra={"error": type(error).__name__})

    def think_ahead(self, allowed: bool) -> None:
        """Allow or stop answers that are prepared before the turn ends. A turn that answers us needs none."""
        self.session.options.preemptive_generation["enabled"] = allowed

    def on(self, event: Any, callback: Callable[[Any], None]) -> None:
        """Listen to an event of the session."""
        self.session.on(event, callback)

    def _on_written(self, event: UserInputTranscribedEvent) -> None:
        if event.is_final and self._written is not None and not self._written.done():
            self._written.set_result(event.transcript)

    def _on_user_state(self, event: UserStateChangedEvent) -> None:
        self._models.caller_speaks(event.new_state == "speaking")

    async def _words(self) -> str:
        """The words of the turn that has just ended; empty when nobody wrote them down in time."""
        self._written = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(WORDS_WITHIN_SECONDS):
                return await self._written
        except TimeoutError:
            return ""
        finally:
            self._written = None

    async def aclose(self) -> None:
        """End the session, close the vendors' sockets and book what they are still owed."""
        try:
            await self.session.aclose()
            await self._models.aclose()
        finally:
            await self._meter.aclose()


def _build(
    stack: Stack, settings: VendorSettings, *, call_id: str, today: date
) -> cascade.Cascade | speech_to_speech.SpeechToSpeech:
    if stack.is_cascade:
        return cascade.build(stack, settings, call_id=call_id, today=today)
    return speech_to_speech.build(stack, settings, call_id=call_id, today=today)
