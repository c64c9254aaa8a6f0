"""The calls that go on, as an admin looks at them, and where each would go under another policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError
from sqlalchemy import case, func, select

from routing.budget import Budget, Counters
from routing.decision import BudgetState, Decision
from routing.forecast import Offer
from routing.journal import Journal, journal_errors
from routing.kinds import StackName
from routing.live_leases import LiveLease, live_leases
from routing.models import EntryRow
from routing.policy import Policy
from routing.redis_link import BlindError, RedisLink
from routing.room_below_caps import money_below
from routing.router import decide


@dataclass(frozen=True, slots=True)
class LiveView:
    """One call. Without a decision it has just begun, or its worker could not write yet."""

    call_id: str
    subject: str = ""
    began_ms: int = 0
    """Unix ms; 0 when it is not known yet."""
    microdollars: int = 0
    lease: LiveLease | None = None
    counters: Mapping[str, Counters] = field(default_factory=dict)
    """What Redis has of the scopes that the lease stands in, by name."""
    decision: Decision | None = None

    @property
    def held_microdollars(self) -> int:
        """What the call holds, µ$."""
        return 0 if self.lease is None else self.lease.microdollars


@dataclass(frozen=True, slots=True)
class Move:
    """A live call would be served otherwise. None: nothing could serve it any more."""

    call_id: str
    before: StackName | None
    after: StackName | None


async def live_views(
    journal: Journal, link: RedisLink, budget: Budget, call_ids: Sequence[str]
) -> tuple[list[LiveView], str]:
    """Read the calls of these ids, the newest first, and why their money may be behind, or empty.

    Raises JournalDownError.
    """
    ids = sorted(set(call_ids))
    if not ids:
        return [], ""
    leases: dict[str, LiveLease] = {}
    counters: dict[str, Counters] = {}
    why_behind = ""
    try:
        leases = {each.call_id: each for each in await live_leases(link) if each.call_id in set(ids)}
        names = {f"call:{call_id}" for call_id in ids}.union(*(each.scopes for each in leases.values()))
        counted = await budget.counters(sorted(names))
        counters = {name: each for name, each in zip(sorted(names), counted, strict=True) if each is not None}
    except BlindError as error:
        why_behind = error.why
    charge = case((EntryRow.kind == "charge", EntryRow.microdollars), else_=0)
    sums = (
        select(EntryRow.call_id, func.min(EntryRow.at_ms), func.coalesce(func.sum(charge), 0))
        .where(EntryRow.call_id.in_(ids))
        .group_by(EntryRow.call_id)
    )
    decisions = (
        select(EntryRow.call_id, EntryRow.details)
        .where(EntryRow.call_id.in_(ids), EntryRow.kind == "decision")
        .order_by(EntryRow.at_ms, EntryRow.operation)
    )
    with journal_errors():
        async with journal.engine.connect() as connection:
            known = {call_id: (began, int(sum_)) for call_id, began, sum_ in await connection.execute(sums)}
            last = {call_id: details for call_id, details in await connection.execute(decisions)}
    views = []
    for call_id in ids:
        began_ms, booked = known.get(call_id, (0, 0))
        details, lease, spent = last.get(call_id, {}), leases.get(call_id), counters.get(f"call:{call_id}")
        views.append(
            LiveView(
                call_id,
                subject=str(details.get("subject", "")),
                began_ms=began_ms,
                microdollars=max(booked, 0 if spent is None else spent.spent),
                lease=lease,
                counters={} if lease is None else {n: counters[n] for n in lease.scopes if n in counters},
                decision=_decision(details.get("decision")),
            )
        )
    return sorted(views, key=lambda view: (-view.began_ms, view.call_id)), why_behind


def moves(calls: Sequence[LiveView], policy: Policy) -> list[Move]:
    """Say which live calls would be served otherwise: each is decided again from what it knew last.

    Money that was refused is asked for anew then. Whether it is there follows from what the policy's caps leave, for a
    call that holds some: as much again for what serves it, and a first slice for every other stack. For the other
    calls it is taken to be there. What a call holds it keeps, so that caps move it when it next asks, within a slice
    of `slice_seconds`.
    """
    found = []
    for call in calls:
        before = call.decision
        if before is None:
            continue
        news = {"policy": policy.concerning(call.subject), "budget": _money(call, before, policy)}
        after = decide(before.inputs.model_copy(update=news))
        if after.stack != before.stack:
            found.append(Move(call.call_id, before.stack, after.stack))
    return found


def _money(call: LiveView, before: Decision, policy: Policy) -> BudgetState:
    asked_anew = before.inputs.budget.forgiving()
    if call.lease is None:
        return asked_anew
    asks = []
    for state in before.inputs.stacks:
        if state.free:
            continue
        offer = Offer.of(state.name, state.tier)
        asks.append((offer, call.lease.microdollars if state.name == before.stack else offer.first_slice))
    return money_below(policy.caps_of(call.subject), call.lease, call.counters, asked_anew, asks)


def _decision(stored: object) -> Decision | None:
    try:
        return Decision.model_validate(stored)
    except ValidationError:
        return None
