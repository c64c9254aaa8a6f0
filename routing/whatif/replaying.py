"""Goes through calls of the past in the order in which they happened, and serves them under another policy."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from routing.decision import Decision
from routing.experiments.design import Experiment
from routing.policy import Policy
from routing.whatif.costing import Cost, Costing
from routing.whatif.deciding import Decider, same_answer
from routing.whatif.purse import Purse
from routing.whatif.recorded import Charge, RecordedCall, Stretch


@dataclass(slots=True)
class Part:
    """A piece of a call that one stack would have served; usually all that one recorded decision held for."""

    stretch: Stretch
    decision: Decision
    at_ms: int
    ends_ms: int
    charges: list[Charge] = field(default_factory=list)
    cost: Cost = field(default_factory=Cost)

    @property
    def served_otherwise(self) -> bool:
        """Whether another stack, or another set of its services, would have served it."""
        recorded = self.stretch.decision
        return (self.decision.stack, self.decision.without) != (recorded.stack, recorded.without)


@dataclass(slots=True)
class ReplayedCall:
    """One call, as it was and as it would have been."""

    recorded: RecordedCall
    parts: list[Part] = field(default_factory=list)
    same: int = 0
    """Decisions that come out as they were recorded, stack, services and reasons."""

    @property
    def served_otherwise(self) -> bool:
        """Whether any of it would have been served otherwise."""
        return any(part.served_otherwise for part in self.parts)

    @property
    def cost(self) -> Cost:
        """What it would have cost."""
        total = Cost()
        for part in self.parts:
            total = total.plus(part.cost)
        return total


def replayed(
    calls: Sequence[RecordedCall],
    before: Sequence[Charge],
    costing: Costing,
    *,
    policy: Policy | None,
    users: Mapping[str, str],
    experiments: Mapping[str, Mapping[str, Experiment]],
) -> list[ReplayedCall]:
    """Replay calls. `before` are charges of the month that stand in its caps already.

    `users` are known by subject, and `experiments` by the version of the policy that they belonged to.
    """
    purse = Purse()
    for spent in before:
        purse.spend(spent.entry.scopes, spent.entry.tier, spent.entry.microdollars)
    decider = Decider(policy, purse, users, experiments)
    found = [ReplayedCall(call) for call in calls]
    for at_ms, call, stretch, charge in _events(found):
        if charge is None:
            decision = decider.again(call.recorded, stretch.decision, at_ms)
            call.same += same_answer(decision, stretch.decision)
            call.parts.append(Part(stretch, decision, at_ms, stretch.ends_ms))
        else:
            _charge(call, stretch, charge, costing, decider, purse)
    for call in found:
        for part in call.parts:
            part.cost = _cost(call.recorded, part, part.charges, part.ends_ms, costing)
    return found


def _charge(
    call: ReplayedCall, stretch: Stretch, charge: Charge, costing: Costing, decider: Decider, purse: Purse
) -> None:
    """Spend what a charge would have come to; where that empties a purse, something else serves from then on."""
    at_ms = charge.entry.at_ms
    parts = [part for part in call.parts if part.stretch is stretch]
    part = parts[-1]
    until_now = _cost(call.recorded, part, part.charges, at_ms, costing)
    part.charges.append(charge)
    cost = _cost(call.recorded, part, part.charges, at_ms, costing)
    tier = part.decision.tier or "economy"
    purse.spend(charge.entry.scopes, tier, round(cost.microdollars - until_now.microdollars))
    is_last = call.parts[-1] is part and at_ms < part.ends_ms
    if is_last and decider.caps_differ(call.recorded, stretch.decision):
        other = decider.without_money(call.recorded, part.decision, at_ms)
        if other is not None:
            ends_ms, part.ends_ms = part.ends_ms, at_ms
            call.parts.append(Part(stretch, other, at_ms, ends_ms))


def _cost(call: RecordedCall, part: Part, charges: Sequence[Charge], until_ms: int, costing: Costing) -> Cost:
    if not part.served_otherwise or part.decision.stack == part.stretch.decision.stack:
        return costing.as_recorded(call, charges)
    minutes = max(0, min(until_ms, part.ends_ms) - part.at_ms) / 60_000
    return costing.otherwise(part.stretch, charges, part.decision.stack, minutes)


def _events(
    calls: Sequence[ReplayedCall],
) -> Iterator[tuple[int, ReplayedCall, Stretch, Charge | None]]:
    """Decisions and charges of all calls by their time; of the same time, decisions first."""

    def of_one(number: int, call: ReplayedCall) -> Iterator[tuple[int, int, int, int]]:
        events = []
        for at, stretch in enumerate(call.recorded.stretches):
            events.append((stretch.at_ms, number, at, -1))
            # A charge that is older than its stretch's decision came before it was written.
            events += [
                (max(stretch.at_ms, charge.entry.at_ms), number, at, index)
                for index, charge in enumerate(stretch.charges)
            ]
        yield from sorted(events, key=lambda event: (event[0], event[3] >= 0, event[2], event[3]))

    streams = (of_one(number, call) for number, call in enumerate(calls))
    for at_ms, number, at, index in heapq.merge(*streams, key=lambda event: (event[0], event[3] >= 0)):
        stretch = calls[number].recorded.stretches[at]
        yield at_ms, calls[number], stretch, None if index < 0 else stretch.charges[index]
