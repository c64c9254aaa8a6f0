"""The money of one call: reserved in slices, metered as it is spent, given back at the end.

Redis can be away for a while. What is spent meanwhile goes straight into the journal (or to disk), marked as blind;
when Redis is back the call's counters are counted anew from there, so that nothing is lost and nothing counts twice.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from routing.budget import Account, Booked, Budget, Refused
from routing.caps import Caps
from routing.decision import Money
from routing.forecast import Forecast
from routing.journal import Entry, Journal, JournalDownError
from routing.policy import Tier
from routing.redis_link import WAIT_SECONDS, BlindError
from routing.scopes import scopes_of
from routing.spool import Spool

log = logging.getLogger("routing.lease")

BEAT_SECONDS: Final = 1.0
"""How often a lease makes sure that Redis still knows what it knew."""
RECOVER_SECONDS: Final = 0.25
"""Between tries to reach Redis while it is away."""
TTL_SLICES: Final = 3
"""A lease that nobody extended for so many slices is a dead worker's."""
REMEMBER_MS: Final = 60_000
"""Charges of the last minute are kept: a Redis that failed over may have lost them after it had answered."""


class Charge(Protocol):
    """One priced usage event, as the lease books it."""

    @property
    def event_id(self) -> str:
        """Identify the event within the call."""

    @property
    def tier(self) -> Tier:
        """Name the tier whose caps it counts against."""

    @property
    def microdollars(self) -> int:
        """Its price, µ$; negative where it takes an estimate back."""

    @property
    def details(self) -> dict[str, Any]:
        """Units, certainty and price-table version, for the journal."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the budget said to a reservation."""

    money: Money
    scope: str = ""
    """Which kind of cap was in the way."""


