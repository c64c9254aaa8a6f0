"""The caller's turns in one session: heard, over, left to the model or dealt with by the call, and murmurs, which are none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import TYPE_CHECKING, Final, Protocol

from livekit.agents import (
    AgentSession,
    StopResponse,
    UserInputTranscribedEvent,
    UserStateChangedEvent,
    llm,
    stt,
)
from livekit.agents.voice import SpeechHandle

from agent.broken_off import BrokenOff
from agent.early_words import EarlyWords
from agent.murmuring import Murmuring
from agent.owed import Owed
from agent.replayed import Replayed
from agent.task_agent import TaskAgent
from agent.turn_marks import TurnMarks
from tiers.end_of_turn import EndOfTurn
from tiers.open_ends import Ending
from tiers.turns import MOST_ATTEMPTS
from tiers.vendor_watch import VendorWatch

if TYPE_CHECKING:
    from agent.ring import Ring

ENDS_SECONDS: Final = 0.15
"""How long final words wait for the end of what they were said over; measured 2–14 ms."""


class Models(Protocol):
    """A session's models, as far as they hear the caller."""

    @property
    def end_of_turn(self) -> EndOfTurn:
        """What decides that a turn is over."""

    def caller_speaks(self, speaking: bool) -> None:
        """Hear that the caller began or ceased to speak."""


