"""The plugin's realtime model, so used that a conversation costs what it must.

The vendor bills every reply for the whole conversation before it: little for a beginning that it has cached, in full
for everything behind the first difference. And it bills the whole input buffer of a turn, silence included.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import weakref
from collections import deque
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final

from livekit import rtc
from livekit.agents import NOT_GIVEN, APIError, NotGivenOr, llm, stt, utils
from livekit.agents.utils import is_given
from livekit.plugins.openai import realtime
from openai.types.realtime import (
    ConversationItemCreateEvent,
    InputAudioBufferCommitEvent,
    RealtimeConversationItemFunctionCall,
    RealtimeConversationItemSystemMessage,
)
from openai.types.realtime.realtime_conversation_item_system_message import Content
from typing_extensions import override

from tiers.committed_turns import CommittedTurns
from tiers.ear import Ear
from tiers.realtime_watch import RealtimeWatch
from tiers.tool_arguments import as_sent

LEAD_SECONDS: Final = 1.5
"""How long sound is kept that came before the detector said that somebody speaks: it is 0.1–0.3 s late, over one on a busy
machine. Counted from when it came, not by its length: what a browser recorded before we joined comes in one burst."""

CLOSE_SECONDS: Final = 1.0

REPORT_SECONDS: Final = 0.5
"""How long a vendor may take to say what a reply came to that was cut off by the end of its session."""

_ORDER: Final = "order_"


class ThriftyRealtimeModel(realtime.RealtimeModel):
    """The plugin's model, with sessions that send what the caller says and not the silence around it.

    They hold silence back only while turns are found on this side. Instructions for one reply are put at the end of
    the conversation: in front of it, where the plugin puts them, they would un-cache all of it twice.
    """

    def __init__(self, *, recogniser: stt.STT[Any] | None = None, **arguments: Any) -> None:
        """`recogniser`: an ear beside the model; it is closed by who made it."""
        super().__init__(**arguments)
        self.recogniser: Final = recogniser
        self.on_words: Callable[[str, bool], None] = lambda _text, _final: None
        """Gets what the ear writes while it is spoken, and whether it is final."""
        self.on_unheard: Callable[[], None] = lambda: None
        """Called when the ear hears no more."""
        self.on_ear_failed: Callable[[APIError], None] = lambda _: None
        """Called before that with what the ear's vendor ended it with."""
        self._open_sessions: weakref.WeakSet[_Session] = weakref.WeakSet()
        self.watch: RealtimeWatch | None = None
        """Sees the events of every session that is made from now on."""

    @override
    def session(self, *, turn_detection_disabled: bool = False) -> realtime.RealtimeSession:
        session = _Session(self, turn_detection_disabled=turn_detection_disabled)
        self._sessions.add(session)
        self._open_sessions.add(session)
        if self.watch is not None:
            session.on("openai_client_event_queued", self.watch.client_event)
            session.on("openai_server_event_received", self.watch.server_event)
        return session

    def caller_speaks(self, speaking: bool) -> None:
        """Hear from the detector that the caller began or ceased to speak."""
        for session in self._open_sessions:
            session.caller_speaks(speaking)

    def behind(self) -> float:
        """Seconds of sound behind the last final word of the ear; infinite where there is none."""
        return min((session.behind for session in self._open_sessions), default=math.inf)

    async def words(self, within: float) -> str:
        """The words of the turn that has just ended; empty where nobody wrote them down in so many seconds."""
        for session in self._open_sessions:
            return await session.committed.words(within)
        return ""

    @override
    async def aclose(self) -> None:
        """Close the sessions too that nobody closes: livekit forgets one whose start was broken off."""
        open_ones = [session.aclose() for session in list(self._open_sessions)]
        await asyncio.gather(*open_ones, return_exceptions=True)
        await super().aclose()


