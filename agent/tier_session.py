"""A tier session: the models that serve a stretch of the call, behind one AgentSession."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from livekit.agents import (
    AgentSession,
    AgentStateChangedEvent,
    ErrorEvent,
    FunctionToolsExecutedEvent,
    llm,
)
from livekit.agents.types import NOT_GIVEN
from livekit.agents.voice import SpeechHandle

from agent import session_errors, session_history
from agent.broken_off import BrokenOff
from agent.followed import Followed
from agent.kept_sounds import KeptSounds, VoiceOpenings
from agent.line import Line
from agent.openings import INSTRUCTION
from agent.owed import Leftover, Owed, OwnLine, joined, unheard
from agent.session_turns import SessionTurns
from agent.spare_parts import SpareParts
from agent.speakable import spoken
from agent.task_agent import Listener, TaskAgent
from agent.turn_marks import TurnMarks
from agent.unanswered import Unanswered
from tiers import cascade, speech_to_speech
from tiers.catalogue import Stack
from tiers.meter import Meter
from tiers.metering.thinking import Beginnings
from tiers.models_of import models_of
from tiers.settings import VendorSettings
from tiers.usage import Part, Usage
from tiers.vendor_watch import VendorWatch
from tiers.watch import Failure, VendorPatience

log = logging.getLogger("agent.tier_session")

VERBATIM: Final = 'Say exactly this and nothing else: "{text}"'
"""How a speech-to-speech model is asked to speak a line of ours; what it said is compared afterwards."""

MAX_TOOL_STEPS: Final = 8
"""«Complete A, B, C, D and E» needs a look and five calls; the library's default is 3."""

