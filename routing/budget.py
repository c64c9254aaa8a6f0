"""The budget in Redis: reserve, extend, meter and settle, each one atomic script over every scope of a call.

Counters are never created out of nothing: a scope that Redis does not know (evicted, flushed, restored, a new day) is
counted from the journal first. adr/0010 has the reasons.
"""

from __future__ import annotations

import json
import struct
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from routing.caps import Caps
from routing.kinds import Tier
from routing.missed import Missed
from routing.redis_link import BlindError, RedisLink
from routing.scopes import Scope

PREFIX: Final = "{voicetasks}:"
"""Every key of a script in one hash slot, as a Redis cluster wants it."""

ATTEMPTS: Final = 4
"""Of one operation: Redis may have to be told an epoch and given counters before it can be done."""

SCOPES_AT_ONCE: Final = 1_000
"""Read by one script: Lua in Redis hands at most some 8,000 keys to a command, and who else asks waits meanwhile."""

Why = Literal["premium", "total", "unpaid", "superseded"]


@dataclass(frozen=True, slots=True)
class Account:
    """Whose money: a call and its scopes, the call's own first, with the caps that hold for them."""

    call_id: str
    scopes: tuple[Scope, ...]
    caps: Caps

    @property
    def names(self) -> str:
        """The scopes' names in order, joined by a space, as Redis and the journal keep them."""
        return " ".join(scope.name for scope in self.scopes)


@dataclass(frozen=True, slots=True)
class Request:
    """One run of the script, as budget.lua names its parts."""

    verb: Literal["hold", "meter", "settle"]
    account: Account
    operation: str
    tier: Tier
    amount: int = 0
    """µ$"""
    ttl_ms: int = 0
    first: bool = False
    """The call never had a lease."""
    run: str = ""
    """Who asks: a call's run on one worker."""
    take: bool = False
    """Whoever held the lease before, it is this run's from now on."""
    details: Mapping[str, Any] | None = None
    others: Sequence[int] = ()
    """µ$ to hold instead, the first that fits, where the amounts before it find no room."""


@dataclass(frozen=True, slots=True)
class Counters:
    """One scope in Redis, µ$. `committed + held` never passes the cap; overshoot and blind spending stand beside it."""

    premium_committed: int
    premium_held: int
    committed: int
    held: int
    premium_overshoot: int
    overshoot: int
    premium_blind: int
    blind: int

    @property
    def premium_spent(self) -> int:
        """What was charged for premium, µ$."""
        return self.premium_committed + self.premium_overshoot + self.premium_blind

    @property
    def spent(self) -> int:
        """All that was charged, µ$."""
        return self.committed + self.overshoot + self.blind


@dataclass(frozen=True, slots=True)
class Booked:
    """An operation was done, now or when it was first sent."""

    spent: int
    """What the call has cost so far, µ$, overshoot and blind spending included."""
    held: int
    """What its lease still holds, µ$."""
    overshoot: int = 0
    """The part of this charge that no cap had room for, µ$."""
    short: str = ""
    """Name of the scope that had no room for the amount before the one that is held; empty where the first is."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was reserved and nothing touched."""

    scope: str
    """Name of the first scope without room, for the last amount that was asked for."""
    why: Why
    """Which cap, or that overshoot or blind spending is not paid yet, or that another run of the call has the lease."""


class Counts(Protocol):
    """Where missing counters come from: the journal."""

    async def sums(self, scope: str, *, upto: str) -> Sums:
        """Sum what a scope has cost, everything in the stream up to an entry id included."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What the journal says about a scope."""

    premium: int
    total: int
    premium_blind: int
    blind: int
    """The part of each that was spent while Redis was away, µ$."""
    newest: tuple[str, ...]
    """Operation ids that the stream may hold too, so that nothing is counted twice."""


