"""One call's way through the router: decide, reserve, and decide again whenever money or policy say something new."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Final

from routing.call_budget import Charge
from routing.decision import Decision, RouteInputs, StackState
from routing.journal import Entry, Journal, JournalDownError
from routing.lease import Lease, Verdict
from routing.policy import Policy, Tier
from routing.router import decide
from routing.spool import Spool

log = logging.getLogger("routing.call_router")

CLOSE_SECONDS: Final = 5.0

ROUNDS: Final = 8
"""More than there are rungs of money: each round rules a tier out, so that it ends."""


class CallRouter:
    """Decides what serves a call, with money reserved for it.

    `on_decision` gets every decision that names another stack than the one before; what to do about it is the call's.
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
        policy: Callable[[], Policy],
        on_decision: Callable[[Decision], None] = lambda _: None,
    ) -> None:
        self._lease = lease
        lease.on_verdict = self._slice_over
        self._journal = journal
        self._spool = spool
        self._inputs = inputs
        self._call_id = call_id
        self._subject = subject
        self._policy = policy
        self._on_decision = on_decision
        self._decision: Decision | None = None
        self._decisions = 0
        self._deciding = asyncio.Lock()
        self._background: set[asyncio.Task[None]] = set()

    async def open(self) -> Decision:
        """Decide for the first time, with the money of the first slice reserved where the stack costs any."""
        async with self._deciding:
            return await self._decide()

    def meter(self, charge: Charge) -> None:
        """Book what was used."""
        self._lease.meter(charge)

    def _slice_over(self, verdict: Verdict) -> None:
        """Hear what became of the next slice's reservation: the router is asked again at every slice."""
        self._spawn(self._review(verdict))

    def policy_changed(self) -> None:
        """Hear that the policy is another: the call follows it."""
        self._spawn(self._review(None))

    async def aclose(self) -> None:
        """Give the money back and finish what is still to be written."""
        await self._lease.aclose()
        if self._background:  # a decision on its way into the journal
            await asyncio.wait(self._background, timeout=CLOSE_SECONDS)

    async def _review(self, verdict: Verdict | None) -> None:
        async with self._deciding:
            before = self._decision
            if before is None or before.tier is None:
                return
            if verdict is not None:
                self._learn(before.tier, verdict)
            after = await self._decide(held=before if verdict is None or verdict.money == "held" else None)
            if after.stack != before.stack:
                log.info(
                    "call.redecided",
                    extra={"call_id": self._call_id, "from": before.stack, "stack": after.stack},
                )
                self._on_decision(after)

    async def _decide(self, held: Decision | None = None) -> Decision:
        """Decide and reserve, until the budget agrees with the choice. `held`: whose tier has its money already."""
        policy = self._policy().concerning(
            self._subject
        )  # inputs are stored: nobody else's caps belong there
        self._inputs = self._inputs.model_copy(update={"policy": policy})
        decision = decide(self._inputs)
        for _ in range(ROUNDS):
            state = self._state(decision)
            if state is None or (held is not None and decision.tier == held.tier):
                break
            if state.free:
                await self._lease.release()
                break
            verdict = await self._lease.reserve(state.tier)
            self._learn(state.tier, verdict)
            if verdict.money == "held":
                break
            decision = decide(self._inputs)
        if self._decision is None or _differs(decision, self._decision):
            self._decisions += 1
            self._spawn(self._write(decision, self._decisions))
        self._decision = decision
        return decision

    def _learn(self, tier: Tier, verdict: Verdict) -> None:
        budget = self._inputs.budget.told(tier, verdict.money, verdict.scope)
        self._inputs = self._inputs.model_copy(update={"budget": budget})

    def _state(self, decision: Decision) -> StackState | None:
        return next((state for state in self._inputs.stacks if state.name == decision.stack), None)

    async def _write(self, decision: Decision, number: int) -> None:
        """Put a decision into the journal, off the voice path."""
        entry = Entry(
            operation=f"{self._call_id}:decision:{number}",
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
    """Whether there is something new to tell: another stack, other reasons or another policy."""
    return (one.stack, one.reasons, one.policy_version) != (other.stack, other.reasons, other.policy_version)
