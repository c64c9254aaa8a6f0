"""The open question of a call: put to the caller, answered by them, and what their yes releases."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Literal

from livekit import rtc
from livekit.agents import llm

from agent import persona
from agent.confirm_card import Click, ConfirmCard
from agent.effects import Effects, effect_of
from agent.erasure import ERASE
from agent.gate import MAX_REPEATS, Action, By, Gate, Outcome, Pending, Step
from agent.heard import was_heard
from agent.pauses import LOOK_SECONDS
from agent.released import Released
from agent.screen_tool import LOOK
from agent.tier_session import TierSession
from agent.tools import Toolbox

log = logging.getLogger("agent.questions")


class Questions:
    """Asks what the gate holds, by voice and on the page, and carries out what the caller releases."""

    def __init__(
        self,
        room: rtc.Room,
        gate: Gate,
        toolbox: Toolbox,
        *,
        caller_identity: str,
        session: Callable[[], TierSession],
        begin_turn: Callable[[By], int],
        spawn: Callable[[Coroutine[Any, Any, Any], str], None],
        on_erase: Callable[[], None] = lambda: None,
        on_closed: Callable[[Pending, Outcome, By | None], None] = lambda _pending, _outcome, _by: None,
        on_look: Callable[[], None] = lambda: None,
    ) -> None:
        self._gate = gate
        self._toolbox = toolbox
        self._session = session
        self._begin_turn = begin_turn
        self._spawn = spawn
        self._on_erase = on_erase
        self._tell_closed = on_closed
        self._on_look = on_look
        self._card = ConfirmCard(room, caller_identity=caller_identity, on_click=self._on_click)
        self._puts = 0
        """How often a question was put; only the newest of them can be heard to its end."""
        self._said_now = 0
        """Which of these is being said; 0 where none is."""
        self._running_out: asyncio.TimerHandle | None = None
        self._is_over = False
        gate.on_close(self._on_closed)
        gate.on_time(self._watch)

    @property
    def open(self) -> bool:
        """Whether a question waits for its answer."""
        return self._gate.pending is not None

    @property
    def held(self) -> Effects:
        """What kinds of effect wait for the answer."""
        pending = self._gate.pending
        return frozenset() if pending is None else frozenset(effect_of(tool) for tool in pending.tools)

    def listen(self) -> None:
        """Begin to take clicks."""
        self._card.open()

    def close(self) -> None:
        """Take no more clicks. Safe to call without `listen`."""
        self._card.close()

    def stop(self) -> None:
        """Close no more questions by themselves: the call is over."""
        self._is_over = True
        self._forget_time()

    def ask_if_needed(self) -> None:
        """Put the question that the gate holds, unless it is on its way already."""
        pending = self._gate.pending
        if pending is not None and not pending.asked:
            pending.asked = True
            self._spawn(self._put(), "question.put")

    def put_again(self) -> bool:
        """Put the open question anew when it was not heard: its session is gone. Whether one is open."""
        pending = self._gate.pending
        if pending is not None and not pending.heard:
            pending.asked = True
            self._spawn(self._put(), "question.put")
        return pending is not None

    def ask_again(self) -> bool:
        """Put the open question once more, heard or not; whether one is open."""
        if (pending := self._gate.pending) is None:
            return False
        pending.asked = True
        self._spawn(self._put(), "question.put")
        return True

    def unheard(self) -> None:
        """The caller was not there: the question that is open may have been asked of nobody."""
        if (pending := self._gate.pending) is not None:
            pending.heard = pending.shown = False
            self._puts += 1  # of what is being said now, nobody knows how much was heard

    def drop(self) -> None:
        """Something else is asked now: no answer that comes is one to the question that was open."""
        self._puts += 1  # of what is being said now, nothing is to be heard to its end
        self._gate.drop()

    async def take_turn(self, text: str, *, turn: int, by: By, began_at: float | None = None) -> bool:
        """Deal with a turn while a question is open. False leaves the turn to the model."""
        session = self._session()
        step, released = self._gate.read(text, turn=turn, by=by, began_at=began_at)
        if step in (Step.GO_ON, Step.DECLINE_AND_GO_ON):
            return False
        if by == "voice":
            # Before anything is waited for: a session that comes meanwhile must not hear this «yes» as one to it.
            session.on_turn_taken()
        # Nor is what it releases lost with whoever hangs up behind it.
        begun = self._release(released, turn) if step is Step.RUN else None
        if by != "voice" or not session.keeps_spoken_turns:
            await _remember(session, llm.ChatMessage(role="user", content=[text]))
        if step is Step.RUN:
            await self._tell_of(released, begun)
        elif step is Step.DECLINE:
            await self._tell([], persona.DECLINED)
        else:
            self._spawn(self._put(), "question.put")
        return True

    async def _on_click(self, click: Click) -> bool:
        return self._press(click.answer, by="click", pending_id=click.id)

    def press_key(self, answer: Literal["yes", "no"]) -> bool:
        """Answer by a key; whether a question was there, or on its way, that the key was meant for."""
        return self._press(answer, by="key") or self._put_to_the_hasty()

    def _put_to_the_hasty(self) -> bool:
        """Put the question anew to who agreed by a key before its end, which is no answer to it; whether one was put.

        Who does so each time is no longer interrupted: they would never hear its end.
        """
        pending = self._gate.pending
        if pending is None or not pending.asked:
            return False
        if pending.repeats < MAX_REPEATS or not self._said_now:
            pending.repeats += 1
            self._spawn(self._put_anew(), "question.put")
        return True

    async def _put_anew(self) -> None:
        with contextlib.suppress(RuntimeError):  # a session that has ended is silent
            await self._session().hush()
        await self._put()

    def _press(self, answer: Literal["yes", "no"], *, by: By, pending_id: str | None = None) -> bool:
        released = self._gate.press(answer, by=by, pending_id=pending_id)
        if released is None:
            return False
        # Begun before anything is waited for: who presses a key may hang up at once.
        turn = self._begin_turn(by)
        self._spawn(self._after_press(released, self._release(released, turn)), "question.pressed")
        return True

    async def _after_press(self, released: list[Action], begun: Released | None) -> None:
        with contextlib.suppress(RuntimeError):  # a session that has ended is silent, and the answer counts
            await self._session().hush()
        if released:
            await self._tell_of(released, begun)
        else:
            await self._tell([], persona.DECLINED)

    def _release(self, actions: Sequence[Action], turn: int) -> Released | None:
        """Begin to carry out what was released; None where no tool does it."""
        if any(action.tool == ERASE for action in actions):
            self._on_erase()  # whatever else was asked about goes with it
            return None
        actions = [action for action in actions if action.tool != LOOK]
        return self._toolbox.carry_out(actions, turn=turn) if actions else None

    async def _tell_of(self, released: Sequence[Action], begun: Released | None) -> None:
        """Put what was carried out into the history when it is over, and say how it went."""
        if any(action.tool == LOOK for action in released):
            self._on_look()
        if begun is not None:
            await begun.over()
            await self._tell(begun.done, begun.line, begun)

    async def _tell(self, done: Sequence[llm.ChatItem], line: str | None, of: Released | None = None) -> None:
        """Have it remembered and told by whichever session serves by now; without a line by the model itself."""
        if not await self._is_told(done, line, of):
            # Not waited for: the session that is being left does not end before the turn is dealt with.
            self._spawn(self._tell_later(done, line, of), "question.tell")

    async def _tell_later(self, done: Sequence[llm.ChatItem], line: str | None, of: Released | None) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if await self._is_told(done, line, of):
                return

    async def _is_told(
        self, done: Sequence[llm.ChatItem], line: str | None, of: Released | None = None
    ) -> bool:
        """Tell it now; False where the session that serves is on its way out, or has not begun yet."""
        session = self._session()
        if not session.serves:
            return False
        known = {item.id for item in session.history.items}  # it may have been told to the one before
        await _remember(session, *[item for item in done if item.id not in known])
        if session is not self._session() or not session.serves:
            return False
        try:
            if line is None:
                session.reply()
            else:
                session.say(line)
        except RuntimeError:
            if line is not None:
                return False
            # It is closing by itself; an answer it owes all the same, and its successor gives it.
        if of is not None:
            of.is_told = True
        return True

    async def _put(self) -> None:
        """Ask on the page and aloud, and note when the question was heard to its end."""
        pending = self._gate.pending
        if pending is None:
            return
        self._puts += 1
        put = self._puts
        session = self._session()
        session.think_ahead(False)
        text = persona.question(pending.actions)
        self._gate.put(pending.id)
        speech = session.say(text, owed=False)
        # Beside the speech: a card that cannot be sent, or not soon, takes nothing from a spoken answer.
        self._spawn(self._show(pending, text, put), "question.shown")
        self._said_now = put
        await speech.wait_for_playout()
        self._said_now = 0 if self._said_now == put else self._said_now
        if put == self._puts and was_heard(speech, text, verbatim=not session.keeps_spoken_turns):
            self._gate.played(pending.id)
            self._spawn(self._show(pending, text, put), "question.shown")

    async def _show(self, pending: Pending, text: str, put: int) -> None:
        await self._card.show(pending, text, seconds_left=self._gate.seconds_left(pending))
        if put == self._puts:
            self._gate.shown(pending.id)

    def _watch(self, pending: Pending) -> None:
        """Close the question when its time is over, though nobody says anything."""
        self._forget_time()
        if not self._is_over:
            left = self._gate.seconds_left(pending)
            self._running_out = asyncio.get_running_loop().call_later(left, self._look_at_time)

    def _look_at_time(self) -> None:
        if (pending := self._gate.pending) is not None:  # it was closed by looking, or its time began anew
            self._watch(pending)

    def _forget_time(self) -> None:
        if self._running_out is not None:
            self._running_out.cancel()

    def _on_closed(self, pending: Pending, outcome: Outcome, by: By | None) -> None:
        self._forget_time()
        log.info("confirmation.closed", extra={"outcome": outcome, "by": by, "count": len(pending.actions)})
        self._tell_closed(pending, outcome, by)
        self._session().think_ahead(True)
        answer = {"confirmed": "yes", "declined": "no"}.get(outcome)
        self._spawn(self._card.resolve(pending, outcome, by, answer), "question.resolved")


async def _remember(session: TierSession, *items: llm.ChatItem) -> None:
    """Add to a session's history. Where its vendor does not take it, the successor has it from us."""
    try:
        await session.remember(*items)
    except llm.RealtimeError as error:
        log.warning("question.not_remembered", extra={"error": type(error).__name__})
