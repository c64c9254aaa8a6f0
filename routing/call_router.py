"""One call's way through the router: decide, reserve, and decide again whenever money, policy or health say anew."""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from routing.call_budget import Charge
from routing.cause import cause_of
from routing.decision import Cause, Decision, RouteInputs, StackState, Unhealthy
from routing.experiments.assignment import Assignment, assigned
from routing.failed_here import FailedHere
from routing.forecast import Offer
from routing.journal import Entry, Journal, JournalDownError
from routing.lease import Lease, Verdict
from routing.offers import offers
from routing.policy import Policy
from routing.router import decide
from routing.spool import Spool

log = logging.getLogger("routing.call_router")

CLOSE_SECONDS: Final = 5.0

ASK_AGAIN_SECONDS: Final = 120.0
"""After so long money that was refused is asked for again: somebody may have paid, or Redis be back."""


class CallRouter:
    """Decides what serves a call, with money reserved for it.

    `on_decision` gets every decision that names another stack than the one before, or another set of services to do
    without, and the cause of the change; what to do about it is the call's. `unit` is who experiments know the caller
    by, the user's id; it is kept nowhere. Without it the call is part of none. `first` is what the call began with,
    where another worker decided that.
    """

    def __init__(
        self,
        lease: Lease,
        journal: Journal,
        spool: Spool,
        inputs: RouteInputs,
        *,
        call_id: str,
        subject: str,
        unit: str = "",
        first: Decision | None = None,
        policy: Callable[[], Policy],
        health: Callable[[], tuple[Unhealthy, ...]] = tuple,
        on_decision: Callable[[Decision, Cause], None] = lambda _decision, _cause: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lease = lease
        lease.on_verdict = self._slice_over
        self._journal = journal
        self._spool = spool
        self._inputs = inputs
        self._call_id = call_id
        self._subject = subject
        self._unit = unit
        self._first = first
        self._policy = policy
        self._health = health
        self._on_decision = on_decision
        self._clock = clock
        self._failed = FailedHere(clock)
        self._refused_at: float | None = None
        self._held: Offer | None = None
        self._decision: Decision | None = None
        self._decisions = 0
        self._deciding = asyncio.Lock()
        self._background: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._parked = self._closed = False
        self._run = secrets.token_hex(4)
        """A call that another worker takes over has a router of its own; their entries are not each other's."""

    @property
    def decision(self) -> Decision:
        """What serves the call now. Raises RuntimeError before `open`."""
        if self._decision is None:
            raise RuntimeError("nothing is decided before the call's routing is opened")
        return self._decision

    @property
    def is_least_bad(self) -> bool:
        """Whether the call is served with what is only the least bad."""
        return self._decision is not None and self._decision.least_bad

    @property
    def holds_money(self) -> bool:
        """Whether money is reserved for the call, or may be spent blindly: not while only free stacks serve it."""
        return self._lease.tier is not None

    @property
    def is_out_of_money(self) -> bool:
        """Whether nothing is reserved because a cap left no room, or a debt: not for want of an answer from Redis."""
        if self.holds_money or self._lease.blind_since is not None:
            return False
        budget = self._inputs.budget
        cheap = [each.name for each in self._inputs.stacks if each.tier == "economy" and not each.free]
        return bool(budget.scope) and any(
            budget.of(name, "economy") in ("exhausted", "unpaid") for name in cheap
        )

    async def open(self) -> Decision:
        """Decide for the first time, with the money of the first slice reserved where the stack costs any.

        The arm is drawn here, before money and health are looked at, and stays the call's, whoever serves it: neither
        a start nor an end of an experiment moves a call that goes on.
        """
        async with self._deciding:
            self._inputs = self._inputs.model_copy(update={"assignment": self._draw()})
            return await self._decide()

    def _draw(self) -> Assignment | None:
        """The call's part in an experiment. An operator's override serves all calls alike: nothing is compared then.

        A call that another worker began keeps what was drawn there, though it be nothing.
        """
        if self._first is not None:
            return self._first.inputs.assignment
        inputs = self._inputs
        if inputs.environment_stack or not inputs.compared:
            return None
        return assigned(self._policy().experiments, self._unit, plan=inputs.plan, channel=inputs.channel)

    async def park(self) -> None:
        """Give the money back while nobody is there; what was used before is still booked. Nothing is decided."""
        async with self._deciding:
            self._parked = True
            await self._lease.release()
            self._held = None

    async def take_up(self) -> Decision:
        """Decide anew, with money reserved anew. Nobody is told: the caller of this has the decision."""
        async with self._deciding:
            self._parked = False
            return await self._decide()

    def named(self, subject: str) -> None:
        """Hear who the caller is to the journal, which could not say it when the call began.

        Their own caps hold from the next slice on, and what is decided is written once more, as theirs.
        """
        self._subject = subject
        self._lease.named(subject)
        if self._decision is not None:
            self._record(self._decision)

    def meter(self, charge: Charge) -> None:
        """Book what was used."""
        self._lease.meter(charge)

    def failed(self, service: str) -> None:
        """Hear that a service failed this call: it is served without that one for a while."""
        self._failed.note(service)
        if self.is_least_bad and _uses(self._inputs, self.decision, service):
            self._inputs = self._inputs.model_copy(update={"least_bad_failed": True})
        self._spawn(self._review())

    def health_changed(self) -> None:
        """Hear that other services are unhealthy than before."""
        self._spawn(self._review())

    def policy_changed(self) -> None:
        """Hear that the policy is another: the call follows it."""
        if self._refused_at is not None:
            self._refused_at = -math.inf  # the caps may be others
        self._spawn(self._review())

    def _slice_over(self, offer: Offer, verdict: Verdict) -> None:
        """Hear what became of the next slice's reservation: the router is asked again at every slice."""
        self._spawn(self._review((offer, verdict)))

    async def aclose(self) -> None:
        """Give the money back and finish what is still to be written."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        async with self._deciding:
            await self._lease.aclose()
        if self._background:  # a decision on its way into the journal
            await asyncio.wait(self._background, timeout=CLOSE_SECONDS)

    async def _review(self, slice_over: tuple[Offer, Verdict] | None = None) -> None:
        async with self._deciding:
            before = self._decision
            if before is None or self._parked or self._closed:
                return
            if slice_over is not None:
                offer, verdict = slice_over
                if offer != self._held:
                    return  # it was about what served the call before
                self._learn((offer,), verdict)
                if verdict.money != "held":
                    self._held = None
            after = await self._decide()
            if (after.stack, after.without) != (before.stack, before.without):
                cause = cause_of(before, after)
                log.info(
                    "call.redecided",
                    extra={
                        "call_id": self._call_id,
                        "from": before.stack,
                        "stack": after.stack,
                        "without": after.without,
                        "cause": cause.value,
                    },
                )
                self._on_decision(after, cause)

    async def _decide(self) -> Decision:
        """Decide and reserve, until the budget agrees with the choice.

        Nothing is left only to a call that was refused everything just now: refusals of before are asked about again.
        """
        self._inputs = self._inputs.model_copy(update=self._news())
        refused_before = self._inputs.budget.refuses
        decision = await self._choose()
        if decision.stack is None and refused_before:
            self._inputs = self._inputs.model_copy(update={"budget": self._inputs.budget.forgiving()})
            decision = await self._choose()
        if decision.stack is None and self._lease.tier is not None:
            await self._lease.release()
        if self._decision is None or _differs(decision, self._decision):
            self._record(decision)
        self._decision = decision
        self._look_again_later()
        return decision

    async def _choose(self) -> Decision:
        decision = decide(self._inputs)
        for _ in self._inputs.stacks:  # each round rules one out at least
            state = self._state(decision)
            if state is None:
                self._held = None
                break
            if state.free:
                if self._lease.tier is not None:
                    await self._lease.release()
                self._held = None
                break
            if self._pays_for(state):
                break
            # Refused, this takes nothing away; but what was held before is asked for again, since time has passed.
            asked = offers(self._inputs)
            verdict = await self._lease.reserve(*asked)
            self._learn(asked, verdict)
            self._held = asked[verdict.at] if verdict.money == "held" else None
            if self._held is None or verdict.at:
                decision = decide(self._inputs)
            if self._held is not None:
                break
        return decision

    def _pays_for(self, state: StackState) -> bool:
        """Whether what is held is enough for a stack: for one of its tier that is no dearer, until the slice ends."""
        held, offer = self._held, Offer.of(state.name, state.tier)
        if held is None or held.tier != offer.tier or held.rate < offer.rate:
            return False
        if held != offer:
            self._lease.move(offer)
            self._held = offer
        return True

    def _news(self) -> dict[str, Any]:
        """What may have changed since the last decision."""
        health = self._health()
        self._failed.seen({one.service for one in health})
        failed = self._failed.now()
        news: dict[str, Any] = {
            # Inputs are stored: nobody else's caps belong there.
            "policy": self._policy().concerning(self._subject),
            "health": health,
            "failed": failed,
            "least_bad_failed": self._inputs.least_bad_failed and bool(failed),
        }
        if self._refused_at is not None and self._clock() - self._refused_at >= ASK_AGAIN_SECONDS:
            self._refused_at = None
            news["budget"] = self._inputs.budget.forgiving()
        return news

    def _look_again_later(self) -> None:
        """Decide again when a shunned service may be forgiven, or refused money asked for again."""
        waits = [self._failed.seconds_left()]
        if self._refused_at is not None:
            waits.append(self._refused_at + ASK_AGAIN_SECONDS - self._clock())
        if self._timer is not None:
            self._timer.cancel()
        seconds = min((wait for wait in waits if wait is not None), default=None)
        if seconds is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(0.0, seconds), lambda: self._spawn(self._review()))

    def _learn(self, asked: Sequence[Offer], verdict: Verdict) -> None:
        """Learn what the budget said to offers: a cap is in the way of single stacks, all else of the whole tier."""
        tier, is_held = asked[0].tier, verdict.money == "held"
        if is_held:
            short = asked[: verdict.at]
        else:
            short = asked if verdict.scope and verdict.money == "exhausted" else ()
        if (short or not is_held) and self._refused_at is None:
            self._refused_at = self._clock()
        budget = self._inputs.budget
        if short:
            budget = budget.beyond(tier, *(each.stack for each in short), scope=verdict.scope)
        if is_held or not short:
            budget = budget.told(tier, verdict.money, verdict.scope)
        self._inputs = self._inputs.model_copy(update={"budget": budget})

    def _state(self, decision: Decision) -> StackState | None:
        return next((state for state in self._inputs.stacks if state.name == decision.stack), None)

    def _record(self, decision: Decision) -> None:
        self._decisions += 1
        self._spawn(self._write(decision, self._decisions))

    async def _write(self, decision: Decision, number: int) -> None:
        """Put a decision into the journal, off the voice path."""
        entry = Entry(
            operation=f"{self._call_id}:{self._run}:decision:{number}",
            kind="decision",
            at_ms=self._lease.now_ms(),
            call_id=self._call_id,
            tier=decision.tier or "",
            details={"subject": self._subject, "decision": decision.model_dump(mode="json")},
        )
        try:
            await self._journal.append([entry])
        except JournalDownError:
            await self._spool.append([entry])

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="call.route")
        self._background.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("call.routing_failed", exc_info=error, extra={"call_id": self._call_id})


def _differs(one: Decision, other: Decision) -> bool:
    """Whether there is something new to tell: another stack, other parts of it, other reasons or another policy."""

    def told(decision: Decision) -> tuple[Any, ...]:
        return decision.stack, decision.without, decision.least_bad, decision.reasons, decision.policy_version

    return told(one) != told(other)


def _uses(inputs: RouteInputs, decision: Decision, service: str) -> bool:
    """Whether a stack is served with a service."""
    state = next((state for state in inputs.stacks if state.name == decision.stack), None)
    parts = state.alternatives if state is not None else ()
    return any(next((one for one in part if one not in decision.without), None) == service for part in parts)