class Budget:
    """Speaks with Redis about money. Every method may raise BlindError, within 200 ms on a healthy link."""

    def __init__(self, link: RedisLink, counts: Counts, *, prefix: str = PREFIX) -> None:
        self._link = link
        self._counts = counts
        self._prefix = prefix
        self._script = link.script("budget")
        self._seed = link.script("seed")
        self._begin = link.script("epoch")
        self._peek = link.script("peek")
        self._mark = link.script("mark")
        self.missed = Missed(link, prefix=prefix)
        """Tells Redis of charges that the journal holds and its counters may lack."""
        self._epoch = self._last_epoch = ""
        self._seen = 0
        self.losses = 0
        """How often Redis turned out to have lost what it once knew."""
        self.now_ms = 0
        """Redis' clock at the last answer, Unix ms; 0 before the first."""
        self._now_at = 0.0

    @property
    def stream(self) -> str:
        """Key of the stream of journal entries that wait to be put into SQL."""
        return f"{self._prefix}journal"

    async def hold(
        self,
        account: Account,
        *,
        operation: str,
        tier: Tier,
        microdollars: int,
        others: Sequence[int] = (),
        ttl_ms: int,
        first: bool = False,
        run: str = "",
        take: bool = False,
        details: Mapping[str, Any] | None = None,
    ) -> Booked | Refused | None:
        """Make the call's lease hold so much for so long, whatever it held before.

        Where that finds no room, the first of `others` that does is held, in the same step of Redis.
        `first` says that the call never had a lease. `run` names who asks; a lease that another run holds is left
        alone, unless this one is to `take` it. None: a scope is not the one of Redis' time any more; make the
        account anew with `now_ms`.
        """
        answer = await self._run(
            Request("hold", account, operation, tier, microdollars, ttl_ms, first, run, take, details, others)
        )
        match answer[0]:
            case "period":
                return None
            case "superseded":
                return Refused(account.scopes[0].name, "superseded")
            case "refused":
                return Refused(account.scopes[answer[3]].name, answer[4])
            case _:
                short = account.scopes[answer[6]].name if len(answer) > 6 else ""
                return Booked(answer[3], answer[4], short=short)

    async def meter(
        self,
        account: Account,
        *,
        operation: str,
        tier: Tier,
        microdollars: int,
        details: Mapping[str, Any] | None = None,
    ) -> Booked:
        """Book a charge: from what is held, then from what the caps leave, the rest as overshoot.

        A negative charge takes an estimate back.
        """
        answer = await self._run(Request("meter", account, operation, tier, microdollars, details=details))
        return Booked(answer[3], answer[4], answer[5])

    async def settle(
        self,
        account: Account,
        *,
        operation: str,
        tier: Tier,
        run: str = "",
        details: Mapping[str, Any] | None = None,
    ) -> Booked:
        """Give back what this run holds; the call has no lease any more, unless another run has taken it."""
        answer = await self._run(Request("settle", account, operation, tier, run=run, details=details))
        return Booked(answer[3], answer[4])

    async def time_ms(self) -> int:
        """Ask for Redis' clock, Unix ms."""
        seconds, micros = await self._link.ask(self._link.redis.time())
        self._tells_time(seconds * 1000 + micros // 1000)
        return self.now_ms

    def _tells_time(self, now_ms: int) -> None:
        self.now_ms, self._now_at = now_ms, time.monotonic()

    async def distrust(self, account: Account) -> None:
        """Have the account's scopes counted anew at their next use: the journal knows more than Redis does."""
        await self.missed.distrust([scope.name for scope in account.scopes])

    async def counters(self, names: Sequence[str]) -> list[Counters | None]:
        """Read scopes as they stand; None for one that Redis does not have."""
        found: list[Counters | None] = []
        for at in range(0, len(names), SCOPES_AT_ONCE):
            keys = [self._scope_key(name) for name in names[at : at + SCOPES_AT_ONCE]]
            raw = await self._link.ask(self._peek(keys=keys, args=[]))
            found += [Counters(*each) if each else None for each in raw]
        return found

    async def check(self) -> None:
        """Make sure that Redis still is what it was; `losses` grows when it is not."""
        epoch = await self._known_epoch()
        seen = self._seen  # before we ask: others of this process go on meanwhile
        ran = await self._link.ask(self._link.redis.hget(self._keys("epoch")[0], epoch))
        if ran is None or int(ran) < seen:
            await self._new_epoch(distrust=epoch)
        elif epoch == self._last_epoch:  # what others ran is not to be lost either
            self._seen = max(self._seen, int(ran))

    def estimated_now_ms(self) -> int:
        """Give Redis' clock by our own, Unix ms; the machine's where Redis never answered."""
        if not self.now_ms:
            return time.time_ns() // 1_000_000
        return self.now_ms + round(1000 * (time.monotonic() - self._now_at))

    async def recount_all(self, account: Account) -> None:
        """Count every scope of an account that nobody has counted in this epoch."""
        for index in range(len(account.scopes)):
            await self.recount(account, index)

    async def recount(self, account: Account, index: int) -> None:
        """Count one scope of an account from the journal, unless somebody did in this epoch."""
        for _ in range(ATTEMPTS):
            if await self._count(account.scopes[index], account.caps) not in ("changed", "epoch"):
                return

    async def _count(self, scope: Scope, caps: Caps) -> str:
        cap = caps.of(scope.kind)
        epoch = await self._known_epoch()
        keys = [self.stream, self._scope_key(scope.name)]
        upto, fingerprint = await self._link.ask(self._mark(keys=keys, args=[]))
        sums = await self._counts.sums(scope.name, upto=upto)
        said: str = await self._link.ask(
            self._seed(
                keys=[*self._keys("epoch", "leases", "journal"), self._scope_key(scope.name)],
                args=[
                    epoch,
                    scope.name,
                    upto,
                    f"{self._prefix}lease:",
                    _packed(
                        _number(epoch),
                        sums.premium,
                        sums.total,
                        sums.premium_blind,
                        sums.blind,
                        cap.premium,
                        cap.total,
                    ),
                    fingerprint,
                    *sums.newest,
                ],
            )
        )
        if said == "epoch":
            self._epoch = ""
        return said

    async def _run(self, request: Request) -> list[Any]:
        for _ in range(ATTEMPTS):
            epoch = await self._known_epoch()
            keys, arguments = self.script_arguments(request)
            answer = await self._link.ask(self._script(keys=keys, args=arguments))
            if answer[0] == "epoch":
                self._epoch = ""
                continue
            if answer[0] == "backwards":
                await self._new_epoch(distrust=epoch)
                continue
            if epoch == self._last_epoch:
                self._seen = max(self._seen, answer[1])
            if answer[2]:
                self._tells_time(answer[2])
            if answer[0] != "missing":
                return list(answer)
            for index in answer[3].split():
                await self.recount(request.account, int(index))
        raise BlindError("unsettled")

    def script_arguments(self, request: Request) -> tuple[list[str], list[str | bytes]]:
        """Give the keys and arguments of the script, as budget.lua names them."""
        account = request.account
        keys = [
            *self._keys("epoch", "leases", "journal"),
            f"{self._prefix}operations:{account.call_id}",
            f"{self._prefix}lease:{account.call_id}",
            *(self._scope_key(scope.name) for scope in account.scopes),
        ]
        charges = request.verb == "meter"
        entry = {
            "op": request.operation,
            "kind": "charge" if charges else "lease",
            "call": account.call_id,
            "tier": request.tier,
            "us": request.amount if charges else 0,
            "scopes": account.names,
            "details": request.details or {},
        }
        numbers = [
            _number(self._epoch),
            self._seen,
            request.tier == "premium",
            request.amount,
            request.ttl_ms,
        ]
        for scope in account.scopes:
            cap = account.caps.of(scope.kind)
            numbers += [cap.premium, cap.total, scope.starts_ms, scope.ends_ms]
        numbers += request.others
        return keys, [
            request.verb,
            self._epoch,
            request.operation,
            account.call_id,
            json.dumps(entry, separators=(",", ":")),
            account.names,
            "first" if request.first else "take" if request.take else "",
            f"{self._prefix}lease:",
            f"{self._prefix}scope:",
            _packed(*numbers),
            request.run,
        ]

    @property
    def script_sha(self) -> str:
        """The script's name in Redis, once it has run there."""
        return str(self._script.sha)

    async def _known_epoch(self) -> str:
        """Give the epoch, asked for anew whenever a connection was."""
        if self._link.connected_anew or not self._epoch:
            await self._new_epoch()
        return self._epoch

    async def _new_epoch(self, distrust: str = "") -> None:
        self._link.connected_anew = False
        try:
            server = await self._link.ask(self._link.redis.info("server"))
            run_id = server["run_id"]
            epoch = await self._link.ask(
                self._begin(
                    keys=self._keys("epoch"), args=[run_id, f"{run_id}:{uuid.uuid4().hex[:12]}", distrust]
                )
            )
        except BlindError:
            self._link.connected_anew = True
            raise
        if epoch != self._last_epoch:
            self.losses += bool(self._last_epoch)
            self._last_epoch, self._seen = epoch, 0
        self._epoch = epoch

    def _keys(self, *names: str) -> list[str]:
        return [f"{self._prefix}{name}" for name in names]

    def _scope_key(self, name: str) -> str:
        return f"{self._prefix}scope:{name}"


def _packed(*numbers: float) -> bytes:
    """Numbers as the scripts unpack them: doubles, exact for integers up to 2**53."""
    return struct.pack(f"<{len(numbers)}d", *numbers)


def _number(epoch: str) -> int:
    """Give an epoch's number: its random part, which fits a double."""
    return int(epoch.rsplit(":", 1)[1], 16)
