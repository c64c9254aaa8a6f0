"""One call's questions to the budget: whose money it is, what was booked already, what Redis has lost of it."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from routing.blind import BlindBook
from routing.budget import Account, Booked, Budget, Refused
from routing.caps import Caps
from routing.journal import Entry
from routing.kinds import StackName, Tier
from routing.redis_link import BlindError
from routing.scopes import scopes_of

log = logging.getLogger("routing.call_budget")


class Charge(Protocol):
    """One priced usage event, as the lease books it."""

    @property
    def event_id(self) -> str:
        """Identify the event within the call."""

    @property
    def tier(self) -> Tier:
        """Name the tier whose caps it counts against."""

    @property
    def stack(self) -> StackName:
        """Name the stack that cost it; empty for what belongs to none, as the line does."""

    @property
    def microdollars(self) -> int:
        """Its price, µ$; negative where it takes an estimate back."""

    @property
    def replaces(self) -> str:
        """Name the event whose estimate it takes the place of; empty for none."""

    @property
    def details(self) -> dict[str, Any]:
        """Units, certainty and price-table version, for the journal."""


class CallBudget:
    """What a lease asks Redis. Every question may raise BlindError, and none is asked a second time by itself."""

    def __init__(
        self,
        budget: Budget,
        blind: BlindBook,
        *,
        call_id: str,
        subject: str,
        zone: ZoneInfo,
        caps: Callable[[], Caps],
        had_lease: bool = False,
    ) -> None:
        self._budget = budget
        self._blind = blind
        self._call_id = call_id
        self._subject = subject
        self._zone = zone
        self._caps = caps
        self._account: Account | None = None
        self._holds = 0
        self._run = secrets.token_hex(4)
        """Another worker that takes the call over must not be given the answers that this one was given, and what it
        holds is not this one's to give back."""
        self._took = False
        """Whether the lease has been this run's."""
        self._has_past = had_lease
        """Whether anything was ever held or charged for the call; a refusal leaves nothing behind."""
        self._losses = budget.losses
        self._booked: dict[str, Account] = {}
        """By operation: the account in whose scopes it stands."""

    def named(self, subject: str) -> None:
        """Hear whose money it is, from the next hold on; where there is none, from the next charge on."""
        self._subject = subject

    async def hold(self, tier: Tier, microdollars: int, *others: int, ttl_ms: int) -> Booked | Refused:
        """Have the lease hold so much, µ$, for so long, whatever it held before.

        Of `others` the first that fits is held where the amounts before it find no room.
        """
        self._holds += 1
        first = not self._has_past
        now_ms = self._budget.now_ms or await self._budget.time_ms()
        for _ in range(3):
            account = self._account_at(now_ms)
            answer = await self._budget.hold(
                account,
                operation=f"{self._call_id}:{self._run}:hold:{self._holds}",
                tier=tier,
                microdollars=microdollars,
                others=others,
                ttl_ms=ttl_ms,
                first=first,
                run=self._run,
                take=not self._took,
                details={"event": "reserved"},
            )
            if answer is not None:
                self._account = account
                if isinstance(answer, Booked):
                    self._took = self._has_past = True
                return answer
            now_ms = self._budget.now_ms
        raise BlindError("clock")

    def entry(self, charge: Charge, *, sliced: bool) -> Entry | None:
        """Make the journal's entry of a charge; None for one that was made before, which must not count again.

        Redis knows it too, unless it has lost it. `sliced`: the next slice says, soon, whose money and which day it
        is; else nothing does but the charge itself, for as long as no money is held or Redis is away.
        """
        operation = f"{self._call_id}:{charge.event_id}"
        if operation in self._booked:
            return None
        now_ms = self.now_ms()
        # From here on the call's counter is never again one that may start with nothing.
        self._has_past = True
        if self._account is None or not sliced:
            self._account = self._account_at(now_ms)
        # What is taken back is taken from where it stands, though that be yesterday: no day is ever below nothing.
        account = self._booked.get(f"{self._call_id}:{charge.replaces}", self._account)
        self._booked[operation] = account
        return Entry(
            operation=operation,
            kind="charge",
            at_ms=now_ms,
            call_id=self._call_id,
            tier=charge.tier,
            microdollars=charge.microdollars,
            scopes=tuple(scope.name for scope in account.scopes),
            details=charge.details,
        )

    async def book(self, entry: Entry, tier: Tier) -> Booked:
        """Have Redis book a charge."""
        booked = await self._budget.meter(
            self._booked[entry.operation],
            operation=entry.operation,
            tier=tier,
            microdollars=entry.microdollars,
            details=entry.details,
        )
        self._blind.answered(entry)
        return booked

    async def book_blind(self, entry: Entry) -> None:
        """Keep a charge that Redis gave no answer to, or was not asked about."""
        await self._blind.write(entry)

    async def aclose(self) -> None:
        """Leave nothing behind that only this process knows, if there is a way."""
        await self._blind.aclose()

    async def settle(self, event: str, tier: Tier) -> None:
        """Give back what is held, if anything ever was."""
        if self._account is None:
            return
        self._holds += 1
        await self._budget.settle(
            self._account,
            operation=f"{self._call_id}:{self._run}:{event}:{self._holds}",
            tier=tier,
            run=self._run,
            details={"event": event},
        )

    async def check(self) -> None:
        """Make sure that Redis still is what it was."""
        await self._budget.check()

    async def counted_anew(self) -> bool:
        """Count anew if Redis has lost something; returns whether it had."""
        losses = self._budget.losses
        if losses == self._losses:
            return False
        log.warning("budget.redis_lost_data", extra={"call_id": self._call_id})
        await self._count()
        self._losses = losses
        return True

    async def see_again(self) -> None:
        """After blindness: tell Redis what it missed, and count anew."""
        await self._budget.check()
        losses = self._budget.losses
        await self._count()
        self._losses = losses

    def now_ms(self) -> int:
        """Give the time by which money is counted, Unix ms."""
        return self._budget.estimated_now_ms()

    async def _count(self) -> None:
        """Tell journal and Redis what they may not have got, and have the call's scopes counted from there."""
        await self._blind.hand_in()
        if self._account is not None:
            await self._budget.recount_all(self._account)

    def _account_at(self, now_ms: int) -> Account:
        return Account(
            self._call_id, scopes_of(self._call_id, self._subject, self._zone, now_ms), self._caps()
        )
