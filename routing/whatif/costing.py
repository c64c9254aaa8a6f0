"""What a stretch of a call would have cost with another stack, or by other prices.

What was used is known, so where the stack is the same it is priced again. Between two cascades each part bills the
same units: what was heard, read, written and said is priced as the other's. Between speech to speech and a cascade
nothing can be carried over; there the other stack's minutes in the same time tell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from math import sqrt
from typing import Final

from routing.bill import Bill
from routing.forecast import START_RATES
from routing.kinds import StackName
from routing.whatif.recorded import Charge, RecordedCall, Stretch
from tiers.catalogue import STACKS, Stack, is_free
from tiers.prices import PriceTable, UnpricedModelError, UnpricedUnitError

SURE: Final = 1.96
"""Standard errors to each side of a range: nineteen times of twenty."""
LEAST_CALLS: Final = 3
"""Calls of a stack from which its cost a minute is told; with fewer the product's goal stands in."""
_UNKNOWN_SHARE: Final = 0.5
"""How far off a goal may be that stands in for a cost."""


@dataclass(frozen=True, slots=True)
class Cost:
    """µ$, and half the width of the range that they lie in."""

    microdollars: float = 0.0
    off: float = 0.0
    estimated: bool = False
    """Some of it is reckoned by the minute."""

    def plus(self, other: Cost) -> Cost:
        """Both. What is off in the one is off in the other: they rest on the same rate."""
        return Cost(
            self.microdollars + other.microdollars, self.off + other.off, self.estimated or other.estimated
        )


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

    def as_recorded(self, call: RecordedCall, charges: Iterable[Charge]) -> Cost:
        """What charges come to with the stack that they are for."""
        return Cost(sum(self.amount(call, charge) for charge in charges))

    def otherwise(
        self, recorded: Stretch, charges: Sequence[Charge], stack: StackName | None, minutes: float
    ) -> Cost:
        """What a stretch, or the part of it with these charges, would have cost with another stack."""
        wanted = STACKS.get(stack or "")
        if wanted is None or is_free(wanted):
            return Cost()
        served = STACKS.get(recorded.decision.stack or "")
        if charges and served is not None and served.is_cascade and wanted.is_cascade and not is_free(served):
            carried = self._carried(charges, wanted.on(_day(recorded.at_ms)))
            if carried is not None:
                return carried
        return self._by_the_minute(wanted, minutes)

    def _carried(self, charges: Sequence[Charge], wanted: Stack) -> Cost | None:
        total = 0
        replaced = {charge.usage.replaces for charge in charges if charge.usage is not None}
        for charge in charges:
            usage = charge.usage
            if usage is None:
                return None
            if usage.event_id in replaced:
                continue  # the better figure is there too
            if usage.part == "phone" or usage.part == "vision":  # noqa: PLR1714 (a set would tell mypy nothing)
                # Whichever stack serves, they cost what they cost.
                total += charge.entry.microdollars
                continue
            model = wanted.parts.get(usage.part)
            if model is None:  # a stack that is only typed with neither hears nor speaks
                continue
            try:
                total += self._table.price(replace(usage, vendor=model.vendor, model=model.name))
            except (UnpricedModelError, UnpricedUnitError):
                return None
        return Cost(float(total))

    def _by_the_minute(self, stack: Stack, minutes: float) -> Cost:
        rate = self.rates.get(stack.name)
        if rate is None or rate.calls < LEAST_CALLS:
            start = float(START_RATES[stack.tier])
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
                both[0] += sum(amounts[call.call_id][each.entry.operation] for each in stretch.charges)
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
