"""What a process needs to route calls: its connections, the policy as it knows it, the price table."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self
from zoneinfo import ZoneInfo

from routing.bill import Bill
from routing.budget import Budget
from routing.call_router import CallRouter
from routing.decision import Cause, Decision, RouteInputs
from routing.ending import ended
from routing.first_decision import first_decision
from routing.health_watch import HealthWatch
from routing.journal import Journal, JournalDownError
from routing.lease import Lease
from routing.outcomes import Outcomes
from routing.policy_watch import PolicyWatch
from routing.redis_link import RedisLink
from routing.settings import RoutingSettings
from routing.sight_budget import Funds, SightBudget, spent_on_sight
from routing.spool import Spool
from routing.stream import StreamCounts
from tiers.confirmed_prices import trusted
from tiers.faults import Fault
from tiers.usage import Part, Usage

log = logging.getLogger("routing.service")

UNKNOWN_SUBJECT: Final = "unknown"
"""Whose money it is while the database cannot say who somebody is."""

JOURNAL_SECONDS: Final = 2.0
"""How long a call that begins waits to know whose it is for accounts: whoever connects to a host that answers nothing
waits for ten."""
ASK_AGAIN_SECONDS: Final = 2.0
"""Until the database is asked again who that is."""


class RoutingService:
    """One process' routing. An async context manager; opening it waits for nothing longer than a call would."""

    def __init__(self, settings: RoutingSettings) -> None:
        self._settings = settings
        self._link = RedisLink(settings.redis_url)
        self._journal = Journal(settings.database_url)
        self._policy = PolicyWatch(self._link, settings.database_url)
        self._health = HealthWatch(self._link, settings.breaker_rules)

    async def __aenter__(self) -> Self:
        await asyncio.gather(self._policy.start(), self._health.start())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._health.aclose()
        await self._policy.aclose()
        await self._journal.aclose()
        await self._link.aclose()

    async def call(
        self,
        inputs: RouteInputs,
        *,
        call_id: str,
        user_id: str,
        zone: ZoneInfo,
        share: int,
        on_decision: Callable[[Decision, Cause], None],
        on_spent: Callable[[int], None],
        taken_over: bool = False,
        on_charge: Callable[[Usage, int], None] = lambda _usage, _microdollars: None,
        on_unpriced: Callable[[Part], None] = lambda _part: None,
        on_blind: Callable[[float], None] = lambda _seconds: None,
    ) -> RoutedCall:
        """Prepare the routing of one call; `open` decides.

        `on_decision` gets each decision that has the call served otherwise than before, in the event loop.
        `share` is how many calls this worker serves at most: each has that part of what may be spent blindly, as
        long as those before it have left some.
        `taken_over`: another worker served the call before; what it held is replaced.
        `on_charge` gets each usage event with its price in µ$, `on_unpriced` the part of one that has none, `on_blind`
        the seconds without Redis as they pass.
        """
        subject, looked, first = UNKNOWN_SUBJECT, 0, None
        try:
            async with asyncio.timeout(JOURNAL_SECONDS):
                subject = await self._journal.subject_of(user_id)
                if taken_over:
                    looked = await spent_on_sight(self._journal, call_id)
                    first = await first_decision(self._journal, call_id)
        except (JournalDownError, TimeoutError):
            log.warning("journal.down", extra={"call_id": call_id})
        spool = Spool(self._settings.spool_dir)
        lease = Lease(
            Budget(self._link, StreamCounts(self._link, self._journal)),
            self._journal,
            spool,
            call_id=call_id,
            subject=subject,
            zone=zone,
            caps=lambda: self._policy.policy.caps_of(subject),
            slice_seconds=self._settings.slice_seconds,
            blind_microdollars=self._settings.blind_microdollars // max(1, share),
            blind_together=self._settings.blind_microdollars,
            on_spent=on_spent,
            taken_over=taken_over,
            on_blind=on_blind,
        )
        router = CallRouter(
            lease,
            self._journal,
            spool,
            inputs,
            call_id=call_id,
            subject=subject,
            unit=user_id,
            first=first,
            policy=lambda: self._policy.policy,
            health=self._health.unhealthy,
            on_decision=on_decision,
        )
        outcomes = Outcomes(self._journal, spool, call_id=call_id, subject=subject, now_ms=lease.now_ms)
        sight = SightBudget(self._settings.sight_microdollars, looked)

        def named(found: str) -> None:
            nonlocal subject
            subject = found
            router.named(found)
            outcomes.named(found)

        naming = None
        if subject == UNKNOWN_SUBJECT:
            naming = asyncio.create_task(self._name(user_id, named), name="call.name")
        return RoutedCall(
            router,
            Bill(trusted()),
            self._policy,
            self._health,
            outcomes,
            sight,
            on_charge,
            on_unpriced,
            naming,
        )

    async def _name(self, user_id: str, named: Callable[[str], None]) -> None:
        """Ask until the database says who a caller is, and tell it."""
        while True:
            await asyncio.sleep(ASK_AGAIN_SECONDS)
            try:
                named(await self._journal.subject_of(user_id))
                return
            except JournalDownError:
                continue