class _Session(realtime.RealtimeSession):
    def __init__(self, model: ThriftyRealtimeModel, *, turn_detection_disabled: bool) -> None:
        super().__init__(model, turn_detection_disabled=turn_detection_disabled)
        self._of = model
        # A vendor that finds the turns itself needs the silence for it.
        self._holds_back = turn_detection_disabled
        self.clock = asyncio.get_running_loop().time
        self._speaking = False
        # The first turn is sent whole: it may have been spoken before we joined, and the detector is still being loaded.
        self._had_a_turn = False
        self._lead: deque[tuple[float, rtc.AudioFrame]] = deque()
        self.committed = CommittedTurns()
        self._ear = (
            Ear(
                model.recogniser,
                on_words=model.on_words,
                on_unheard=model.on_unheard,
                on_failed=model.on_ear_failed,
            )
            if model.recogniser is not None
            else None
        )
        self._rests = asyncio.Event()
        self._main_atask.add_done_callback(lambda _: self._rests.set())
        self.on("openai_server_event_received", self._follow)
        # The first comes as each event is written, the second before anything is written to the new socket.
        self.on("openai_client_event_queued", self.committed.client_event)
        self.on("session_reconnected", lambda _: self.committed.reconnected())

    def _follow(self, event: dict[str, Any]) -> None:
        self.committed.server_event(event)
        if event["type"] == "response.done":
            self._rests.set()

    @property
    def behind(self) -> float:
        return self._ear.behind if self._ear is not None else math.inf

    def caller_speaks(self, speaking: bool) -> None:
        self._speaking = speaking
        if speaking:
            for _, frame in self._lead:
                super().push_audio(frame)
            self._lead.clear()

    @override
    def push_audio(self, frame: rtc.AudioFrame) -> None:
        if self._ear is not None:
            self._ear.push(frame)
        if self._speaking or not self._holds_back or not self._had_a_turn:
            super().push_audio(frame)
            return
        now = self.clock()
        self._lead.append((now, frame))
        while self._lead[0][0] <= now - LEAD_SECONDS:
            self._lead.popleft()

    @override
    def send_event(self, event: Any) -> None:
        if isinstance(event, InputAudioBufferCommitEvent):
            event.event_id = self.committed.commits()
        super().send_event(event)

    @override
    def commit_audio(self) -> None:
        self.committed.over()
        super().commit_audio()
        self._had_a_turn = True

    @override
    def generate_reply(
        self,
        *,
        instructions: NotGivenOr[str] = NOT_GIVEN,
        tool_choice: NotGivenOr[llm.ToolChoice] = NOT_GIVEN,
        tools: NotGivenOr[list[llm.Tool]] = NOT_GIVEN,
    ) -> asyncio.Future[llm.GenerationCreatedEvent]:
        if self._main_atask.done():  # the library would wait 10 s for an answer
            over: asyncio.Future[llm.GenerationCreatedEvent] = asyncio.get_running_loop().create_future()
            over.set_exception(llm.RealtimeError("the session is over"))
            return over
        if is_given(instructions) and instructions:
            self.send_event(
                ConversationItemCreateEvent(
                    type="conversation.item.create",
                    event_id=utils.shortuuid("order_create_"),
                    item=RealtimeConversationItemSystemMessage(
                        id=utils.shortuuid(_ORDER),
                        type="message",
                        role="system",
                        content=[Content(type="input_text", text=instructions)],
                    ),
                )
            )
        return super().generate_reply(tool_choice=tool_choice, tools=tools)

    @override
    def _handle_function_call(self, item: RealtimeConversationItemFunctionCall) -> None:
        """The plugin hands a call on also where its reply ended in the middle of it, as at the limit of tokens."""
        arguments = as_sent(item.arguments or "", is_whole=item.status != "incomplete")
        super()._handle_function_call(item.model_copy(update={"arguments": arguments}))

    @override
    async def update_chat_ctx(self, chat_ctx: llm.ChatContext) -> None:
        """Bring the vendor's conversation up to date; an order stays as long as what it stands behind."""
        if self._main_atask.done():  # the library would wait 5 s for an answer
            raise llm.RealtimeError("the session is over")
        await super().update_chat_ctx(llm.ChatContext(_with_orders(chat_ctx.items, self.chat_ctx.items)))

    @override
    async def aclose(self) -> None:
        """End the session; a dead socket is not waited for, and why it died was told already."""
        self._of._open_sessions.discard(self)
        # Beside the model: a recogniser may be slow to leave, and the model speaks, and costs, until it is stopped.
        deaf = asyncio.ensure_future(self._ear.aclose()) if self._ear is not None else None
        await self._stop()
        closing = asyncio.ensure_future(super().aclose())
        ends = {closing} if deaf is None else {closing, deaf}
        _, late = await asyncio.wait(ends, timeout=CLOSE_SECONDS)
        for each in late:
            each.cancel()
        if closing in late:
            self._main_atask.cancel()
        await asyncio.gather(*ends, return_exceptions=True)

    async def _stop(self) -> None:
        """Stop a reply that is being generated and hear what it came to: nobody tells it once the socket closes."""
        if self._main_atask.done() or not self.has_active_generation:
            return
        self._rests.clear()
        self.interrupt()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REPORT_SECONDS):
                await self._rests.wait()


def _with_orders(items: list[llm.ChatItem], there: list[llm.ChatItem]) -> list[llm.ChatItem]:
    """Put the orders that the vendor knows back into a history that never had them, each behind what it followed.

    Taken out, each would un-cache whatever came after it.
    """
    known = {item.id for item in items}
    orders = [
        (before, item) for before, item in pairwise([None, *there]) if item and item.id.startswith(_ORDER)
    ]
    kept = list(items)
    for before, item in orders:
        if item.id in known:  # livekit hands our own view back to us after a tool
            continue
        place = (
            0
            if before is None
            else next((n + 1 for n, each in enumerate(kept) if each.id == before.id), None)
        )
        if place is not None:
            kept.insert(place, item)
            known.add(item.id)
    return kept
