"""What a call owes somebody who only hears: it greets again on silence, asks whether they are there, and ends in the end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from livekit import rtc
from livekit.agents import AgentStateChangedEvent, UserInputTranscribedEvent, UserStateChangedEvent

from agent import persona
from agent.ending import Ending
from agent.last_words import say_last
from agent.questions import Questions
from agent.serving import Serving
from agent.silence import Silence, SilencePatience
from agent.tier_session import TierSession
from agent.turn_taking import TurnTaking

log = logging.getLogger("agent.phone_manners")


class PhoneManners:
    """Watches the two sides of one telephone call. Nothing happens before `open`."""

    def __init__(
        self,
        room: rtc.Room,
        patience: SilencePatience,
        *,
        turns: TurnTaking,
        questions: Callable[[], Questions],
        session: Callable[[], TierSession],
        greeting: Callable[[], str],
        is_busy: Callable[[], bool],
        end: Callable[[Ending], None],
        spawn: Callable[[Coroutine[Any, Any, Any], str], None],
    ) -> None:
        self._room = room
        self._turns = turns
        self._questions = questions
        self._session = session
        self._greeting = greeting
        self._end = end
        self._spawn = spawn
        self._silence = Silence(
            patience,
            is_busy=is_busy,
            on_ask=lambda number: self._spawn(self._ask(number), "call.still_there"),
            on_gone=lambda: self._spawn(self._let_go(), "call.silent"),
        )

    def open(self, serving: Serving) -> None:
        """Begin to watch whatever serves."""
        serving.on("agent_state_changed", self._on_us)
        serving.on("user_state_changed", self._on_them)
        serving.on("user_input_transcribed", self._on_words)
        self._room.on("sip_dtmf_received", self._on_key)
        self._turns.spelling.open()
        # A session listens already, and one that goes on with a call may have nothing to say of which it would tell.
        self._silence.we(self._session().session.agent_state)

    def close(self) -> None:
        """Watch no more. Safe to call without `open`."""
        self._silence.close()
        self._turns.spelling.close()
        self._room.off("sip_dtmf_received", self._on_key)

    async def _ask(self, number: int) -> None:
        log.info("call.still_there", extra={"count": number})
        session = self._session()
        if self._questions().ask_again():
            return
        if self._turns.number == 0:  # they may have heard nothing until now
            session.say(self._greeting())
        else:
            session.say(persona.STILL_THERE)

    async def _let_go(self) -> None:
        log.info("call.silent")
        session, goes_on = self._session(), False
        try:
            await session.hush()
            await say_last(session, persona.NOBODY_HEARD)
            if goes_on := self._silence.goes_on():  # the line has called them back
                log.info("call.not_silent")
        finally:  # also where the session has ended and says nothing any more
            if not goes_on:
                self._end("silent")

    def _on_us(self, event: AgentStateChangedEvent) -> None:
        self._silence.we(event.new_state)

    def _on_them(self, event: UserStateChangedEvent) -> None:
        self._silence.caller_sounds(event.new_state == "speaking")

    def _on_words(self, event: UserInputTranscribedEvent) -> None:
        if event.transcript.strip():
            self._silence.heard()

    def _on_key(self, _press: rtc.SipDTMF) -> None:
        self._silence.heard()
