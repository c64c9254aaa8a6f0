"""A call: one person in one room, from join to goodbye.

It owns the conversation's tools, the gate and the caller's presence. Tier sessions serve it, one after the other;
what must survive a session lives here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from livekit import rtc
from livekit.agents import (
    AgentStateChangedEvent,
    ErrorEvent,
    FunctionToolsExecutedEvent,
    llm,
)
from livekit.agents.llm import LLMError

from agent import closing, last_words, persona
from agent.answers import Answer
from agent.attributes import CallAttributes
from agent.background import Background
from agent.call_back import CutOffCall
from agent.call_end import CallEnd
from agent.claims import correction
from agent.consent import ConsentQuestion
from agent.effects import ALL, Done
from agent.ending import CUT_OFF, Ending
from agent.erasure import AccountErasure, Erases
from agent.gate import Gate
from agent.greeting import Greeting
from agent.handing_on import LEAVING_SECONDS, HandingOn
from agent.invitation import Invitation
from agent.keys import Keys
from agent.metrics.call_metrics import CallMetrics
from agent.microphone import Microphone
from agent.new_day import new_days
from agent.no_more_calls import NoMoreCalls, OptOutKey, StopsCalls
from agent.other_servers import Offers
from agent.parking import UP_AGAIN_SECONDS, Parking
from agent.phone_manners import PhoneManners
from agent.presence import COME_WITHIN_SECONDS, Presence
from agent.promised_calls import PromisedCalls
from agent.questions import Questions
from agent.screen import Screen, Sees
from agent.screen_tool import read_screen, recall_looks
from agent.seen import Seen
from agent.serving import Serving
from agent.session_log import tell_answer, tell_error
from agent.settings import AgentSettings
from agent.short_gap import ShortGap
from agent.silence import SilencePatience
from agent.storyteller import Storyteller
from agent.survey import Survey
from agent.text_chat import TextChat, text_chat
from agent.thread import Thread
from agent.tier_session import TierSession
from agent.tool_server import ToolServer
from agent.tools import Toolbox
from agent.transcript import Transcript
from agent.turn_taking import TurnTaking
from agent.whoever_serves import WhoeverServes
from agent.whole_wish import WholeWish
from agent.written import write
from mcp_tasks.client import TaskClient
from people.user import User
from routing.outcomes import Outcomes
from tiers.diagnosis import classify

log = logging.getLogger("agent.call")

PHONE_SECONDS: Final = 0.5
"""A telephone was in the room before us: when it is not, it has just hung up."""


class Call:
    """Serves one caller until they are gone, say goodbye, or nothing can serve them any more."""

    def __init__(
        self,
        room: rtc.Room,
        invitation: Invitation,
        user: User,
        client: TaskClient,
        settings: AgentSettings,
        attributes: CallAttributes,
        transcript: Transcript,
        *,
        others: Sequence[ToolServer] = (),
        on_said: Callable[[], None] = lambda: None,
        erases: Erases | None = None,
        outcomes: Outcomes | None = None,
        metrics: CallMetrics | None = None,
        sees: Sees | None = None,
        promises: PromisedCalls | None = None,
        stops_calls: StopsCalls | None = None,
        opt_out: OptOutKey | None = None,
        leaves: CutOffCall | None = None,
        chat: TextChat | None = None,
    ) -> None:
        self._background = Background(log, "call.background_failed")
        self._spawn = self._background.spawn
        self._promised = Background(log, "call.background_failed")
        """What is finished though the call is over: a person asked for it, or agreed to it."""
        self._room = room
        self._invitation = invitation
        self._user = user
        self._attributes = attributes
        self._metrics = metrics or CallMetrics(invitation.channel)
        gate = Gate()
        self._erasure = AccountErasure(
            erases,
            gate,
            session=self._require_session,
            end=lambda: self._ends.end("erased"),
            promise=lambda erasing: self._promised.begin(erasing, "call.erasing"),
        )
        self._ours = WhoeverServes(self._require_session)
        self._wish = WholeWish(gate)
        self._seen = Seen()
        self._toolbox = Toolbox(
            ToolServer(client),
            gate,
            call_id=invitation.call_id,
            turn=lambda: self._turns.number,
            on_stuck=lambda: self._spawn(self._ours.say(persona.STUCK), "call.stuck"),
            on_change=self._on_change,
            say=self._ours.fill,
            completes_at_once=not settings.complete_asks,
            outcomes=outcomes,
            metrics=self._metrics,
            seen=self._seen,
            promises=promises,
        )
        self._offers = Offers(others, self._toolbox, session=self._require_session)
        self._screen: Screen | None = None
        if sees is not None:
            self._screen = sees(
                is_spoken=lambda: not self._require_session().is_quiet,
                on_gone=lambda: self._spawn(
                    self._ours.say_in_a_pause(persona.SCREEN_GONE), "call.screen_gone"
                ),
                on_spent=lambda: self._spawn(
                    self._ours.say_in_a_pause(persona.SIGHT_SPENT), "call.sight_spent"
                ),
                on_in_vain=lambda: self._spawn(self._ours.say_in_a_pause(persona.NO_SIGHT), "call.no_sight"),
            )
        self._read_screen = read_screen(
            self._screen,
            self._seen,
            gate,
            turn=lambda: self._turns.number,
            say=self._ours.fill,
            by_phone=invitation.channel == "phone",
        )
        self._transcript = transcript
        self._on_said = on_said
        self._outcomes = outcomes
        self._story = Storyteller(outcomes.happenings if outcomes else None, lambda: self._turns.number)
        self._ends = CallEnd(room, attributes, self._story, session=self._require_session, spawn=self._spawn)
        self._consent = ConsentQuestion(transcript)
        self._no_more = NoMoreCalls(
            user, stops_calls, self._ours, promised=self._promised, rest=self._background
        )
        self._opt_out = opt_out or OptOutKey(room, invitation)
        self._leaves = leaves
        self.greeting = Greeting(
            self._consent,
            self._ours,
            channel=invitation.channel,
            turn=lambda: self._turns.number,
            promised=self._promised,
            rest=self._background,
            fits=lambda: gate.pending is None and not self._no_more.is_wanted and not self._ends.over.done(),
        )
        """Says what is said first; whoever begins the call tells it what there is to say."""
        self._turns = TurnTaking(
            self._consent,
            self._erasure,
            self.greeting.go_on,
            on_no_more_calls=lambda: self._no_more.wanted("voice"),
            questions=lambda: self._questions,
            session=self._require_session,
            end=self._ends.end,
            spawn=self._spawn,
            on_begun=self._story.turn_began,
            survey=lambda: self._survey,
        )
        self._questions = Questions(
            room,
            gate,
            self._toolbox,
            caller_identity=invitation.identity,
            session=self._require_session,
            begin_turn=self._turns.begin,
            spawn=self._spawn,
            on_erase=lambda: self._spawn(self._erasure.carry_out(), "call.erase"),
            on_closed=self._story.question_closed,
            on_look=self._look,
        )
        self._keys = Keys(
            room,
            caller_identity=invitation.identity,
            on_answer=self._on_key_answer,
            on_help=lambda: self._spawn(self._ours.say_at_once(persona.HELP_BY_KEY), "call.help"),
            on_repeat=lambda: self._spawn(self._say_again(), "call.repeat"),
        )
        self._survey = Survey(
            self._keys.keypad,
            is_wanted=settings.phone_survey and invitation.channel == "phone" and not invitation.reminder,
            session=self._require_session,
            on_stars=self._rated,
        )
        self._manners = PhoneManners(
            room,
            SilencePatience(settings.silence_seconds),
            turns=self._turns,
            questions=lambda: self._questions,
            session=self._require_session,
            greeting=lambda: self.greeting.once_more,
            is_busy=lambda: self._toolbox.is_running,
            end=self._ends.end,
            spawn=self._spawn,
        )
        self._chat = chat or text_chat(room, invitation, settings)
        self._microphone = Microphone(room, caller_identity=invitation.identity)
        self._gap = ShortGap(self._ours, lambda: self._require_session().history)
        self._presence = Presence(
            room,
            invitation.identity,
            settings.graces(invitation.channel),
            on_away=lambda: self._spawn(self._park(), "call.park"),
            on_back=lambda: self._spawn(self._welcome_back(), "call.welcome_back"),
            on_lost=self._lost,
        )
        self._parking: Parking | None = None
        self._serving: Serving | None = None
        self._handing_on = HandingOn(self._toolbox, self._turns, lambda: self._serving)

    async def serve(
        self, serving: Serving, *, parking: Parking | None = None, thread: Thread | None = None
    ) -> Ending:
        """Serve the call; returns why it ended. `thread`: how far another worker had come with it.

        Raises TaskServerUnavailable when the task server cannot be reached at the start.
        """
        self._serving, self._parking = serving, parking
        if thread is not None:
            self._handing_on.goes_on_from(thread)
        begun = thread or self.greeting.go_on.thread
        history = begun.history if begun is not None else None
        if history is not None:
            recall_looks(history, self._seen, turn=self._turns.number)
        self._microphone.open()
        comes_within = PHONE_SECONDS if self._invitation.channel == "phone" else COME_WITHIN_SECONDS
        self._presence.watch(come_within=comes_within if thread is None else None)
        self._presence.gone.add_done_callback(lambda gone: self._gone(gone.result()))
        serving.given_up.add_done_callback(
            lambda it: self._spawn(self._ends.give_up(it.result()), "call.give_up")
        )
        self._listen(serving)
        self._chat.open()
        self._chat.hand_to(self._on_message, on_too_long=self._on_too_long)  # which wait for a session
        tools = [*await self._toolbox.load(), self._read_screen]
        zone = ZoneInfo(self._user.time_zone)
        await serving.start(
            self,
            instructions=lambda: persona.instructions(
                zone, self._invitation.channel, can_sign_in=self._user.can_sign_in
            ),
            tools=tools,
            chat_ctx=history,
        )
        self._spawn(self._tell_new_days(serving, zone), "call.new_days")
        self._handing_on.begun()
        self._questions.listen()
        self._keys.open()
        if self._screen is not None:
            self._screen.open()
        if self._invitation.channel == "phone":
            self._manners.open(serving)
        self._opt_out.answer(lambda: self._no_more.wanted("key"))
        self._spawn(self._offers.run(), "call.offer_tools")
        if not serving.session.stack.has_voice:
            self._spawn(self._go_on_without_voice(), "call.without_voice")
        self._spawn(self.greeting.say(thread), "call.first_words")
        return await self._ends.over

    async def _tell_new_days(self, serving: Serving, zone: ZoneInfo) -> None:
        async for _ in new_days(zone):
            await serving.instruct_anew()

    @property
    def turn(self) -> int:
        """The number of the present turn of the caller; 0 before the first."""
        return self._turns.number

    @property
    def thread(self) -> Thread:
        """How far the call has come."""
        return self._handing_on.thread

    async def handed_over(self) -> Thread:
        """Serve no more; gives how far the call has come, for another worker. Takes 4.3 s at most."""
        return await self._handing_on.hand_over()

    def end(self, reason: Ending) -> None:
        """End the call here."""
        self._ends.end(reason)

    def leave(self) -> None:
        """End, in a pause if one comes soon: another worker takes the call over."""
        self._spawn(self._leave(), "call.leave")

    def erased(self) -> None:
        """End: the caller was erased elsewhere."""
        if self._parking is not None and self._parking.parked:
            self._ends.end("erased")
        else:
            self._spawn(self._erasure.happened_elsewhere(), "call.erased")

    def signed_out(self) -> None:
        """End: the caller's password is another one now, and whoever talks here may be a stranger."""
        if self._parking is not None and self._parking.parked:
            self._ends.end("signed_out")
        else:
            self._spawn(self._ends.break_off(persona.SIGNED_OUT, reason="signed_out"), "call.signed_out")

    async def apologise(self, line: str, serving: Serving) -> Ending:
        """Say why the call cannot be served, and end it."""
        self._serving = serving
        await serving.start(self, instructions=str, tools=[])
        await last_words.say_last(serving.session, line)
        return "tasks_unavailable"

    async def aclose(self) -> None:
        """Leave: the session ends, and what was promised is finished. Bounded in time."""
        self._presence.stop()
        self._manners.close()
        self._questions.stop()
        await closing.close(
            self._serving,
            self._toolbox,
            promised=self._promised,
            rest=self._background,
            give_back=self._give_back,
            stop_hearing=self._stop_hearing,
            handed_over=self._handing_on.is_done,
        )

    async def _give_back(self) -> None:
        if self._parking is not None:
            await self._parking.give_back()

    async def _stop_hearing(self) -> None:
        if self._screen is not None:
            await self._screen.aclose()
        await self._survey.aclose()
        if self._room.isconnected():
            await self._chat.close()
            self._questions.close()
            self._keys.close()
            self._opt_out.close()
            self._microphone.close()

    def _listen(self, serving: Serving) -> None:
        serving.on("agent_state_changed", self._on_state)
        serving.on("function_tools_executed", self._on_tools)
        serving.on("error", self._on_error)
        serving.on("conversation_item_added", self._on_item)
        serving.on("user_input_transcribed", self._turns.written)
        serving.on("user_state_changed", self._turns.caller_state)
        self._metrics.listen(serving)
        self._story.listen(serving)

    # -- what a swap has to know ---------------------------------------------------------------------------

    async def unfinished(self) -> list[llm.ChatItem]:
        """Wait for the tools that still run in this turn; calls and outputs as a history holds them."""
        return await self._toolbox.unfinished()

    def puts_question(self) -> bool:
        """Put the question that is open and was not heard, if there is one; whether one is open."""
        return self._questions.put_again()

    def half_heard(self) -> None:
        """Only the end of the turn that comes next was kept for the successor."""
        self._turns.half_heard()

    def is_busy(self) -> bool:
        """Whether a question is open or a tool runs: no time for a change that can wait."""
        return self._questions.open or self._consent.open or self._toolbox.is_running

    def swapped(self, session: TierSession) -> None:
        """Another session serves from now on."""
        session.think_ahead(not self._questions.open)
        self._spawn(self._offers.complete(session), "call.offer_tools")
        if not session.stack.has_voice:
            self._spawn(self._go_on_without_voice(), "call.without_voice")

    async def _go_on_without_voice(self) -> None:
        """Say once that we go on in writing; a phone shows nothing, so there it ends the call."""
        if self._invitation.channel == "phone":
            recording = "no_voice" if self._user.can_sign_in else "no_voice_guest"
            await self._ends.end_with(persona.NO_VOICE, recording, reason="no_voice")
        else:
            await write(self._room, persona.NO_VOICE)

    # -- what the caller does ------------------------------------------------------------------------------

    async def on_turn(self, text: str | None) -> bool:
        """A spoken turn ended; None where a speech-to-speech model has not written its words down yet."""
        self._metrics.turn_ended()
        return await self._turns.spoken(text)

    def awaits_answer(self) -> bool:
        """Whether a question is open, so that a turn must be understood before a model answers it."""
        return self._turns.awaits_words()

    def is_asking(self) -> bool:
        """Whether a «yeah» would be an answer: a question of ours is open."""
        return self._turns.is_asking()

    def done(self) -> Done:
        """What tools did since the caller last spoke, and what waits for their yes."""
        if self._erasure.is_done:
            return Done(ALL)
        return replace(self._toolbox.done_in(self._turns.number), held=self._questions.held)

    def on_false_claim(self) -> None:
        """Break off a sentence that claims what no tool did, and say how it is."""
        log.warning("claim.broken_off", extra={"turn": self._turns.number})
        self._story.tell("correction")
        self._spawn(self._ours.say_at_once(correction(self.done())), name="call.correct")

    async def _on_message(self, text: str) -> None:
        if self._parking is not None:
            async with asyncio.timeout(UP_AGAIN_SECONDS):
                await self._parking.served()
        await self._ours.hush()
        if not await self._turns.take(text, by="text"):
            await self._ours.reply(text)

    async def _on_too_long(self) -> None:
        await self._ours.say(persona.TOO_LONG)

    def _on_key_answer(self, answer: Literal["yes", "no"]) -> None:
        if self._questions.press_key(answer):
            return
        if self.greeting.go_on.open:
            self._spawn(self._turns.hear_of_going_on(Answer(answer)), "call.go_on")
        elif self._consent.open:
            self._turns.begin("key")
            self._spawn(self._turns.hear_of_transcript(answer), "call.consent")

    async def _say_again(self) -> None:
        """Say once more what we said last."""
        await self._ours.hush()
        if self._questions.ask_again():
            return
        history = self._require_session().history
        said = [item.text_content for item in history.messages() if item.role == "assistant"]
        if said and said[-1]:
            await self._ours.say(said[-1])

    def _look(self) -> None:
        """The caller agreed that their screen is looked at."""
        if self._screen is not None:
            self._screen.allow(True)
        self._spawn(self._ours.say(persona.LOOKING), "call.looking")

    # -- what the session tells ----------------------------------------------------------------------------

    def _on_change(self) -> None:
        self._on_said()  # what was asked for is known before it is carried out
        self._require_session().on_change()

    def _on_tools(self, event: FunctionToolsExecutedEvent) -> None:
        self._on_said()
        for call, output in event.zipped():
            if output.is_error and not self._toolbox.may_correct(call.name):
                output.reply_required = False
        if (session := self._require_session()).may_say_nothing:
            self._wish.hear(event, session.said)
        if not event.has_tool_reply:
            self._questions.ask_if_needed()

    def _on_state(self, event: AgentStateChangedEvent) -> None:
        self._spawn(self._attributes.set_state(event.new_state), name="call.state")
        if event.new_state == "listening":
            if self._turns.says_goodbye and event.old_state == "speaking":
                self._turns.says_goodbye = False
                self._spawn(self._part(), "call.part")
            if self._wish.waits:
                self._spawn(self._ask_for_all(), "call.ask_for_all")
            else:
                self._questions.ask_if_needed()
            self._spawn(self._require_session().shorten_history(), name="call.shorten")
            if self._serving is not None:
                self._serving.paused()

    async def _ask_for_all(self) -> None:
        """Put the question when the model has called for all that it is to be about."""
        await self._wish.is_whole(self._require_session())
        self._questions.ask_if_needed()

    def _on_item(self, event: Any) -> None:
        item = event.item
        if not isinstance(item, llm.ChatMessage) or item.role not in ("user", "assistant"):
            return
        self._on_said()
        self._transcript.said("caller" if item.role == "user" else "assistant", item.text_content or "")
        if item.role != "assistant":
            return
        if not self._require_session().stack.has_voice and item.text_content:
            self._spawn(write(self._room, item.text_content), "call.write")
        milliseconds = tell_answer(item, turn=self._turns.number)
        if self._outcomes is not None and milliseconds is not None:
            self._outcomes.answered(milliseconds)

    def _on_error(self, event: ErrorEvent) -> None:
        tell_error(event)
        error = event.error
        if isinstance(error, LLMError) and not error.recoverable and classify(error.error).remedy == "stop":
            # The turn is lost and no other model would take it: never leave the caller in silence.
            self._spawn(self._ours.say(persona.LOST_THE_THREAD), "call.lost_the_thread")

    # -- away and back, here and elsewhere -----------------------------------------------------------------

    async def _park(self) -> None:
        self._story.tell("away")
        if self._parking is not None:
            await self._parking.park()

    def _lost(self) -> None:
        self._gap.lost()
        if self._leaves is not None and not self._turns.has_said_goodbye:
            self._spawn(self._leaves.lost(self.thread), "call.lost")

    async def _welcome_back(self) -> None:
        """The caller is here again: what was asked meanwhile was asked of nobody."""
        if self._leaves is not None:
            self._spawn(self._leaves.back(), "call.back")
        self._questions.unheard()
        self._story.tell("back")
        if self._parking is not None and self._parking.parked:
            self._gap.forget()
            await self._parking.take_up()  # where nothing can serve, the call is given up
        elif self._questions.put_again():
            self._gap.forget()
        else:
            await self._gap.back()

    async def _leave(self) -> None:
        self._handing_on.leaves()
        await self._ours.quiet(LEAVING_SECONDS)
        await last_words.heard()
        self._ends.end("leaving")

    async def _part(self) -> None:
        """End after a goodbye that the model has answered."""
        if await self._turns.is_over():
            await last_words.heard()
            self._ends.end("goodbye")

    def _rated(self, stars: int) -> None:
        self._metrics.rated(stars)
        if self._outcomes is not None:
            self._outcomes.rated(stars, self._invitation.channel)

    def _gone(self, reason: Ending) -> None:
        """The caller is gone: who said goodbye and did not wait for ours was not cut off."""
        self._ends.end("goodbye" if reason in CUT_OFF and self._turns.has_said_goodbye else reason)

    def _require_session(self) -> TierSession:
        if self._serving is None:
            raise RuntimeError("the call is not served yet")
        return self._serving.session