class RoutedCall:
    """One call, as the agent sees its routing: decisions come, usage and what became of the vendors go."""

    def __init__(
        self,
        router: CallRouter,
        bill: Bill,
        policy: PolicyWatch,
        health: HealthWatch,
        outcomes: Outcomes,
        sight: SightBudget,
        on_charge: Callable[[Usage, int], None] = lambda _usage, _microdollars: None,
        on_unpriced: Callable[[Part], None] = lambda _part: None,
        naming: asyncio.Task[None] | None = None,
    ) -> None:
        self.router = router
        self._naming = naming
        self._sight = sight
        self.outcomes = outcomes
        """Hears what becomes of the call's tasks, and how fast it is answered."""
        self._bill = bill
        self._on_charge = on_charge
        self._on_unpriced = on_unpriced
        self._health = health
        self._forget = (
            policy.on_change(lambda _: router.policy_changed()),
            health.on_change(router.health_changed),
        )

    async def open(self) -> Decision:
        """Decide what serves the call, its first slice reserved."""
        return await self.router.open()

    async def park(self) -> None:
        """Hold no money while the caller is away."""
        await self.router.park()

    async def take_up(self) -> Decision:
        """Decide anew what serves the call, money reserved: the caller is back."""
        return await self.router.take_up()

    @property
    def decision(self) -> Decision:
        """What the call is to be served with now. Raises RuntimeError before `open`."""
        return self.router.decision

    def failed(self, service: str, fault: Fault) -> None:
        """Hear that a service failed this call: decide again at once, without it. Never waits and never raises."""
        self.router.failed(service)
        self._health.failed(service, fault)
        self.outcomes.happenings.tell("fault", service=service, fault=fault.label, blame=fault.blame)

    def worked(self, service: str) -> None:
        """Hear that a new connection to a service works: its first words, sound or call of a tool came.

        A greeting is none of these: a vendor may greet everybody and answer nobody.
        What an old connection still does says nothing of those who dial now. Redis is told only where it is news.
        """
        self._health.worked(service, against_advice=self.router.is_least_bad)

    def beside_failed(self, service: str, fault: Fault) -> None:
        """Hear that what only helps the call failed, as what looks at the screen and the ear beside a model: every call is
        told, and this one moves for nothing.
        """
        self._health.failed(service, fault)
        self.outcomes.happenings.tell("fault", service=service, fault=fault.label, blame=fault.blame)

    def sight_worked(self, service: str) -> None:
        """Hear that what looks at the screen has answered."""
        self._health.worked(service)

    def is_given_up(self, service: str) -> bool:
        """Whether nobody dials a service now."""
        return any(one.service == service for one in self._health.unhealthy())

    def meter(self, usage: Usage) -> None:
        """Charge a usage event; never waits. Raises LeaseOverError where the call's money is settled already."""
        if (charge := self._bill.price(usage)) is None:
            self._on_unpriced(usage.part)
        else:
            self.router.meter(charge)
            self._sight.charged(usage, charge.microdollars)
            self._on_charge(usage, int(charge.details["price"]))

    @property
    def sight_funds(self) -> Funds:
        """The money for looking at the caller's screen: spent where sight has had its part or a cap is in the way.

        A call that is away, or that a free stack serves while vendors fail, has no money reserved and may have again.
        """
        if not self._sight.is_left:
            return "spent"
        if self.router.holds_money:
            return "held"
        return "spent" if self.router.is_out_of_money else "waiting"

    async def aclose(self) -> None:
        """Settle."""
        if self._naming is not None:
            await ended(self._naming)
        for forget in self._forget:
            forget()
        await self.outcomes.aclose()
        await self.router.aclose()
