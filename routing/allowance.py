"""What a person's calls have cost this day and this month, and what they may cost: for the person themselves."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from routing.budget import Budget, Counters
from routing.caps import Cap
from routing.journal import Journal
from routing.policy_store import PolicyStore
from routing.redis_link import BlindError, RedisLink
from routing.scopes import scopes_of
from routing.stream import StreamCounts


@dataclass(frozen=True, slots=True)
class Spent:
    """Of one period, µ$. Premium is a part of all."""

    premium: int
    premium_cap: int
    total: int
    total_cap: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """A person's own day and month, by their own clock, and what one call may cost."""

    day: Spent
    month: Spent
    call_cap: int


async def allowance(
    journal: Journal, store: PolicyStore, link: RedisLink, *, user_id: str, zone: ZoneInfo
) -> Allowance:
    """Read it from Redis, or from the journal where Redis does not have it. Raises JournalDownError."""
    subject = await journal.subject_of(user_id)
    caps = (await store.current()).caps_of(subject)
    budget = Budget(link, StreamCounts(link, journal))
    counters: Sequence[Counters | None] = (None, None)
    try:
        now_ms = await budget.time_ms()
        names = _names(subject, zone, now_ms)
        counters = await budget.counters(names)
    except BlindError:
        now_ms = time.time_ns() // 1_000_000
        names = _names(subject, zone, now_ms)
    day, month = [
        await _spent(journal, name, cap, counted, now_ms)
        for name, cap, counted in zip(names, (caps.user_day, caps.user_month), counters, strict=True)
    ]
    return Allowance(day, month, caps.call.total)


def _names(subject: str, zone: ZoneInfo, now_ms: int) -> list[str]:
    found = {scope.kind: scope.name for scope in scopes_of("", subject, zone, now_ms)}
    return [found["user_day"], found["user_month"]]


async def _spent(journal: Journal, name: str, cap: Cap, counted: Counters | None, now_ms: int) -> Spent:
    if counted is None:
        sums = await journal.sums(name, upto_ms=now_ms)
        return Spent(sums.premium, cap.premium, sums.total, cap.total)
    # What no cap had room for, and what was spent while Redis was away, was spent all the same.
    return Spent(
        counted.premium_committed + counted.premium_overshoot + counted.premium_blind,
        cap.premium,
        counted.committed + counted.overshoot + counted.blind,
        cap.total,
    )
