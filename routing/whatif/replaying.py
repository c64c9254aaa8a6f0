"""Goes through calls of the past in the order in which they happened, and serves them under another policy."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from routing.decision import Decision
from routing.experiments.design import Experiment
from routing.policy import Policy
from routing.whatif.costing import Costing
from routing.whatif.deciding import Decider, same_answer
from routing.whatif.purse import Purse
from routing.whatif.recorded import Charge, RecordedCall, Stretch
from routing.whatif.running import Cost, Running


@dataclass(slots=True)
class Part:
    """A piece of a call that one stack would have served; usually all that one recorded decision held for."""

    stretch: Stretch
    decision: Decision
    at_ms: int
    ends_ms: int
    running: Running
    spent: int = 0
    """µ$ of its cost that are out of the purse."""
    cost: Cost = field(default_factory=Cost)

    def cost_at(self, at_ms: int) -> Cost:
        """What it came to until then."""
        return self.running.after(max(0, min(at_ms, self.ends_ms) - self.at_ms) / 60_000)

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
            running = costing.started(call.recorded, stretch, decision)
            call.parts.append(Part(stretch, decision, at_ms, stretch.ends_ms, running))
        else:
            _charge(call, stretch, charge, costing, decider, purse)
    for call in found:
        for part in call.parts:
            part.cost = part.cost_at(part.ends_ms)
    return found


def _charge(
    call: ReplayedCall, stretch: Stretch, charge: Charge, costing: Costing, decider: Decider, purse: Purse
) -> None:
    """Spend what a charge would have come to; where that empties a purse, something else serves from then on."""
    at_ms = charge.entry.at_ms
    part = next(part for part in reversed(call.parts) if part.stretch is stretch)
    part.running.add(charge)
    cost = round(part.cost_at(at_ms).microdollars)
    purse.spend(charge.entry.scopes, part.decision.tier or "economy", cost - part.spent)
    part.spent = cost
    is_last = call.parts[-1] is part and at_ms < part.ends_ms
    if is_last and decider.caps_differ(call.recorded, stretch.decision):
        other = decider.without_money(call.recorded, part.decision, at_ms)
        if other is not None:
            ends_ms, part.ends_ms = part.ends_ms, at_ms
            running = costing.started(call.recorded, stretch, other)
            call.parts.append(Part(stretch, other, at_ms, ends_ms, running))


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
