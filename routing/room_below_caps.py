"""Whether caps that somebody thinks of would leave a live call the money that it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args

from routing.budget import Counters
from routing.caps import Cap, Caps
from routing.decision import BudgetState, Money
from routing.forecast import Offer
from routing.kinds import Tier
from routing.live_leases import LiveLease
from routing.scopes import ScopeKind


def money_below(
    caps: Caps,
    lease: LiveLease,
    counters: Mapping[str, Counters],
    known: BudgetState,
    asks: Sequence[tuple[Offer, int]],
) -> BudgetState:
    """Say what the budget would answer, below these caps, to a call that asked for so much, µ$, with each stack.

    It reckons as `budget.lua` does for a hold: what was spent beside the caps is paid first, and the first scope
    without room refuses. What Redis does not have is taken to be empty. Nothing is asked or changed.
    """
    for offer, microdollars in asks:
        money, scope = _answer(caps, lease, counters, offer.tier, microdollars)
        if money == "exhausted":
            known = known.beyond(offer.tier, offer.stack, scope=scope)
        elif money != "held":
            known = known.told(offer.tier, money, scope)
    return known


def kind_of(scope: str) -> ScopeKind:
    """Give the kind of a scope by its name. Raises ValueError for a name that is none."""
    kind = scope.partition(":")[0].replace("-", "_")
    for known in get_args(ScopeKind):
        if kind == known:
            found: ScopeKind = known
            return found
    raise ValueError("that is no scope's name")


def _answer(
    caps: Caps, lease: LiveLease, counters: Mapping[str, Counters], tier: Tier, microdollars: int
) -> tuple[Money, str]:
    for name in lease.scopes:
        counted = counters.get(name)
        if counted is None:
            continue
        money = _in_scope(caps.of(kind_of(name)), lease, counted, tier, microdollars)
        if money != "held":
            return money, name.partition(":")[0]
    return "held", ""


def _in_scope(cap: Cap, lease: LiveLease, counted: Counters, tier: Tier, microdollars: int) -> Money:
    own_premium = lease.microdollars if lease.tier == "premium" else 0
    total = counted.committed + counted.held - lease.microdollars
    premium = counted.premium_committed + counted.premium_held - own_premium
    owed, owed_premium = counted.overshoot + counted.blind, counted.premium_overshoot + counted.premium_blind
    paid, paid_premium = _paid(owed, cap.total - total), _paid(owed_premium, cap.premium - premium)
    total, premium = total + paid, premium + paid_premium
    if tier == "premium" and (owed > paid or owed_premium > paid_premium):
        return "unpaid"
    if total + microdollars > cap.total:
        return "exhausted"
    if tier == "premium" and premium + microdollars > cap.premium:
        return "exhausted"
    return "held"


def _paid(owed: int, room: int) -> int:
    return max(0, min(owed, room))
