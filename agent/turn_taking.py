"""The caller's turns: each is numbered and given to what waits for one; what is left is a model's to answer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

from livekit.agents import UserInputTranscribedEvent, UserStateChangedEvent, llm

from agent import persona
from agent.answers import Answer
from agent.call_back import GoOnQuestion
from agent.consent import ConsentQuestion, may_mean_stop, wish_about_transcript
from agent.ending import Ending
from agent.erasure import AccountErasure, wants_erasure
from agent.gate import By
from agent.goodbye import is_goodbye
from agent.last_words import say_last
from agent.murmurs import MURMUR_SECONDS, is_murmur
from agent.no_more_calls import wants_no_more_calls
from agent.phrase_match import words
from agent.questions import Questions
from agent.spelling import SHORT_SECONDS, Spelling
from agent.survey import Survey
from agent.tier_session import TierSession

log = logging.getLogger("agent.turn_taking")


class TurnTaking:
    """Deals with the turns that are for the call itself: answers, consent, erasure, goodbye."""

    def __init__(
        self,
        consent: ConsentQuestion,
        erasure: AccountErasure,
        go_on: GoOnQuestion,
        *,
        questions: Callable[[], Questions],
        session: Callable[[], TierSession],
        end: Callable[[Ending], None],
        spawn: Callable[[Coroutine[Any, Any, Any], str], None],
        on_begun: Callable[[int, By], None] = lambda _number, _by: None,
        on_no_more_calls: Callable[[], None] = lambda: None,
        survey: Callable[[], Survey | None] = lambda: None,
    ) -> None:
        self._survey = survey
        self._on_begun = on_begun
        self.number = 0
        """That of the present turn; 0 before the first."""
        self.says_goodbye = False
        """The caller said goodbye to a model that has begun to answer it."""
        self.has_said_goodbye = False
        """The caller said goodbye, and nothing since that goes on with the call."""
        self._consent = consent
        self._erasure = erasure
        self._go_on = go_on
        self._questions = questions
        self._session = session
        self._end = end
        self._spawn = spawn
        self._on_no_more_calls = on_no_more_calls
        self.spelling = Spelling(lambda text: spawn(self._spelled(text), "call.spelled"))
        self._began_at = self._sounded = 0.0
        self._half_heard = False
        self._words_come_to_us = False
        """The words of the present turn pass `spoken`, so that what is written of it is no news."""
        self._is_to_survey = False
        """The present turn came while stars are asked for, and what is written of it is still to come."""
        self._is_unread = False
        """The present turn came without its words while stars are asked for, and no model answers it."""

    def begin(self, by: By) -> int:
        """Begin a turn; gives its number."""
        self.number += 1
        self.has_said_goodbye &= by != "key"
        log.info("turn.began", extra={"turn": self.number, "by": by})
        self._on_begun(self.number, by)
        return self.number

    def caller_state(self, event: UserStateChangedEvent) -> None:
        """Hear from the detector of speech."""
        sounding, now = event.new_state == "speaking", time.monotonic()
        self._began_at, self._sounded = (now, 0.0) if sounding else (self._began_at, now - self._began_at)
        self.spelling.caller_sounds(sounding)

    def half_heard(self) -> None:
        """Only the end of the turn that comes next was kept."""
        self._half_heard = True

    def awaits_words(self) -> bool:
        """Whether the next turn must be understood before a model answers it."""
        # What is short may be a letter that is spelled, or a murmur that has broken us off.
        may_be_spelled = self.spelling.is_open and 0 < self._sounded < SHORT_SECONDS
        may_be_murmur = self._session().is_broken_off and 0 < self._sounded < MURMUR_SECONDS
        self._is_to_survey = self._is_surveyed
        self._words_come_to_us = self.is_asking() or may_be_spelled or may_be_murmur
        return self._words_come_to_us

    def is_asking(self) -> bool:
        """Whether a «yeah» would be an answer, or a part of what is spelled."""
        return (
            self._questions().open
            or self._consent.open
            or self._go_on.open
            or self._half_heard
            or self.spelling.is_held
            or self._is_surveyed
        )

    @property
    def _is_surveyed(self) -> bool:
        return (survey := self._survey()) is not None and survey.is_open

    async def spoken(self, text: str | None) -> bool:
        """Take a spoken turn; None where its words are not known yet. True: it is dealt with."""
        if not text:  # words that are written too late for us are the model's
            self._words_come_to_us = False
        self._is_unread = text == "" and self._is_surveyed
        if text is None:
            self.begin("voice")
            return False
        if self._questions().open or self._consent.open:
            return await self.take(text, by="voice")
        if is_murmur(text) and not self.is_asking() and self._session().go_on():
            return True
        if (whole := self.spelling.take(text)) is None:
            return True
        if whole == text:
            return await self.take(text, by="voice")
        await self._spelled(whole)
        return True

    async def _spelled(self, text: str) -> None:
        """Take what was spelled, in as many turns as it took."""
        if not await self.take(text, by="voice"):
            session = self._session()
            session.reply(None if session.keeps_spoken_turns else text)

    async def take(self, text: str, *, by: By) -> bool:
        """Deal with a turn that is for the call itself. False leaves it to the model."""
        self.begin(by)
        if self._half_heard and by == "voice" and text:
            return await self._ask_whether(text)
        if (survey := self._survey()) is not None and survey.take_turn(text):
            return True
        self._hear_of_goodbye(text)
        questions = self._questions()
        began_at = self._began_at if by == "voice" and self._began_at else None
        if questions.open and await questions.take_turn(text, turn=self.number, by=by, began_at=began_at):
            self._consent.open = False
            return True
        if (line := await self._consent.take_turn(text)) is not None:
            self._session().say(line)
            return True
        if (answer := self._go_on.take_turn(text)) is not None:
            await self._go_on_or_not(answer)
            return True
        if wants_erasure(text):
            self._ask_to_erase()
            return True
        if wants_no_more_calls(text):
            self._on_no_more_calls()
            return True
        if is_goodbye(text):
            self._spawn(self._say_goodbye(), "call.goodbye")
            return True
        return False

    def written(self, event: UserInputTranscribedEvent) -> None:
        """Read the words of a turn that a model has begun to answer: some of them are for us all the same."""
        if not event.is_final or not self._session().keeps_spoken_turns:
            return
        was_unread, self._is_unread = self._is_unread, False
        to_survey, self._is_to_survey = self._is_to_survey or self._is_surveyed, False
        self.says_goodbye = False
        if was_unread and (survey := self._survey()) is not None and survey.take_turn(event.transcript):
            return
        if to_survey and not was_unread:
            return  # `take` reads them: a number of stars takes no goodbye back
        self.says_goodbye = is_goodbye(event.transcript)
        self._hear_of_goodbye(event.transcript)
        if self._words_come_to_us:
            return
        if wish_about_transcript(event.transcript) is not None or may_mean_stop(event.transcript):
            self._spawn(self.hear_of_transcript(event.transcript), "call.consent")
        elif wants_erasure(event.transcript):
            self._spawn(self._hear_of_erasure(), "call.erasure_asked")
        elif wants_no_more_calls(event.transcript):
            self._on_no_more_calls()
        elif was_unread:
            self._session().reply()

    def _hear_of_goodbye(self, text: str) -> None:
        if is_goodbye(text):
            self.has_said_goodbye = True
        elif words(text) and not is_murmur(text):
            self.has_said_goodbye = False

    async def _go_on_or_not(self, answer: Answer) -> None:
        session, thread = self._session(), self._go_on.thread
        if answer is Answer.NO:
            await session.forget()
            session.say(persona.START_ANEW)
        elif thread is not None and thread.owes_answer:
            session.reply()
        else:
            session.say(persona.GOING_ON)

    async def hear_of_going_on(self, answer: Answer) -> None:
        """Take a key for the answer."""
        self._go_on.open = False
        self.begin("key")
        await self._session().hush()
        await self._go_on_or_not(answer)

    async def hear_of_transcript(self, text: str) -> None:
        """Do what was said of the transcript, to a model that may have begun to answer it by itself, or pressed."""
        if (line := await self._consent.take_turn(text)) is not None:
            session = self._session()
            await session.hush()
            session.say(line)

    async def _hear_of_erasure(self) -> None:
        await self._session().hush()
        self._ask_to_erase()

    def _ask_to_erase(self) -> None:
        self._erasure.ask(turn=self.number)
        self._questions().ask_if_needed()

    async def _ask_whether(self, text: str) -> bool:
        """Act on no half of a turn: ask whether it is what the caller wants."""
        self._half_heard = False
        self._questions().drop()
        self._consent.open = self._go_on.open = False  # the «yes» that comes is one to this question
        session = self._session()
        if not session.keeps_spoken_turns:
            await session.remember(llm.ChatMessage(role="user", content=[text]))
        what = text[:1].lower() + text[1:].rstrip(" .!?…")
        session.say(persona.HALF_HEARD.format(what=what))
        return True

    async def _say_goodbye(self) -> None:
        over = True
        try:
            if over := await self.is_over():
                await say_last(self._session(), persona.GOODBYE)
        finally:  # also where the session has ended and says nothing any more
            if over:
                self._end("goodbye")

    async def is_over(self) -> bool:
        """Ask who has said goodbye how good the call was; False where they want to go on with it."""
        survey = self._survey()
        return survey is None or await survey.ask()