CLOSE_SECONDS: Final = 1.0
"""How long a session may take to end by itself before its vendors' sockets are closed under it."""
HUSH_SECONDS: Final = 0.3
"""How long a session that is replaced may take to fall silent and say how far it came."""


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
        on_usage_lost: Callable[[Part], None] = lambda _: None,
        on_failure: Callable[[Failure], None] = lambda _: None,
        on_worked: Callable[[str], None] = lambda _: None,
        is_given_up: Callable[[str], bool] = lambda _: False,
        patience: VendorPatience | None = None,
        narrow: bool = False,
        beginnings: Beginnings | None = None,
        sounds: KeptSounds | None = None,
    ) -> None:
        self.stack = stack
        self.patience = patience or VendorPatience()
        # The router has looked after the stack's own parts; it knows nothing of what only helps them.
        helped = stack.without_beside(is_given_up)
        self._models = models_of(helped, settings, call_id=call_id, today=today)
        self._meter = Meter(stack, self._models, on_usage, beginnings=beginnings, on_lost=on_usage_lost)
        self._watch = VendorWatch(self._models, on_failure, on_worked=on_worked, patience=self.patience)
        self.session: AgentSession[None] = AgentSession(
            **self._models.session_arguments(narrow=narrow),
            conn_options=cascade.connecting(self.patience),
            max_tool_steps=MAX_TOOL_STEPS,
            aec_warmup_duration=None,  # three deaf seconds at the start of every session otherwise
            session_close_transcript_timeout=0,
            user_away_timeout=None,
            tts_text_transforms=[spoken],  # livekit's own keep a piece's last word back until the next comes
        )
        self._broken_off = BrokenOff()
        """What the caller's newest turn kept from being heard, where all of it is known."""
        self.owed = Owed(on_broken_off=self._broken_off.cut, is_closing=lambda: self.is_closing)
        self.on_thought: Callable[[], None] = lambda: None
        """Called when an answer is the model's to give from now on."""
        self._unanswered = Unanswered(
            self.session, self.owed, ask=self._answer_after_all, seconds=self.patience.words
        )
        self._agent: TaskAgent | None = None
        self._line: Line | None = None
        self._marks = TurnMarks(call_id)
        self._openings = VoiceOpenings(
            sounds,
            lambda: getattr(self._models, "built", {}).get("tts"),
            self._watch.voice_trouble,
        )
        self._spares = SpareParts(self._watch, lambda: self._leaving, self._marks, self._openings)
        self._begun = self._leaving = False
        self._cut = ""
        self._turns = SessionTurns(
            self.session,
            self._models,
            self.owed,
            self._broken_off,
            self._watch,
            self._marks,
            keeps_spoken_turns=self.keeps_spoken_turns,
            ring=lambda: self._line.ring if self._line is not None else None,
            agent=lambda: self._agent,
            has_left=lambda: self._leaving,
            on_thought=self._thinks,
        )
        listeners: dict[str, Callable[[Any], None]] = {
            "user_input_transcribed": self._turns.written,
            "user_state_changed": self._turns.caller_state,
            "agent_state_changed": self._on_agent_state,
            "conversation_item_added": self._on_item,
            "function_tools_executed": self._on_tools,
            "error": self._on_error,
        }
        for event, listener in listeners.items():
            self.on(event, listener)
        if isinstance(self._models, speech_to_speech.SpeechToSpeech):
            self._models.overhear(self._turns.overhear, self._watch.overheard_no_more)

    @property
    def keeps_spoken_turns(self) -> bool:
        """Whether the model itself holds what the caller spoke, so that it must not be told again."""
        return not self._models.speaks_lines

    @property
    def owes(self) -> bool:
        """Whether an answer or a line of ours is still to be heard."""
        return self.owed.answer or bool(self.owed.lines())

    @property
    def waits_for_turn(self) -> bool:
        """Whether the caller says or just said something of which no turn has come yet."""
        return self._line is not None and self._line.ring.waits_for_turn

    @property
    def serves(self) -> bool:
        """Whether it has begun and is not being left: what it is given to say is heard, or left to its successor."""
        return self._begun and not self._leaving

    @property
    def is_closing(self) -> bool:
        """Whether it is about to end by itself: its close event comes when it has let go of everything."""
        return self.session._is_closing()

    async def is_reached(self) -> bool:
        """Wait until the vendor has answered; False where it does not in time. A cascade dials when it is needed."""
        return await self._watch.is_reached()

    @property
    def is_quiet(self) -> bool:
        """Whether nobody speaks and nothing is thought about."""
        return self.session.agent_state == "listening" and self.session.user_state != "speaking"

    @property
    def is_at_rest(self) -> bool:
        """Whether it is quiet, and nothing is on its way to be said."""
        return self.is_quiet and self.session.current_speech is None

    # -- its life ------------------------------------------------------------------------------------------

    async def start(
        self,
        line: Line,
        *,
        instructions: str,
        tools: list[llm.Tool],
        listener: Listener,
        chat_ctx: llm.ChatContext | None = None,
    ) -> None:
        """Take over the line and begin to listen, from what nobody has answered yet."""
        await self.prepare(
            instructions=instructions, tools=tools, listener=listener, chat_ctx=chat_ctx, line=line
        )

    async def prepare(
        self,
        *,
        instructions: str,
        tools: list[llm.Tool],
        listener: Listener,
        chat_ctx: llm.ChatContext | None = None,
        line: Line | None = None,
    ) -> None:
        """Begin, on a line or without one: then `take` gives it one later."""
        if self._openings.are_kept:
            self._openings.ask()
        self._agent = TaskAgent(
            instructions=self._instructed(instructions),
            tools=tools,
            listener=listener,
            turns=self._turns,
            parts=self._spares,
            words=self._words if self.keeps_spoken_turns else None,
            chat_ctx=chat_ctx,
        )
        self._models.end_of_turn.is_asked = listener.is_asking
        if line is not None:
            self.take(line)
        await self.session.start(self._agent, record=False)
        self._begun = True

    async def instruct(self, instructions: str) -> bool:
        """Go on with other instructions. False where that takes a session of its own."""
        if not self.may_say_nothing:
            return False  # Gemini Live would take them for words of its own
        instructed = self._instructed(instructions)
        if self._agent is not None and self._agent.instructions != instructed:
            await self._agent.update_instructions(instructed)
        return True

    def _instructed(self, instructions: str) -> str:
        """Instructions with what is to be said of openings, where their sound is kept."""
        wanted = self._openings.are_kept and instructions
        return f"{instructions}\n\n{INSTRUCTION}" if wanted else instructions

    def take(self, line: Line) -> None:
        """Hear the caller and be heard, on a line that no other session has."""
        self._line = line
        if self.stack.has_voice:
            if line.ring.is_open:
                self._turns.replays()
            line.attach(self.session)

    async def leave(self) -> Leftover:
        """Fall silent, let go of the line and say what is owed. Bounded by 0.3 s, and at once where nothing is being said."""
        self._leaving = self.owed.is_left = True
        self._unanswered.close()
        self._watch.close()
        lines = self.owed.lines()
        if self._watch.is_speaking:  # its end never came
            self.owed.whole = False
        # Paused by the caller's voice we count as listening, with the rest of the sentence still in the loudspeaker.
        if self.session.agent_state == "speaking" or self._turns.is_heard():
            with contextlib.suppress(TimeoutError, RuntimeError):
                await asyncio.wait_for(asyncio.shield(self.session.interrupt(force=True)), HUSH_SECONDS)
        if self._line is not None:
            self._line.detach()
        left = self.owed.left(self.history, self._cut, lines=lines)
        return replace(left, broken_off=self._broken_off.take())

    def change(self, stack: Stack) -> cascade.Change:
        """Go on with another cascade's models, in the running session; what was replaced is the caller's to close.

        A new ear hears once more what nobody has answered. Raises ValueError where that takes a session of its own.
        """
        if not isinstance(self._models, cascade.Cascade) or not stack.is_cascade:
            raise ValueError("a model that hears and speaks has a session of its own")
        change = self._models.change(stack)
        self.stack = stack
        self._watch.renew()
        if change.arguments and self._agent is not None:
            if "stt" in change.arguments and self._line is not None and self._line.ring.is_open:
                with contextlib.suppress(RuntimeError):  # it has not begun yet: nothing was heard
                    self.session.clear_user_turn()
            self._agent.update_options(**change.arguments)
            if "stt" in change.arguments and self._line is not None:
                if self._line.ring.is_open:
                    self._turns.replays()
                self._line.replay()
        self._spares.changed()
        return change

    async def aclose(self) -> None:
        """End the session, close the vendors' sockets and book what they are still owed."""
        self._leaving = True
        self._broken_off.forget()
        self._unanswered.close()
        self._watch.close()
        await self._openings.aclose()
        closing = asyncio.create_task(self.session.aclose(), name="session.close")
        try:
            # A tool that runs holds the session up by seconds; the vendors' sockets do not wait for it.
            await asyncio.wait({closing}, timeout=CLOSE_SECONDS)
            await self._models.aclose()
            await closing
        finally:
            await self._meter.aclose()

    # -- speech --------------------------------------------------------------------------------------------

    def say(self, text: str, *, owed: bool = True, followed: Sequence[Followed] = ()) -> SpeechHandle:
        """Speak a line of our own. It is part of the conversation and can be interrupted.

        `owed`: a successor says what was not heard of it, and `followed` are told who does.
        """
        if self._models.speaks_lines:
            speech = self.session.say(text, allow_interruptions=True)
        else:
            speech = self.session.generate_reply(instructions=VERBATIM.format(text=text), tool_choice="none")
        if owed:
            self.owed.line(speech, OwnLine(text, tuple(followed)))
        for each in followed:
            each.said_by(speech, verbatim=self._models.speaks_lines, aloud=self.stack.has_voice)
        return speech

    def fill(self, line: str) -> SpeechHandle:
        """Break a silence in which a tool runs. No successor says it.

        Nor does a language model know of it: it is given the result behind the call, and would read this behind both, as
        its answer.
        """
        if self._models.speaks_lines:
            return self.session.say(line, allow_interruptions=True, add_to_chat_ctx=False)
        return self.say(line, owed=False)

    def reply(self, user_input: str | None = None, *, instructions: str | None = None) -> SpeechHandle:
        """Let the model answer, to what was typed or to what already stands in the history."""
        self.owed.turn_left()
        if user_input:
            self._turns.asked = llm.ChatMessage(role="user", content=[user_input])
        return self.session.generate_reply(
            user_input=user_input if user_input is not None else NOT_GIVEN,
            instructions=instructions if instructions is not None else NOT_GIVEN,
        )

    def once_more(self) -> None:
        """Ask for what failed once more: lines of ours, else the answer that is owed."""
        if failed := self.owed.forget_failed():
            text, followed = joined(failed)
            self.say(text, followed=followed)
        elif self.owed.answer and self.session.agent_state != "speaking":
            self.reply()

    def _answer_after_all(self) -> None:
        log.info("answer.dropped", extra={"stack": self.stack.name})
        asked = self._turns.asked
        self.reply((asked.text_content if asked is not None else None) or None)

    @property
    def is_broken_off(self) -> bool:
        """Whether the caller's newest turn kept something from being heard, and what it is is known."""
        return bool(self._broken_off.text)

    def go_on(self) -> bool:
        """Say the rest of what a murmur broke off; whether there is one."""
        rest = self._broken_off.take()
        if rest.text:
            self.say(rest.text, followed=rest.followed)
        return bool(rest.text)

    def was_broken_off(self, line: OwnLine) -> None:
        """Know what the session before it was saying when the caller's newest turn, which this one hears, broke it off."""
        self._broken_off.cut(line)

    async def hush(self) -> None:
        """Stop speaking."""
        await self.session.interrupt(force=True)

    # -- the conversation ----------------------------------------------------------------------------------

    @property
    def history(self) -> llm.ChatContext:
        """The conversation as the model knows it, without instructions."""
        if self._agent is None:
            return llm.ChatContext.empty()
        return session_history.conversation(self._agent, self._turns.asked)

    @property
    def said(self) -> str:
        """The caller's words of the newest turn, as far as they are written down. A realtime model's are at times late."""
        return self._turns.said(self.history)

    @property
    def may_say_nothing(self) -> bool:
        """Whether a model's answer may be empty. Of one of Gemini Live's nothing is sent, as if the vendor were dead."""
        speaks = self.stack.parts.get("speech_to_speech")
        return speaks is None or speaks.service != "gemini-live"

    async def remember(self, *items: llm.ChatItem) -> None:
        """Add to the history what happened without the model."""
        if self._agent is not None:
            await session_history.remember(self._agent, *items)

    async def forget(self) -> None:
        """Drop what was said until now: it is another conversation."""
        if self._agent is not None:
            await session_history.forget(self._agent)

    async def offer(self, tools: list[llm.Tool]) -> None:
        """Give the model more tools."""
        if self._agent is not None:
            await self._agent.update_tools([*self._agent.tools, *tools])

    @property
    def tools(self) -> list[llm.Tool]:
        """What the model may call."""
        return list(self._agent.tools) if self._agent is not None else []  # type: ignore[arg-type]

    async def shorten_history(self) -> None:
        """Put old turns into words where it pays; while a turn is on its way nothing is touched."""
        if self._agent is not None and not self._leaving:
            await session_history.shorten(self._agent, keeps_spoken_turns=self.keeps_spoken_turns)

    def think_ahead(self, allowed: bool) -> None:
        """Allow or stop answers that are prepared before the turn ends. A turn that answers us needs none."""
        self.session.options.preemptive_generation["enabled"] = allowed

    def while_speaking(self, callback: Callable[[], None]) -> None:
        """Call this for each piece of a voice's sound, also behind one that failed in the middle of what it said."""
        self._spares.on_sound = callback

    def on(self, event: Any, callback: Callable[[Any], None]) -> None:
        """Listen to an event of the session, until it leaves."""

        def while_it_serves(payload: Any) -> None:
            if not self._leaving or event == "conversation_item_added":
                callback(payload)

        self.session.on(event, while_it_serves)

    # -- the caller's turns --------------------------------------------------------------------------------

    @property
    def turn_ended(self) -> asyncio.Event:
        """Set at the first turn that ends in this session."""
        return self._turns.one_ended

    def on_turn_taken(self) -> None:
        """The turn was dealt with by the call. What was to be answered before it, it has put an end to."""
        self._turns.on_turn_taken()

    def on_change(self) -> None:
        """What the turn asks for is being done, so a successor is told how it went and does not hear the turn again.

        A vendor may call a tool before it has written the turn's words down, and die between the two. «Undo that»,
        heard twice, is two requests.
        """
        self._turns.settle()

    # -- what the session tells ----------------------------------------------------------------------------

    def _on_agent_state(self, event: AgentStateChangedEvent) -> None:
        if event.new_state == "speaking":
            self._marks.playing()
            self._turns.we_speak()
            self._broken_off.forget()
        elif self.is_quiet:
            self._openings.paused()

    def _on_item(self, event: Any) -> None:
        item = event.item
        if not isinstance(item, llm.ChatMessage):
            return
        if item.role == "user":
            self._turns.asked = None
        if item.role == "user" and item.text_content:
            self._turns.settle()
        elif item.role == "assistant" and (self._leaving or (item.interrupted and self.is_closing)):
            self._cut = item.text_content or ""
        elif item.role == "assistant":
            self._turns.settle()
            is_known = item.interrupted and self.owed.whole
            rest = unheard(self.owed.known, item.text_content or "") if is_known else ""
            self._broken_off.cut(OwnLine(rest))
            self.owed.answered()

    def _on_tools(self, event: FunctionToolsExecutedEvent) -> None:
        if event.has_tool_reply:
            self.owed.turn_left()
            self._thinks()

    def _thinks(self) -> None:
        self.on_thought()

    def _on_error(self, event: ErrorEvent) -> None:
        session_errors.tell(event, self._watch, waits_for_turn=self.waits_for_turn)

    async def _words(self) -> str:
        """The words of the turn that has just ended; empty when nobody wrote them down in time."""
        if isinstance(self._models, cascade.Cascade):
            return ""
        # Longer than a vendor that says nothing at all is waited for: its successor shall hear the answer.
        return await self._models.words(self.patience.generation)