class SessionTurns:
    """Hears of the caller what a session's agent, its ears and its detector of speech tell.

    `ring`: what keeps the caller's sound, where the session has a line. `agent`: who runs in the session, once it
    begins. `has_left`: whether the session was replaced. `on_thought`: called when an answer is the model's to give.
    """

    def __init__(
        self,
        session: AgentSession[None],
        models: Models,
        owed: Owed,
        broken_off: BrokenOff,
        watch: VendorWatch,
        marks: TurnMarks,
        *,
        keeps_spoken_turns: bool,
        ring: Callable[[], Ring | None],
        agent: Callable[[], TaskAgent | None],
        has_left: Callable[[], bool],
        on_thought: Callable[[], None],
    ) -> None:
        self._session = session
        self._models = models
        self._owed = owed
        self._broken_off = broken_off
        self._watch = watch
        self._marks = marks
        self._keeps_spoken_turns = keeps_spoken_turns
        self._ring = ring
        self._agent = agent
        self._has_left = has_left
        self._on_thought = on_thought
        self._murmuring = Murmuring(session, ring=ring, keeps_spoken_turns=keeps_spoken_turns)
        self._replayed = Replayed()
        self._ended: float | None = None
        """When the newest turn did, on the monotonic clock."""
        self._ended_at = 0.0
        """The same on the wall's clock."""
        self._overheard = self._overheard_since = ""
        """Final words of an ear beside the model: of the turn that ended last, and since."""
        self._owed_turns = 0
        """How many turns had been left to the model when the last one ended."""
        self._voiced: SpeechHandle | None = None
        """What we say or said last."""
        self.asked: llm.ChatMessage | None = None
        """A turn that the model is to answer; the library puts it into the history when the answer begins."""
        self.one_ended = asyncio.Event()
        """Set at the first turn that ends in this session."""

    def said(self, history: llm.ChatContext) -> str:
        """The caller's words of the newest turn, as far as they are written down. A realtime model's are at times late."""
        message = next((item for item in reversed(history.messages()) if item.role == "user"), None)
        is_late = self._keeps_spoken_turns and (message is None or message.created_at < self._ended_at)
        return self._overheard if is_late or message is None else message.text_content or ""

    def settle(self) -> None:
        """The newest turn is seen to: no successor is to hear it again."""
        if (ring := self._ring()) is not None and self._ended is not None:
            ring.settle(self._ended)

    # -- what the session and its ears tell ----------------------------------------------------------------

    def replays(self) -> None:
        """What nobody has answered is sent to the ear once more, in one burst."""
        self._replayed.begins()

    def we_speak(self) -> None:
        """Our voice begins to be heard."""
        self._voiced = self._session.current_speech

    def written(self, event: UserInputTranscribedEvent) -> None:
        """Take words of the caller that the session got."""
        self._watch.heard(event.transcript, final=event.is_final)
        if not self._models.end_of_turn.overheard:  # else the model tells a turn's words when it is over
            self._turn_written(event.transcript, final=event.is_final)
        if event.transcript.strip():
            self._replayed.hears()

    def overhear(self, text: str, final: bool) -> None:
        """Take what an ear beside the model wrote: it is for the end of the turn and for murmurs alone."""
        if self._has_left() or (agent := self._agent()) is None or not text:
            return
        self._watch.overheard(text, final=final)
        # «Delete the milk. Thank you.» is no murmur, nor is the «yes» to what the model has just asked.
        asks = self._owed.whole and self._owed.known.rstrip().endswith("?")
        is_whole_turn = not self._models.end_of_turn.has_heard and not asks
        if is_whole_turn and agent.takes_for_murmur(text):
            if final:
                self._murmuring.written()
            return
        self._murmuring.more_was_written()
        if final:
            self._overheard_since = f"{self._overheard_since} {text}".strip()
        self._turn_written(text, final=final)

    def caller_state(self, event: UserStateChangedEvent) -> None:
        """Hear from the detector of speech that the caller began or ceased to speak."""
        speaking = event.new_state == "speaking"
        aside = self._murmuring.sounds(event, over_ours=self.is_heard)
        self._models.end_of_turn.sounds(speaking, aside=aside)
        self._models.caller_speaks(speaking)
        self._watch.caller_speaks(speaking)
        self._replayed.sounds(speaking)
        if (ring := self._ring()) is not None:
            ring.speaks(speaking)

    def _turn_written(self, text: str, *, final: bool) -> None:
        self._models.end_of_turn.heard(text, final=final)
        if final:
            self._marks.mark("words", again=True)

    # -- what its agent asks and tells ---------------------------------------------------------------------

    async def whole_turn(self, text: str) -> str | None:
        """The words of a turn; None when more of it is on its way."""
        return await self._replayed.whole(text)

    def on_turn_ended(self) -> None:
        """A turn is over. One that a session finds after it was replaced is its successor's."""
        if self._has_left():
            raise StopResponse
        self._ended, self._ended_at = time.monotonic(), time.time()
        self._overheard, self._overheard_since = self._overheard_since, ""
        self._owed_turns = self._owed.turns
        self._marks.mark("ended", again=True)
        self.one_ended.set()

    def on_turn_left(self, text: str | None) -> None:
        """The turn is the model's to answer; None where its words are not known yet."""
        self._broken_off.judged()
        self._owed.turn_left()
        self._on_thought()
        self.asked = llm.ChatMessage(role="user", content=[text]) if text else None
        if text is not None:
            self.settle()

    def on_turn_taken(self) -> None:
        """The turn was dealt with by the call. What was to be answered before it, it has put an end to."""
        self._broken_off.judged()
        if self._owed.turns == self._owed_turns:
            self._owed.answered()
        self.settle()

    def is_heard(self) -> bool:
        """Whether we are in the middle of saying something, also where the caller's voice has made us pause."""
        speech = self._session.current_speech
        return speech is not None and speech is self._voiced and not (speech.interrupted or speech.done())

    def early(self, events: AsyncIterable[stt.SpeechEvent]) -> AsyncIterator[stt.SpeechEvent]:
        """The ear's events, with interim words that are likely to be all as early ones among them."""
        return EarlyWords(self._models.end_of_turn, self._begins_ahead).among(events)

    def _begins_ahead(self) -> bool:
        """Whether livekit would begin an answer before the turn is over."""
        speech = self._session.current_speech
        is_silent = speech is None or speech.interrupted
        return is_silent and bool(self._session.options.preemptive_generation["enabled"])

    async def on_written(self, words: str, *, final: bool) -> None:
        """Final words end what we are saying, at once, and what was heard of it is in the history before they are.

        An answer is begun ahead only where they do not lead on: to «Can you» and «Are you open on» nobody wants one, and
        its voice would be paid for. livekit (1.8) ends what we say for the same words a moment later: too late for the
        answer to be begun ahead, or from a history that changes under it, so that it is begun anew when the turn is over.
        """
        leads_on = self._models.end_of_turn.ending_with(words) is Ending.OPEN
        self._session.options.preemptive_generation["max_retries"] = 0 if leads_on else MOST_ATTEMPTS
        if not final:
            self._marks.mark("early", again=True)
        speech = self._session.current_speech
        if final and speech is not None and self.is_heard() and speech.allow_interruptions:
            speech.interrupt(source="user_turn")
            ends = asyncio.ensure_future(speech.wait_for_playout())
            await asyncio.wait([ends], timeout=ENDS_SECONDS)

    def on_murmur(self, text: str, *, final: bool) -> None:
        """The caller murmured over us: the ear works, and where it has made us pause we go on at once."""
        self._watch.heard(text, final=final)
        if final:
            self._murmuring.written()

    def on_words(self, piece: str) -> None:
        """Words of an answer are on their way to the caller."""
        self._owed.known += piece

    def on_words_over(self) -> None:
        """No more words of an answer come: it is over, or its vendor is gone."""
        self._owed.whole = True
