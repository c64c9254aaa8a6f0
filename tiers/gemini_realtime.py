"""The plugin's model of Gemini Live, so used that turns are found, held back and written down on this side.

The vendor is told when a turn begins and ends, and is sent what the caller says and not the silence around it: all that
a session holds is paid again with every turn. A session cannot be resumed, since for that the vendor would keep what
was said for a day; a new one is told the conversation in words.
"""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from collections import deque
from typing import Any, Final

from google.genai import types
from google.genai.live import AsyncSession
from livekit import rtc
from livekit.agents import NOT_GIVEN, NotGivenOr, llm, stt, utils
from livekit.agents.utils import is_given
from livekit.plugins.google.realtime import RealtimeModel
from livekit.plugins.google.realtime.realtime_api import RealtimeSession
from typing_extensions import override

from tiers.gemini_watch import GeminiWatch
from tiers.google_client import http_options, speak_plainly
from tiers.settings import VendorSettings
from tiers.turn_ear import TurnEar

LEAD_SECONDS: Final = 1.0
"""How long sound is kept that came before the detector said that somebody speaks."""
FIRST_LEAD_SECONDS: Final = 3.0
"""The same before the first turn: it may have been spoken before we joined, and the detector is still being loaded."""
TRIGGER_TOKENS: Final = 12_000
"""From here on the oldest of the conversation is dropped; instructions and tools have some 3,000 of them."""
TARGET_TOKENS: Final = 8_000
CLOSE_SECONDS: Final = 1.0
CLIENT_EVENT: Final = "gemini_client_event"
SERVER_EVENT: Final = "gemini_server_event"

_ORDER: Final = "<instructions>\n{content}\n</instructions>"
"""The plugin's own wrapping of an order (1.8.9): the vendor has no role for one in a conversation."""


class GeminiRealtimeModel(RealtimeModel):
    """Makes sessions that have an ear of their own. `recogniser` is that ear's; it is closed by who made it."""

    def __init__(
        self,
        settings: VendorSettings,
        *,
        model: str,
        call_id: str,
        recogniser: stt.STT[Any],
        **arguments: Any,
    ) -> None:
        super().__init__(
            model=model,
            api_key=settings.key("google"),
            language="en-US",
            http_options=http_options(settings, call_id=call_id),
            realtime_input_config=types.RealtimeInputConfig(
                automatic_activity_detection=types.AutomaticActivityDetection(disabled=True)
            ),
            context_window_compression=types.ContextWindowCompressionConfig(
                trigger_tokens=TRIGGER_TOKENS,
                sliding_window=types.SlidingWindow(target_tokens=TARGET_TOKENS),
            ),
            # A question of the gate's is no answer of the model's: a result may ask for silence only so.
            tool_behavior=types.Behavior.NON_BLOCKING,
            **arguments,
        )
        self.settings: Final = settings
        self.recogniser: Final = recogniser
        self.watch: GeminiWatch | None = None
        """Sees the events of every session that is made from now on."""
        self._open_sessions: weakref.WeakSet[GeminiSession] = weakref.WeakSet()

    @override
    async def aclose(self) -> None:
        """Close the sessions too that nobody closes: livekit forgets one whose start was broken off."""
        open_ones = [session.aclose() for session in list(self._open_sessions)]
        await asyncio.gather(*open_ones, return_exceptions=True)
        await super().aclose()

    @override
    def session(self, *, turn_detection_disabled: bool = False) -> GeminiSession:
        session = GeminiSession(self)
        self._sessions.add(session)
        self._open_sessions.add(session)
        return session

    def caller_speaks(self, speaking: bool) -> None:
        """Hear from the detector that the caller began or ceased to speak."""
        for session in self._open_sessions:
            session.caller_speaks(speaking)

    async def words(self, within: float) -> str:
        """The words of the turn that has just ended; empty where nobody wrote them down in so many seconds."""
        for session in self._open_sessions:
            return await session.ear.words(within)
        return ""