class Lease:
    """One call's lease. `open` it, `meter` into it, `aclose` it; everything but `reserve` happens in the background.

    `on_spent` gets the call's cost in µ$ after each charge; `on_verdict` what became of a slice.
    """

    def __init__(
        self,
        budget: Budget,
        journal: Journal,
        spool: Spool,
        *,
        call_id: str,
        subject: str,
        zone: ZoneInfo,
        caps: Callable[[], Caps],
        slice_seconds: float,
        blind_microdollars: int,
        on_spent: Callable[[int], None] = lambda _: None,
        on_verdict: Callable[[Verdict], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._budget = budget
        self._journal = journal
        self._spool = spool
        self._call_id = call_id
        self._subject = subject
        self._zone = zone
        self._caps = caps
        self._slice = slice_seconds
        self._allowance = blind_microdollars
        self._on_spent = on_spent
        self.on_verdict = on_verdict
        """Whoever is to hear what became of a slice; the call's router."""
        self._clock = clock
        self._wait = wait_seconds
        self._forecast = Forecast(clock())
        self._account: Account | None = None
        self._tier: Tier | None = None
        self._slice_ends = clock()
        self._holds = 0
        self._spent = 0
        self._recent: deque[Entry] = deque()
        self._losses = 0
        self._charges: asyncio.Queue[Charge] = asyncio.Queue()
        self._work: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self.blind_since: float | None = None
        """When Redis went away, by the lease's clock; None while it answers."""
        self.blind_microdollars = 0
        """Spent since then."""

    @property
    def microdollars(self) -> int:
        """What the call has cost so far."""
        return self._spent

    async def reserve(self, tier: Tier) -> Verdict:
        """Reserve the next slice with a tier; what was held for another one is given back. At most some 200 ms."""
        async with self._turn:
            if tier != self._tier and self._tier is not None:
                self._forecast.change_tier(self._clock())
            verdict = await self._hold(tier)
        if self._work is None:
            self._work = asyncio.create_task(self._serve(), name="lease.serve")
        return verdict

    def meter(self, charge: Charge) -> None:
        """Book a charge soon; never waits."""
        self._charges.put_nowait(charge)

    async def release(self) -> None:
        """Hold nothing any more: a stack that is free serves the call. Charges of before are still booked."""
        async with self._turn:
            self._tier = None
            await self._settle("released")

    async def aclose(self) -> None:
        """Book what is left and give back what is held."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)
        async with self._turn:
            while not self._charges.empty():
                await self._book(self._charges.get_nowait())
            await self._settle("settled")
        self._spool.close()

    # -- in the background ---------------------------------------------------------------------------------

    async def _serve(self) -> None:
        while True:
            charge = await self._next_charge(
                RECOVER_SECONDS if self.blind_since is not None else BEAT_SECONDS
            )
            async with self._turn:
                if charge is not None:
                    # Not to be broken off between Redis and what we remember of it.
                    await asyncio.shield(self._book(charge))
                elif self.blind_since is not None:
                    await self._recover()
                else:
                    await self._check()
                if self._tier is not None and self._clock() >= self._slice_ends:
                    self.on_verdict(await self._hold(self._tier))

    async def _next_charge(self, seconds: float) -> Charge | None:
        until_slice = self._slice_ends - self._clock() if self._tier is not None else seconds
        try:
            async with asyncio.timeout(max(0.0, min(seconds, until_slice))):
                return await self._charges.get()
        except TimeoutError:
            return None

    async def _hold(self, tier: Tier) -> Verdict:
        now = self._clock()
        self._slice_ends = now + self._slice
        self._holds += 1
        if self.blind_since is not None:
            return self._while_blind(tier)
        try:
            async with asyncio.timeout(self._wait):
                answer = await self._hold_now(tier, self._forecast.next(tier, self._slice, now))
                await self._mind_losses()
        except BlindError as error:
            self._went_blind(error.why)
            return self._while_blind(tier)
        except TimeoutError:  # each question was in time, but there were several
            self._went_blind("timeout")
            return self._while_blind(tier)
        if isinstance(answer, Refused):
            return Verdict("unpaid" if answer.why == "unpaid" else "exhausted", answer.scope.split(":")[0])
        self._tier = tier
        return Verdict("held")

    async def _hold_now(self, tier: Tier, microdollars: int) -> Booked | Refused:
        first = self._account is None
        now_ms = self._budget.now_ms or await self._budget.time_ms()
        for _ in range(3):
            account = self._account_at(now_ms)
            answer = await self._budget.hold(
                account,
                operation=f"{self._call_id}:hold:{self._holds}",
                tier=tier,
                microdollars=microdollars,
                ttl_ms=round(TTL_SLICES * self._slice * 1000),
                first=first,
                details={"event": "reserved"},
            )
            if answer is not None:
                self._account = account
                return answer
            now_ms = self._budget.now_ms
        raise BlindError("clock")

    def _account_at(self, now_ms: int) -> Account:
        return Account(
            self._call_id, scopes_of(self._call_id, self._subject, self._zone, now_ms), self._caps()
        )

    async def _book(self, charge: Charge) -> None:
        account = self._account or self._account_at(self.now_ms())
        entry = Entry(
            operation=f"{self._call_id}:{charge.event_id}",
            kind="charge",
            at_ms=self.now_ms(),
            call_id=self._call_id,
            tier=charge.tier,
            microdollars=charge.microdollars,
            scopes=tuple(scope.name for scope in account.scopes),
            details=charge.details,
        )
        self._forecast.charged(charge.microdollars, self._clock())
        if self.blind_since is None:
            try:
                booked = await self._budget.meter(
                    account,
                    operation=entry.operation,
                    tier=charge.tier,
                    microdollars=charge.microdollars,
                    details=charge.details,
                )
                self._remember(entry)
                self._tell(booked.spent)
                await self._mind_losses()
                return
            except BlindError as error:
                self._went_blind(error.why)
        await self._book_blind(entry)

    async def _book_blind(self, entry: Entry) -> None:
        """Redis may have done it before its answer was lost: the operation id makes the two one."""
        entry = replace(entry, blind=True)
        await self._keep([entry])
        self.blind_microdollars += entry.microdollars
        self._tell(self._spent + entry.microdollars)

    async def _keep(self, entries: list[Entry]) -> None:
        try:
            await self._journal.append(entries)
        except JournalDownError:
            await self._spool.append(entries)

    def _remember(self, entry: Entry) -> None:
        self._recent.append(entry)
        while self._recent[0].at_ms < entry.at_ms - REMEMBER_MS:
            self._recent.popleft()

    async def _check(self) -> None:
        try:
            await self._budget.check()
            await self._mind_losses()
        except BlindError as error:
            self._went_blind(error.why)

    async def _mind_losses(self) -> None:
        """Redis has lost something: tell the journal what it may not have got, and count anew."""
        if self._budget.losses == self._losses or self._account is None:
            return
        log.warning("budget.redis_lost_data", extra={"call_id": self._call_id})
        await self._count_anew()
        if self._tier is not None:
            await self._hold_now(self._tier, self._forecast.next(self._tier, self._slice, self._clock()))
        self._losses = self._budget.losses

    async def _recover(self) -> None:
        """Try to see again: first everything into the journal, then count anew, then hold."""
        try:
            await self._budget.check()
            await self._spool.drain(self._journal)
            await self._count_anew()
        except (BlindError, JournalDownError):
            return
        seconds = self._clock() - (self.blind_since or 0.0)
        log.warning(
            "budget.sees_again",
            extra={
                "call_id": self._call_id,
                "seconds": round(seconds, 2),
                "microdollars": self.blind_microdollars,
            },
        )
        self.blind_since, self.blind_microdollars = None, 0
        self._losses = self._budget.losses
        if self._tier is not None:
            self.on_verdict(await self._hold(self._tier))

    async def _count_anew(self) -> None:
        """Tell the journal what Redis may not have kept, and have the call's scopes counted from it."""
        try:
            await self._journal.append(list(self._recent))
        except JournalDownError:
            raise BlindError("journal") from None
        if self._account is not None:
            await self._budget.distrust(self._account)
            await self._budget.recount_all(self._account)

    def _went_blind(self, why: str) -> None:
        self.blind_since = self._clock()
        log.warning("budget.blind", extra={"call_id": self._call_id, "why": why})

    def _while_blind(self, tier: Tier) -> Verdict:
        """No premium on money that cannot be seen; the cheaper tiers within the worker's own allowance."""
        if tier == "premium":
            return Verdict("blind")
        if self.blind_microdollars >= self._allowance:
            return Verdict("exhausted")
        self._tier = tier
        return Verdict("held")

    async def _settle(self, event: str) -> None:
        if self._account is None or self.blind_since is not None:
            return  # the lease expires by itself
        self._holds += 1
        try:
            await self._budget.settle(
                self._account,
                operation=f"{self._call_id}:{event}:{self._holds}",
                tier=self._tier or "economy",
                details={"event": event},
            )
        except BlindError as error:
            self._went_blind(error.why)

    def _tell(self, spent: int) -> None:
        self._spent = spent
        self._on_spent(spent)

    def now_ms(self) -> int:
        """Give the time by which money is counted, Unix ms."""
        return self._budget.estimated_now_ms()
