"""A tier session: the models that serve a stretch of the call, behind one AgentSession."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable
from datetime import date
from typing import Any, Final

from livekit.agents import Agent, AgentSession, ModelSettings, StopResponse, llm
from livekit.agents.types import NOT_GIVEN, FlushSentinel
from livekit.agents.voice import SpeechHandle
from typing_extensions import override

from agent.claims import only_true_claims
from agent.line import Line
from tiers import cascade
from tiers.catalogue import Stack
from tiers.settings import VendorSettings

MAX_TOOL_STEPS: Final = 8
"""«Complete A, B, C, D and E» needs a look and five calls; the library's default is 3."""

OnTurn = Callable[[str], Awaitable[bool]]
"""Told each turn of the caller before a model sees it; answers whether the turn is already dealt with."""


class TaskAgent(Agent):
    """The assistant as a session runs it: turns pass the call first, words pass the check of claims."""

    def __init__(
        self, *, instructions: str, tools: list[llm.Tool], on_turn: OnTurn, chat_ctx: llm.ChatContext | None
    ) -> None:
        super().__init__(instructions=instructions, tools=list(tools), chat_ctx=chat_ctx or NOT_GIVEN)
        self._on_turn = on_turn

    @override
    async def on_user_turn_completed(self, turn_ctx: llm.ChatContext, new_message: llm.ChatMessage) -> None:
        if await self._on_turn(new_message.text_content or ""):
            raise StopResponse

    @override
    async def llm_node(
        self, chat_ctx: llm.ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> AsyncIterable[llm.ChatChunk | str | FlushSentinel]:
        chunks = Agent.default.llm_node(self, chat_ctx, tools, model_settings)
        async for chunk in only_true_claims(chunks, chat_ctx.items):
            yield chunk


class TierSession:
    """Builds the models of a cascaded stack and drives the session over the call's line."""

    def __init__(self, stack: Stack, settings: VendorSettings, *, call_id: str, today: date) -> None:
        self.stack = stack
        self._models = cascade.build(stack, settings, call_id=call_id, today=today)
        self.session: AgentSession[None] = AgentSession(
            stt=self._models.stt,
            llm=self._models.llm,
            tts=self._models.tts,
            vad=self._models.vad,
            turn_handling=self._models.turns,
            max_tool_steps=MAX_TOOL_STEPS,
            use_tts_aligned_transcript=True,
            conn_options=cascade.CONNECT,
            aec_warmup_duration=None,  # three deaf seconds at the start of every session otherwise
            session_close_transcript_timeout=0,
            user_away_timeout=None,
        )
        self._agent: TaskAgent | None = None

    async def start(
        self,
        line: Line,
        *,
        instructions: str,
        tools: list[llm.Tool],
        on_turn: OnTurn,
        chat_ctx: llm.ChatContext | None = None,
    ) -> None:
        """Take over the line and begin to listen."""
        self._agent = TaskAgent(instructions=instructions, tools=tools, on_turn=on_turn, chat_ctx=chat_ctx)
        line.attach(self.session)
        await self.session.start(self._agent, record=False)

    def say(self, text: str) -> SpeechHandle:
        """Speak a line of our own. It is part of the conversation and can be interrupted."""
        return self.session.say(text, allow_interruptions=True)

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

    def think_ahead(self, allowed: bool) -> None:
        """Allow or stop answers that are prepared before the turn ends. A turn that answers us needs none."""
        self.session.options.preemptive_generation["enabled"] = allowed

    def on(self, event: Any, callback: Callable[[Any], None]) -> None:
        """Listen to an event of the session."""
        self.session.on(event, callback)

    async def aclose(self) -> None:
        """End the session and close the vendors' sockets."""
        await self.session.aclose()
        await self._models.aclose()
