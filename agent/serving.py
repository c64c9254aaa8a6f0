"""What serves a call now, and how it becomes another: the router's decisions and the vendors' failures end here.

One thing at a time: a decision waits for the swap before it, and the last one counts. What must be left is left at
once; what is better is taken in a pause, and not too often.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

from livekit.agents import llm, utils

from agent import persona
from agent.background import Background
from agent.conversation import Conversation, Tells
from agent.gaps import Gaps
from agent.hold import Hold
from agent.line import Line
from agent.nothing_left import TROUBLE, GivenUp, parting
from agent.owed import Leftover
from agent.pauses import LOOK_SECONDS, TOLD_SECONDS, is_settled, pause, time_for
from agent.paying import pay
from agent.plans import Plan, Plans
from agent.succession import READY_SECONDS, Left, OnLine, close_later, close_when_unused, made_ready
from agent.swap import Leaves, SuccessorFailedError, paired, swap
from agent.swap_report import report_swap
from agent.task_agent import Listener
from agent.tier_session import TierSession
from routing.decision import Cause, Decision
from routing.happenings import Happenings
from tiers.catalogue import Stack
from tiers.faults import Fault
from tiers.watch import Failure

log = logging.getLogger("agent.serving")

YOUNG_SECONDS: Final = 30.0
"""A vendor's session that has expired so soon after the one before it did was never of use."""
INSTRUCT_SECONDS: Final = 600.0
"""How long a change of the instructions waits for a pause."""