class GeminiSession(RealtimeSession):
    """One session of the plugin's, told of turns by the detector."""

    def __init__(self, model: GeminiRealtimeModel) -> None:
        super().__init__(model)
        speak_plainly(self._client, model.settings)
        self._watch = model.watch
        self.clock = asyncio.get_running_loop().time
        self._speaking = False
        self._had_a_turn = False
        self._answers_sound = False
        self._lead: deque[tuple[float, rtc.AudioFrame]] = deque()
        self._item_id = utils.shortuuid("GI_")
        self._issued: set[str] = set()
        """Calls that the vendor has made."""
        model.recogniser.on("error", self._ear_failed)
        self._recogniser = model.recogniser
        self.ear = TurnEar(model.recogniser, on_words=self._on_words, on_turn=self._on_turn)

    # -- the caller's sound

    def caller_speaks(self, speaking: bool) -> None:
        """Hear that the caller began or ceased to speak. While an answer comes, only an interruption begins a turn."""
        self._speaking = speaking
        if not speaking:
            return
        self.ear.begin()
        if self._in_user_activity:
            self._send_lead()
        elif not self._is_answered:
            self.start_user_activity()

    @override
    def push_audio(self, frame: rtc.AudioFrame) -> None:
        self.ear.push(frame)
        if self._in_user_activity and self._speaking:
            super().push_audio(frame)
            return
        now = self.clock()
        self._lead.append((now, frame))
        kept = LEAD_SECONDS if self._had_a_turn else FIRST_LEAD_SECONDS
        while not self._speaking and self._lead[0][0] <= now - kept:
            self._lead.popleft()

    @override
    def start_user_activity(self) -> None:
        """The turn begins, with what was said of it by now."""
        if not self._in_user_activity:
            super().start_user_activity()
        if self._speaking:
            self._send_lead()

    @override
    def commit_audio(self) -> None:
        """The turn is over; the vendor hears of it when it is to answer."""
        self._had_a_turn = True
        super().start_user_activity()
        self._send_lead()
        self.ear.commit()

    @override
    def clear_audio(self) -> None:
        """Nothing can be taken back."""

    def _send_lead(self) -> None:
        for _, frame in self._lead:
            super().push_audio(frame)
        self._lead.clear()

    @property
    def _is_answered(self) -> bool:
        """Whether an answer is on its way."""
        generation = self._current_generation
        return self._pending_generation_fut is not None or (generation is not None and not generation._done)

    # -- the caller's words

    def _on_words(self, text: str, final: bool) -> None:
        if self._watch is not None:
            self._watch.heard(text, final)
        self._tell_words(text, final=False)

    def _on_turn(self, text: str) -> None:
        item_id, self._item_id = self._item_id, utils.shortuuid("GI_")
        if text:
            # The vendor has heard it: it is not to be told again in words.
            self._chat_ctx.add_message(role="user", content=text, id=item_id)
        self._tell_words(text, final=True, item_id=item_id)

    def _tell_words(self, text: str, *, final: bool, item_id: str = "") -> None:
        self.emit(
            "input_audio_transcription_completed",
            llm.InputTranscriptionCompleted(
                item_id=item_id or self._item_id, transcript=text, is_final=final
            ),
        )

    def _ear_failed(self, error: stt.STTError) -> None:
        self.emit("error", error)

    # -- answers

    @override
    def generate_reply(
        self,
        *,
        instructions: NotGivenOr[str] = NOT_GIVEN,
        tool_choice: NotGivenOr[llm.ToolChoice] = NOT_GIVEN,
        tools: NotGivenOr[list[llm.Tool]] = NOT_GIVEN,
    ) -> asyncio.Future[llm.GenerationCreatedEvent]:
        if self._main_atask.done():  # the library would wait 5 s for an answer
            over: asyncio.Future[llm.GenerationCreatedEvent] = asyncio.get_running_loop().create_future()
            over.set_exception(llm.RealtimeError("the session is over"))
            return over
        # The end of a spoken turn is answered by itself; a turn in words besides would interrupt the answer.
        self._answers_sound = self._in_user_activity and not (is_given(instructions) and instructions)
        try:
            return super().generate_reply(instructions=instructions)
        finally:
            self._answers_sound = False

    @override
    def _send_client_event(self, event: Any) -> None:
        if self._answers_sound and isinstance(event, types.LiveClientContent):
            return
        self.emit(CLIENT_EVENT, event)
        if self._watch is not None:
            self._watch.client_event(event)
        super()._send_client_event(event)

    @override
    def update_options(self, **options: Any) -> None:
        """Without the plugin's warning that «none» is emulated: every line of ours would log it."""
        if "tool_choice" in options:
            self._opts.tool_choice = options.pop("tool_choice")
        if options:
            super().update_options(**options)

    @override
    async def update_chat_ctx(self, chat_ctx: llm.ChatContext) -> None:
        """Tell the vendor what is new. What it is to forget it can forget only with its session."""
        if self._main_atask.done():
            raise llm.RealtimeError("the session is over")
        told = llm.ChatContext([self._tellable(item) for item in chat_ctx.items])
        if self._chat_ctx.messages() and not told.messages():
            self._chat_ctx = told
            self._mark_restart_needed()
            return
        # What our side dropped to save money stays: the vendor drops old turns by itself.
        there = self.chat_ctx.items
        known = {item.id for item in there}
        told.items = [*there, *(item for item in told.items if item.id not in known)]
        await super().update_chat_ctx(told)

    def _tellable(self, item: llm.ChatItem) -> llm.ChatItem:
        """An item as the vendor can be told it: it knows no system's messages, and results of its own calls only."""
        if isinstance(item, llm.ChatMessage) and item.role in ("system", "developer"):
            text = _ORDER.format(content=item.text_content or "")
            return llm.ChatMessage(id=item.id, role="user", content=[text], created_at=item.created_at)
        if isinstance(item, llm.FunctionCallOutput) and item.call_id not in self._issued:
            text = _ORDER.format(content=f"{item.name} was carried out, with the result: {item.output}")
            return llm.ChatMessage(id=item.id, role="user", content=[text], created_at=item.created_at)
        return item

    @override
    def _build_connect_config(self) -> types.LiveConnectConfig:
        config = super()._build_connect_config()
        config.generation_config = None  # it holds nothing of ours, and google-genai warns of the field
        config.session_resumption = None
        config.input_audio_transcription = None
        return config

    # -- what comes

    @override
    def _report_connection_acquired(self, acquire_time: float) -> None:
        super()._report_connection_acquired(acquire_time)
        self._issued.clear()
        if self._watch is not None:
            self._watch.connected()

    @override
    async def _recv_task(self, session: AsyncSession) -> None:
        receive = session.receive

        async def overheard() -> Any:
            async for message in receive():
                for call in (message.tool_call.function_calls or []) if message.tool_call else []:
                    self._issued.add(call.id or "")
                self.emit(SERVER_EVENT, message)
                if self._watch is not None:
                    self._watch.server_event(message)
                yield message

        session.receive = overheard  # type: ignore[method-assign]
        await super()._recv_task(session)

    @override
    def _handle_input_speech_started(self) -> None:
        """Speech is found on this side. The plugin says so of each answer that nobody asked for, as after a tool, to
        end what is being said: here that would tell the vendor of a turn, and so end the answer itself.
        """

    @override
    def _handle_go_away(self, go_away: types.LiveServerGoAway) -> None:
        """The call renews the session in its next pause, and loses nothing; the plugin would drop what is being said."""

    @override
    def _emit_error(self, error: Exception, recoverable: bool) -> None:
        if self._watch is not None:
            self._watch.failed(error)
        super()._emit_error(error, recoverable)

    @override
    async def aclose(self) -> None:
        """End the session; a dead socket is not waited for, and why it died was told already."""
        self._recogniser.off("error", self._ear_failed)
        closing = asyncio.ensure_future(
            asyncio.gather(self.ear.aclose(), super().aclose(), return_exceptions=True)
        )
        await asyncio.wait({closing}, timeout=CLOSE_SECONDS)
        if not closing.done():
            closing.cancel()
            self._main_atask.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await closing
