"""What a stretch of a call would have cost with another stack, or by other prices.

What was used is known, so where the stack is the same it is priced again. Between two cascades each part bills the
same units: what was heard, read, written and said is priced as the other's. Between speech to speech and a cascade
nothing can be carried over; there the other stack's minutes in the same time tell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import sqrt
from typing import Final

from routing.bill import Bill
from routing.decision import Decision
from routing.forecast import Offer
from routing.kinds import StackName
from routing.whatif.recorded import Charge, RecordedCall, Stretch
from routing.whatif.running import AsRecorded, Carried, Cost, Otherwise, Running, is_of_no_stack
from tiers.catalogue import STACKS, Stack, is_free
from tiers.prices import PriceTable

SURE: Final = 1.96
"""Standard errors to each side of a range: nineteen times of twenty."""
LEAST_CALLS: Final = 3
"""Calls of a stack from which its cost a minute is told; with fewer the product's goal stands in."""
_UNKNOWN_SHARE: Final = 0.5
"""How far off a goal may be that stands in for a cost."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What a minute of a stack costs, µ$."""

    microdollars: float
    error: float
    calls: int


class Costing:
    """Prices stretches. Without prices, what was charged then counts."""

    def __init__(self, calls: Sequence[RecordedCall], prices: PriceTable | None, bundled: PriceTable) -> None:
        self._prices = prices
        self._table = prices or bundled
        self._amounts = {call.call_id: self._reprice(call) for call in calls}
        self.rates = _rates(calls, self._amounts)

    def amount(self, call: RecordedCall, charge: Charge) -> int:
        """What a charge comes to, µ$."""
        return self._amounts[call.call_id][charge.entry.operation]

    def started(self, call: RecordedCall, stretch: Stretch, decision: Decision) -> Running:
        """Begin to add up what a stretch, or a part of it, would cost as a decision has it served."""
        recorded = stretch.decision
        if decision.stack == recorded.stack:
            return AsRecorded(lambda charge: self.amount(call, charge))
        wanted, served = STACKS.get(decision.stack or ""), STACKS.get(recorded.stack or "")
        if wanted is None:
            return AsRecorded(lambda _: 0)
        if is_free(wanted):
            return AsRecorded(lambda charge: self.amount(call, charge) if is_of_no_stack(charge) else 0)
        carries = served is not None and served.is_cascade and wanted.is_cascade and not is_free(served)
        carried = Carried(self._table, wanted.on(_day(stretch.at_ms))) if carries else None
        return Otherwise(
            lambda charge: self.amount(call, charge),
            carried,
            lambda minutes: self._by_the_minute(wanted, minutes),
        )

    def _by_the_minute(self, stack: Stack, minutes: float) -> Cost:
        rate = self.rates.get(stack.name)
        if rate is None or rate.calls < LEAST_CALLS:
            start = float(Offer.of(stack.name, stack.tier).rate)
            return Cost(start * minutes, _UNKNOWN_SHARE * start * minutes, estimated=True)
        return Cost(rate.microdollars * minutes, SURE * rate.error * minutes, estimated=True)

    def _reprice(self, call: RecordedCall) -> dict[str, int]:
        """Amounts by operation. An estimate that was replaced is taken back at the price that it is given here."""
        if self._prices is None:
            return {charge.entry.operation: charge.entry.microdollars for charge in call.charges}
        bill, amounts = Bill(self._prices), dict[str, int]()
        moved: dict[str, float] = {}
        for charge in sorted(call.charges, key=lambda charge: charge.entry.at_ms):
            usage, booked = charge.usage, charge.entry.microdollars
            if usage is None:
                amounts[charge.entry.operation] = booked
            elif usage.certainty == "reconciled":
                # It says what the vendor billed, not for which units: it moves as the estimate does.
                amounts[charge.entry.operation] = round(booked * moved.get(usage.replaces or "", 1.0))
            else:
                priced = bill.price(usage)
                amounts[charge.entry.operation] = booked if priced is None else priced.microdollars
                if priced is not None and booked:
                    moved[usage.event_id] = priced.microdollars / booked
        return amounts


def _rates(calls: Sequence[RecordedCall], amounts: dict[str, dict[str, int]]) -> dict[StackName, Rate]:
    """What a minute of each stack cost in these calls; the errors are of calls, which differ."""
    by_stack: dict[StackName, list[tuple[float, float]]] = defaultdict(list)
    for call in calls:
        spent: dict[StackName, list[float]] = defaultdict(lambda: [0.0, 0.0])
        for stretch in call.stretches:
            if stretch.decision.stack is not None and stretch.minutes > 0:
                both = spent[stretch.decision.stack]
                both[0] += sum(
                    amounts[call.call_id][each.entry.operation]
                    for each in stretch.charges
                    if not is_of_no_stack(each)
                )
                both[1] += stretch.minutes
        for stack, (microdollars, minutes) in spent.items():
            if minutes > 0:
                by_stack[stack].append((microdollars, minutes))
    return {stack: _rate(each) for stack, each in by_stack.items()}


def _rate(each: Sequence[tuple[float, float]]) -> Rate:
    n, minutes = len(each), sum(minutes for _, minutes in each)
    rate = sum(microdollars for microdollars, _ in each) / minutes
    if n < 2:
        return Rate(rate, rate, n)
    squares = sum((microdollars - rate * length) ** 2 for microdollars, length in each)
    return Rate(rate, sqrt(squares * n / (n - 1)) / minutes, n)


def _day(at_ms: int) -> date:
    return datetime.fromtimestamp(at_ms / 1000, UTC).date()