class Serving:
    """The session that serves, and its successors."""

    def __init__(
        self,
        line: Line,
        stack: Stack,
        *,
        make: Callable[[Stack, Callable[[Failure], None]], TierSession],
        stack_of: Callable[[Decision], Stack | None],
        show: Callable[[Decision, Stack | None], Awaitable[None]],
        tells: Tells | None = None,
        hold: Hold | None = None,
        better_after_seconds: float = 120.0,
        renew_after_seconds: float = 3000.0,
        happenings: Happenings | None = None,
    ) -> None:
        self._happenings = happenings
        self._began_in = contextvars.copy_context()
        """Successors hang below the call in its trace, and not below whatever told of the end of the one before."""
        self._line = line
        self._make = make
        self._stack_of = stack_of
        self._show = show
        self._tells = tells
        self._gaps = Gaps(hold)
        self._better_after = better_after_seconds
        self._renew_after = renew_after_seconds
        self._conversation: Conversation | None = None
        self._instructions: Callable[[], str] = str
        self._listeners: list[tuple[str, Callable[[Any], None]]] = []
        self._plans = Plans()
        self._moving: asyncio.Task[None] | None = None
        self._readying: TierSession | None = None
        """Something better that is made ready beside what serves."""
        self._ended: TierSession | None = None
        """A session that closed by itself."""
        self._expired: tuple[TierSession, float] | None = None
        """The last session that expired, and when it said so."""
        self._since = self._last_swap = time.monotonic()
        self._owed: Leftover | None = None
        self._background = Background(log, "serving.background_failed")
        self._spawn = self._background.spawn
        self._closed = self._parked = False
        self.given_up: asyncio.Future[GivenUp] = asyncio.get_running_loop().create_future()
        """Done when nothing can serve any more."""
        self.swaps = 0
        """How many there were."""
        self._making = 0.0
        self.session = self._made(stack)

    # -- its life ------------------------------------------------------------------------------------------

    def on(self, event: str, callback: Callable[[Any], None]) -> None:
        """Listen to an event of whichever session serves."""
        self._listeners.append((event, callback))
        self.session.on(event, callback)

    async def start(
        self,
        conversation: Conversation,
        *,
        instructions: Callable[[], str],
        tools: list[llm.Tool],
        chat_ctx: llm.ChatContext | None = None,
    ) -> None:
        """Begin to serve; from what was said before, where another worker has served the call until now.

        `instructions` is asked for each session, since they tell the day.
        """
        self._conversation, self._instructions = conversation, instructions
        await self.session.start(
            self._line, instructions=instructions(), tools=tools, listener=conversation, chat_ctx=chat_ctx
        )
        if self._plans.waiting:
            self._move_on()  # it was decided before there was anything to move

    async def instruct_anew(self) -> None:
        """Tell whatever serves its instructions as they are by now, in a pause if one comes within ten minutes."""
        conversation = self._conversation
        await pause(
            INSTRUCT_SECONDS,
            session=lambda: self.session,
            is_busy=lambda: conversation is not None and conversation.is_busy(),
            still=lambda: not self._parked and not self._closed,
        )
        if self._parked or self._closed:
            return  # whoever begins has them as they are then
        if not await self.session.instruct(self._instructions()):
            self._renew()

    async def park(self) -> None:
        """Close the session and keep what was said and what is owed; nothing is heard or followed until `take_up`."""
        self._parked = True
        self._plans.drop()
        if self._moving is not None:
            await asyncio.wait({self._moving}, timeout=READY_SECONDS)
            await utils.aio.cancel_and_wait(self._moving)
        # Its money is given back: who comes back is served with what is decided then, and nothing of before follows it.
        self._plans.forget()
        left = await self.session.leave()
        self._line.keep()
        self._owed = left.after(self._owed)
        self._gaps.end()
        await close_later(self.session.aclose())

    def awaited(self) -> None:
        """The caller is back before `take_up`: until something serves them the gap is covered."""
        self._gaps.awaited()

    async def take_up(self, decision: Decision) -> bool:
        """Go on after `park`: what is owed is said, else that we are still here. False where nothing can serve: it is given up."""
        self._gaps.taken_up()
        if (stack := self._stack_of(decision)) is None:
            self._gaps.end()
            self._give_up(GivenUp(parting(decision)))
            return False
        left = self._owed or Leftover(self.session.history)
        if not left.owes_answer and not left.rest:
            left = replace(left, rest=persona.STILL_HERE)
        self._parked, self._owed = False, None
        if not await self._succeed(self._made(stack), Left(left), self.session.tools, None):
            return False
        self._spawn(self._tell(decision, stack), "serving.show")
        return True

    async def leave(self) -> Leftover:
        """Fall silent and hear no more: what was said stands from now on, and what is owed is for somebody else to pay."""
        self._closed = True
        if self._moving is not None:
            await utils.aio.cancel_and_wait(self._moving)
        await self._gaps.aclose()
        # A speech that is not told of its end would hold the session up for five seconds.
        return (await self.session.leave()).after(self._owed)

    async def aclose(self) -> None:
        """Serve no more; sockets and background work are closed. Bounded by the caller."""
        await self.leave()
        self._line.detach()
        await self.session.aclose()
        await self._background.finish()

    async def _tell(self, decision: Decision, stack: Stack) -> None:
        await self._show(decision, stack)  # a room that has just come back takes its time

    # -- what makes it change ------------------------------------------------------------------------------

    def follow(self, decision: Decision, cause: Cause) -> None:
        """Hear the router: serve with this from now on."""
        if self._parked or self._closed or self.given_up.done():
            return  # it is asked again when the caller is back, and who says goodbye says it to its end
        self._plans.want(Plan(decision, self._stack_of(decision), cause))
        self._move_on()

    def failed(self, session: TierSession, failure: Failure) -> None:
        """Hear the watch of a session."""
        if not self._serves(session):
            if session is self._readying:
                self._failed_unready(session, failure)
            return
        if session.stack.only_helps(failure.service):
            if self._tells is not None:
                self._tells.beside_failed(failure.service, failure.fault)
        elif failure.again:
            self._spawn(self._once_more(session), "serving.once_more")
        elif failure.within:
            self._spawn(self._renew_within(session, failure.within), "serving.renew")
        elif self._tells is None or (failure.fault.remedy == "renew" and not self._expires_at_once(session)):
            self._renew()
        else:
            waits = self._plans.wanted
            # A vendor whose every session is over as soon as it begins serves nobody.
            fault = Fault.VENDOR_DOWN if failure.fault.remedy == "renew" else failure.fault
            self._tells.failed(failure.service, fault)
            if self._plans.wanted is waits and self._plans.hurry():
                self._move_on()

    def _failed_unready(self, session: TierSession, failure: Failure) -> None:
        """Something better fails while it is made ready. To the router it serves already: unless told, it has money held
        for it and tries it for ever. Of what also helps or serves the session that goes on well only its health is told.
        """
        if self._tells is None or failure.again or failure.within or failure.fault.remedy == "renew":
            return
        if session.stack.only_helps(failure.service) or failure.service in self.session.stack.services:
            self._tells.beside_failed(failure.service, failure.fault)
        else:
            self._tells.failed(failure.service, failure.fault)

    def worked(self, service: str) -> None:
        """Hear that a vendor works."""
        if self._tells is not None:
            self._tells.worked(service)

    def session_closed(self, session: TierSession) -> None:
        """Hear that a session closed by itself; its watch may have told why."""
        if self._serves(session):
            self._ended = session
            self._spawn(self._see_to_it(session), "serving.see_to_it")

    def paused(self) -> None:
        """Hear that we are listening: time for what can wait, unless the caller has just interrupted and talks on."""
        busy = self._conversation is not None and self._conversation.is_busy()
        old = time.monotonic() - self._since > self._renew_after
        if old and is_settled(self.session) and not busy:
            self._renew()

    def _expires_at_once(self, session: TierSession) -> bool:
        """Note that a session has expired; whether the one before it did so just now."""
        before, self._expired = self._expired, (session, time.monotonic())
        return (
            before is not None and before[0] is not session and self._expired[1] - before[1] < YOUNG_SECONDS
        )

    # -- moving --------------------------------------------------------------------------------------------

    def _renew(self) -> None:
        self._plans.renewal = True
        self._move_on()

    def _move_on(self) -> None:
        if self._conversation is None:
            return  # `start` sees to it
        if self._moving is None or self._moving.done():
            self._moving = asyncio.create_task(
                self._move(), name="serving.move", context=self._began_in.copy()
            )
            self._moving.add_done_callback(self._moved)

    def _moved(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("serving.move_failed", exc_info=error)
            self._give_up(GivenUp(TROUBLE))

    async def _move(self) -> None:
        plans = self._plans
        while plans.waiting:
            plan = plans.wanted
            plans.must_leave.clear()
            if plan is None or (plans.renewal and plan.cause is Cause.HEALTH):
                plans.renewal = False  # what is better has time, and a session that has expired has not
                await self._replace(self.session.stack, None)
                continue
            if self._runs and plan.is_served_by(self.session.stack) and not plans.renewal:
                plans.wanted = None
                await self._show(plan.decision, plan.stack)
                continue
            if not plans.renewal and not await self._time_for(plan):
                continue  # there is another plan
            expired, plans.renewal = plans.renewal, False
            if plans.wanted is plan:
                plans.wanted = None
            if plan.stack is None:
                log.warning("serving.nothing_left", extra={"cause": plan.cause.value})
                is_served = self._runs and not expired and plan.cause is not Cause.VENDOR
                if not is_served:
                    # Its voice, or its answer to a turn, would be heard beneath what is said at last.
                    self._ended = self.session
                    self._owed = (await self.session.leave()).after(self._owed)
                    if plans.wanted is not None:
                        continue  # meanwhile something can serve after all
                self._give_up(GivenUp(parting(plan.decision), is_served))
                if not is_served:
                    return
            elif self._runs and plan.only_changes(self.session.stack):
                await self._change(plan, plan.stack)
            else:
                await self._replace(plan.stack, plan)

    async def _time_for(self, plan: Plan) -> bool:
        """Wait until a plan may be followed. False: it is not the last one any more."""
        conversation = self._conversation
        return await time_for(
            plan.cause,
            session=lambda: self.session,
            is_busy=lambda: conversation is not None and conversation.is_busy(),
            still=lambda: self._plans.wanted is plan and not self._plans.renewal,
            rested_at=self._last_swap + self._better_after,
        )

    async def _change(self, plan: Plan, stack: Stack) -> None:
        """The quick way: other models for the parts that differ, in the session that runs."""
        before = self.session.stack.name
        began = time.perf_counter()
        change = self.session.change(stack)
        if "stt" in change.arguments:
            self._tell_what_is_lost()
        if self.session.owes:
            self._gaps.cover()
        session = self.session

        def is_used() -> bool:
            return self._serves(session) and not session.is_quiet

        self._spawn(close_when_unused(change.aclose, is_used), "serving.close_parts")
        self._report(before, stack, plan, time.perf_counter() - began, quick=True)
        await self._show(plan.decision, stack)

    async def _replace(self, stack: Stack, plan: Plan | None) -> None:
        old = self.session
        new = self._made(stack)
        better = plan is not None and plan.cause is Cause.HEALTH
        self._plans.readied = plan if better else None
        self._readying = new if better else None
        try:
            ready = better and await self._better_is_ready(new, old)
        except asyncio.CancelledError:
            self._close(new)  # nobody else knows it
            raise
        finally:
            plan, self._plans.readied = self._plans.readied or plan, None
            self._readying = None
        if better and not ready:
            self._close(new)
            if not self._parked:
                self._plans.wanted = self._plans.wanted or plan
            return
        if await self._succeed(new, old, old.tools, plan, ready=better):
            self._close(old)
            if plan is not None:
                await self._show(plan.decision, stack)

    async def _succeed(
        self, new: TierSession, old: Leaves, tools: list[llm.Tool], plan: Plan | None, *, ready: bool = False
    ) -> bool:
        """Have a session take the place of another; False where nothing serves any more."""
        before = self.session.stack.name
        began = OnLine(new, self._line, self._instructions(), tools, self._listener, ready=ready)
        try:
            done = await swap(old, began, owed=self._owed)
        except SuccessorFailedError:
            log.exception("serving.successor_failed")
            self._close(new)
            self._give_up(GivenUp(TROUBLE))
            return False
        except asyncio.CancelledError:
            self._close(new)
            raise
        self.session, self._since = new, time.monotonic()
        new.was_broken_off(done.leftover.broken_off)
        self._owed = done.leftover
        if done.leftover.owes_answer or done.leftover.rest or self._line.ring.is_open:
            self._gaps.cover()
        if isinstance(old, TierSession):
            self._report(before, new.stack, plan, self._making + done.seconds)
        if self._conversation is not None:
            self._conversation.swapped(new)
            self._tell_what_is_lost()
        self._spawn(self._pay(new, done.leftover, done.starting), "serving.pay")
        return True

    async def _better_is_ready(self, new: TierSession, old: TierSession) -> bool:
        """Whether a better session is ready and nobody has talked on meanwhile."""
        known = [item.id for item in old.history.items]
        if not await made_ready(
            new,
            old,
            instructions=self._instructions(),
            listener=self._listener,
            must_leave=self._plans.must_leave,
        ):
            if not self._plans.readied_in_vain:
                self._last_swap = time.monotonic()  # not again at once
            return False
        return (
            not self._plans.readied_in_vain
            and known == [item.id for item in old.history.items]
            and old.is_quiet
            and old is self.session
        )

    async def _pay(self, session: TierSession, left: Leftover, starting: asyncio.Task[None]) -> None:
        """Have a session give what the one before it owed."""
        await asyncio.wait({starting})
        if not self._serves(session) or self._conversation is None:
            return  # its own successor pays
        if starting.cancelled() or starting.exception() is not None:
            error = None if starting.cancelled() else starting.exception()
            log.warning("serving.not_begun", extra={"error": type(error).__name__})
            self.failed(session, Failure(session.stack.services[0], Fault.VENDOR_DOWN, "not_begun"))
            return
        results = paired(left.history, *await self._conversation.unfinished())
        if not self._serves(session):
            return
        added = results.items[len(left.history.items) :]
        owed = await pay(session, left, added, conversation=self._conversation, ring=self._line.ring)
        if not self._serves(session):
            return  # it was left before it could pay
        self._owed = None
        if not owed and not self._line.ring.is_open:
            self._gaps.end()

    async def _once_more(self, session: TierSession) -> None:
        """Ask the same vendor once more for what it did not give."""
        await asyncio.sleep(LOOK_SECONDS)
        if self._serves(session):
            session.once_more()

    async def _renew_within(self, session: TierSession, seconds: float) -> None:
        """Renew a session whose end was announced, in a pause before it comes."""
        conversation = self._conversation
        await pause(
            seconds,
            session=lambda: session,
            is_busy=lambda: conversation is not None and conversation.is_busy(),
            still=lambda: self._serves(session),
        )
        if self._serves(session):
            self._renew()

    async def _see_to_it(self, session: TierSession) -> None:
        """A session is closed: the router is told, unless it is at it already. If nothing takes over, nothing can."""
        await asyncio.sleep(LOOK_SECONDS)
        plan = self._plans.wanted or self._plans.readied
        moves = self._moving is not None and not self._moving.done()
        if not moves or (plan is not None and plan.cause is not Cause.VENDOR):  # it may wait for its time
            self.failed(session, Failure(session.stack.services[0], Fault.VENDOR_DOWN, "closed"))
        await asyncio.sleep(TOLD_SECONDS)
        if self._serves(session):
            log.error("serving.left_alone", extra={"stack": session.stack.name})
            self._give_up(GivenUp(TROUBLE))

    def _tell_what_is_lost(self) -> None:
        if self._line.ring.is_open and self._line.ring.lost and self._conversation is not None:
            self._conversation.half_heard()

    # -- small things --------------------------------------------------------------------------------------

    def _serves(self, session: TierSession) -> bool:
        return session is self.session and not self._parked and not self._closed

    @property
    def _runs(self) -> bool:
        """Whether what serves has not closed by itself, nor is about to: only then does it take other parts."""
        return self.session is not self._ended and not self.session.is_closing

    @property
    def _listener(self) -> Listener:
        if self._conversation is None:
            raise RuntimeError("nothing is served yet")
        return self._conversation

    def _made(self, stack: Stack) -> TierSession:
        """Make a session and listen to it."""

        def on_failure(failure: Failure) -> None:
            self.failed(session, failure)

        began = time.perf_counter()
        session = self._make(stack, on_failure)
        self._making = time.perf_counter() - began
        self._gaps.follow(session, serves=lambda: session is self.session)
        session.session.on("close", lambda _: self.session_closed(session))
        for event, callback in self._listeners:
            session.on(event, callback)
        return session

    def _report(
        self, before: str, after: Stack, plan: Plan | None, seconds: float, *, quick: bool = False
    ) -> None:
        self.swaps += 1
        self._last_swap = time.monotonic()
        report_swap(before, after, plan, seconds, quick=quick, happenings=self._happenings)

    def _give_up(self, given_up: GivenUp) -> None:
        if not self.given_up.done():
            self.given_up.set_result(given_up)

    def _close(self, session: TierSession) -> None:
        self._spawn(close_later(session.aclose()), "serving.close_session")
