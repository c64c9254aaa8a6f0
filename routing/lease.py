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
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from routing.blind import BlindBook
from routing.blind_spells import RECOVER_SECONDS, BlindSpells
from routing.budget import Booked, Budget, Refused
from routing.call_budget import CallBudget, Charge
from routing.caps import Caps
from routing.decision import Money
from routing.ending import ended
from routing.forecast import Forecast, Offer
from routing.journal import Entry, Journal
from routing.kinds import Tier
from routing.patience import within
from routing.redis_link import WAIT_SECONDS, BlindError
from routing.spool import Spool

log = logging.getLogger("routing.lease")

BEAT_SECONDS: Final = 1.0
"""How often a lease makes sure that Redis still knows what it knew."""
TTL_SLICES: Final = 3
"""A lease that nobody extended for so many slices is a dead worker's."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the budget said to a reservation."""

    money: Money
    scope: str = ""
    """Which kind of cap was in the way, of the last that found no room."""
    at: int = 0
    """Which of the offers is held; those before it found no room."""


class LeaseOverError(Exception):
    """A charge came when the call's money was settled."""


class Lease:
    """One call's lease. `open` it, `meter` into it, `aclose` it; everything but `reserve` happens in the background.

    `on_spent` gets the call's cost in µ$ after each charge; `on_verdict` what became of a slice. `taken_over`: another
    worker had a lease for this call. `on_blind` gets the seconds without Redis as they pass.
    `blind_microdollars` is what the call may spend while Redis is away, and `blind_together` what all may that have the
    spool's folder in common, calls that are over included; None: anything.
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
        blind_together: int | None = None,
        on_spent: Callable[[int], None] = lambda _: None,
        on_verdict: Callable[[Offer, Verdict], None] = lambda _offer, _verdict: None,
        clock: Callable[[], float] = time.monotonic,
        wait_seconds: float = WAIT_SECONDS,
        taken_over: bool = False,
        on_blind: Callable[[float], None] = lambda _: None,
    ) -> None:
        self._money = CallBudget(
            budget,
            BlindBook(journal, spool, budget.missed),
            call_id=call_id,
            subject=subject,
            zone=zone,
            caps=caps,
            had_lease=taken_over,
        )
        self._blind = BlindSpells(
            spool,
            call_id=call_id,
            allowance=blind_microdollars,
            together=blind_together,
            on_blind=on_blind,
            clock=clock,
        )
        self._spool = spool
        self._call_id = call_id
        self._slice = slice_seconds
        self._on_spent = on_spent
        self.on_verdict = on_verdict
        """Whoever is to hear what became of the next slice of an offer; the call's router."""
        self._clock = clock
        self._wait = wait_seconds
        self._forecast = Forecast(clock())
        self._offer: Offer | None = None
        self._releases = 0
        """How often the lease was released; a slice that was asked for before the last time is given back."""
        self._slice_ends = clock()
        self._spent = 0
        self._charges: deque[Charge] = deque()
        self._charged = asyncio.Event()
        self._booking: asyncio.Task[None] | None = None
        self._work: asyncio.Task[None] | None = None
        self._closed = False
        self._is_over = False
        """Nothing is booked any more."""
        self._turn = asyncio.Lock()

    @property
    def microdollars(self) -> int:
        """What the call has cost so far."""
        return self._spent

    @property
    def blind_since(self) -> float | None:
        """When Redis went away, by the lease's clock; None while it answers."""
        return self._blind.since

    @property
    def tier(self) -> Tier | None:
        """The tier that money is held for; None when none is."""
        return None if self._offer is None else self._offer.tier

    async def reserve(self, offer: Offer, *others: Offer) -> Verdict:
        """Reserve the next slice of the first of these offers that finds room; what was held before is given back.

        All are of one tier, and Redis is asked once. At most some 200 ms; 300 where Redis is away and the disk is slow.
        """
        verdict = await self._reserve((offer, *others))
        self._begin()
        return verdict

    def move(self, offer: Offer) -> None:
        """Hear that another stack of the tier serves, on what is held; the next slice is its own."""
        self._offer = offer
        self._forecast.serves(offer, self._clock())

    def _begin(self) -> None:
        if self._work is None and not self._closed:
            self._work = asyncio.create_task(self._serve(), name="lease.serve")
            self._work.add_done_callback(self._ended)

    async def _reserve(self, offers: tuple[Offer, ...]) -> Verdict:
        if self.blind_since is not None:
            # No turn to wait for: whoever has it may be asking a slow Redis.
            return await self._next_blind_slice(offers[0])
        deadline = asyncio.get_running_loop().time() + self._wait
        if not await self._take_turn(deadline):
            return await self._next_blind_slice(offers[0])
        try:
            return await self._hold(offers, deadline)
        finally:
            self._turn.release()

    async def _take_turn(self, deadline: float) -> bool:
        """Wait for the lease's turn; who has it for so long is waiting for Redis, which cannot be seen then."""
        try:
            async with within(deadline):
                await self._turn.acquire()
        except TimeoutError:
            self._blind.begin("busy")
            return False
        return True

    def named(self, subject: str) -> None:
        """Hear whose money it is, from the next slice on; where there is none, from the next charge on."""
        self._money.named(subject)

    def meter(self, charge: Charge) -> None:
        """Book a charge soon; never waits. It needs no slice: a free stack's call by telephone has none.

        Raises LeaseOverError once nobody books any more: what comes then is lost, and whoever has it says so.
        """
        if self._is_over:
            raise LeaseOverError
        self._charges.append(charge)
        self._charged.set()
        self._begin()

    async def release(self) -> None:
        """Hold nothing any more: a stack that is free serves the call. Charges of before are still booked.

        At most some 200 ms; a lease that could not be given back in that time expires.
        """
        self._offer = None
        self._releases += 1
        if self.blind_since is not None:
            return
        deadline = asyncio.get_running_loop().time() + self._wait
        if not await self._take_turn(deadline):
            return
        try:
            self._offer = None
            async with within(deadline):
                await self._settle("released")
        except TimeoutError:
            self._blind.begin("timeout")
        finally:
            self._turn.release()

    async def aclose(self) -> None:
        """Book what is left, give back what is held, and keep what Redis still was not told of."""
        self._closed = True
        if self._work is not None:
            await ended(self._work)
        async with self._turn:
            if self._booking is not None:
                await asyncio.wait({self._booking})
            while self._charges:
                await self._book(self._charges.popleft())
            self._is_over = True
            await self._settle("settled")
            if self.blind_since is not None:
                self._blind.tell()
            await self._money.aclose()
        self._spool.close()

    # -- in the background ---------------------------------------------------------------------------------

    async def _serve(self) -> None:
        while True:
            await self._wait_for_charge(RECOVER_SECONDS if self.blind_since is not None else BEAT_SECONDS)
            async with self._turn:
                charged = bool(self._charges)
                if charged:
                    # Not to be broken off between Redis and what we remember of it.
                    self._booking = asyncio.create_task(
                        self._book(self._charges.popleft()), name="lease.book"
                    )
                    await asyncio.shield(self._booking)
                if self.blind_since is not None:
                    self._blind.tell()
                    await self._recover()
                elif not charged:
                    await self._check()
                if self._offer is not None and self._clock() >= self._slice_ends:
                    await self._hold_on(self._offer)

    def _ended(self, work: asyncio.Task[None]) -> None:
        if not work.cancelled() and (error := work.exception()) is not None:
            log.error("lease.failed", exc_info=error, extra={"call_id": self._call_id})

    async def _wait_for_charge(self, seconds: float) -> None:
        until_slice = self._slice_ends - self._clock() if self._offer is not None else seconds
        if self._charges:
            return
        self._charged.clear()
        try:
            async with asyncio.timeout(max(0.0, min(seconds, until_slice))):
                await self._charged.wait()
        except TimeoutError:
            return

    async def _hold_on(self, offer: Offer) -> None:
        """Ask for the next slice of what is held, and tell what became of it, unless it was released meanwhile."""
        releases = self._releases
        verdict = await self._hold((offer,))
        if releases == self._releases:
            self.on_verdict(offer, verdict)

    async def _hold(self, offers: tuple[Offer, ...], deadline: float | None = None) -> Verdict:
        """Ask for the next slice, until a time on the event loop's clock; without one, for as long as a question may."""
        if self.blind_since is not None:
            return await self._next_blind_slice(offers[0])
        if deadline is None:
            deadline = asyncio.get_running_loop().time() + self._wait
        self._slice_ends = self._clock() + self._slice
        releases, before = self._releases, self._offer
        amounts = [self._forecast.next(offer, self._slice, self._clock()) for offer in offers]
        try:
            answer = await self._held_by(offers[0].tier, amounts, deadline)
        except BlindError as error:
            self._blind.begin(error.why)
            return await self._while_blind(offers[0], releases, before)
        if isinstance(answer, Refused) and answer.why == "superseded":
            # Another worker has the call, and its money with it: this one only has not heard of it yet.
            log.warning("budget.superseded", extra={"call_id": self._call_id})
            return await self._while_blind(offers[0], releases, before)
        if isinstance(answer, Refused):
            return Verdict("unpaid" if answer.why == "unpaid" else "exhausted", answer.scope.split(":")[0])
        at = amounts.index(answer.held)
        if (
            releases != self._releases
        ):  # who released it did not wait for the answer, and may have held on blind since
            await self._give_back("released", offers[0].tier)
        elif before == self._offer:  # else it was moved meanwhile, on what is held now
            self.move(offers[at])
        return Verdict("held", answer.short.split(":")[0], at)

    async def _held_by(self, tier: Tier, amounts: list[int], deadline: float) -> Booked | Refused:
        """Ask for the next slice until then. Raises BlindError."""
        try:
            async with within(deadline):
                try:
                    answer = await self._hold_now(tier, amounts)
                except BlindError as error:
                    if error.why != "unsettled":
                        raise
                    # Redis answers, and others count anew what it has lost just as we do.
                    answer = await self._hold_now(tier, amounts)
                if await self._money.counted_anew():
                    answer = await self._hold_now(tier, amounts)  # Redis said yes before it knew everything
                return answer
        except TimeoutError:  # each question was in time, but there were several
            raise BlindError("timeout") from None

    async def _hold_now(self, tier: Tier, amounts: list[int]) -> Booked | Refused:
        return await self._money.hold(tier, *amounts, ttl_ms=round(TTL_SLICES * self._slice * 1000))

    async def _book(self, charge: Charge) -> None:
        sliced = self._offer is not None and self.blind_since is None
        entry = self._money.entry(charge, sliced=sliced)
        if entry is None:  # it was booked before
            self._tell(self._spent)
            return
        self._forecast.charged(charge.tier, charge.stack, charge.microdollars, self._clock())
        if self.blind_since is not None or not await self._meter(entry, charge.tier):
            await self._money.book_blind(entry)
            self._blind.spend(entry.microdollars)
            self._tell(self._spent + entry.microdollars)

    async def _meter(self, entry: Entry, tier: Tier) -> bool:
        """Have Redis book a charge; False when it gave no answer."""
        try:
            booked = await self._money.book(entry, tier)
        except BlindError as error:
            self._blind.begin(error.why)
            return False
        self._tell(booked.spent)
        if tier == self.tier and (booked.overshoot or not booked.held):
            # The slice is used up long before its end: nothing is served on money that is not reserved.
            self._slice_ends = self._clock()
            if not booked.overshoot:  # or Redis has lost the lease, to be found out before more is asked for
                await self._check()
                return True
        await self._mind_losses()
        return True

    async def _check(self) -> None:
        try:
            await self._money.check()
        except BlindError as error:
            self._blind.begin(error.why)
            return
        await self._mind_losses()

    async def _mind_losses(self) -> None:
        """What Redis has lost is counted anew, and what the call held is asked for again at once."""
        try:
            if await self._money.counted_anew():
                self._slice_ends = self._clock()
        except BlindError as error:
            self._blind.begin(error.why)

    async def _recover(self) -> None:
        """Try to see again; then hold, for nobody knows what became of the lease."""
        if not self._blind.is_time_to_look():
            return
        try:
            await self._money.see_again()
        except BlindError:
            return
        self._blind.end()
        if self._offer is not None:
            await self._hold_on(self._offer)

    async def _next_blind_slice(self, offer: Offer) -> Verdict:
        self._slice_ends = self._clock() + self._slice
        return await self._while_blind(offer, self._releases, self._offer)

    async def _while_blind(self, offer: Offer, releases: int, before: Offer | None) -> Verdict:
        """No premium on money that cannot be seen; the cheaper tiers within the worker's own allowance.

        `releases`: how often the lease had been released when the slice was asked for; `before`: what it was for then.
        """
        if offer.tier == "premium":
            return Verdict("blind")
        is_spent = await self._blind.all_is_spent()
        if releases != self._releases:
            return Verdict("blind")
        if is_spent:
            return Verdict("exhausted")
        if before == self._offer:
            self.move(offer)
        return Verdict("held")

    async def _settle(self, event: str) -> None:
        if self.blind_since is not None:
            return  # the lease expires by itself
        await self._give_back(event, self.tier or "economy")

    async def _give_back(self, event: str, tier: Tier) -> None:
        try:
            await self._money.settle(event, tier)
        except BlindError as error:
            self._blind.begin(error.why)

    def _tell(self, spent: int) -> None:
        self._spent = spent
        self._on_spent(spent)

    def now_ms(self) -> int:
        """Give the time by which money is counted, Unix ms."""
        return self._money.now_ms()
