"""What a part of a call comes to as its charges come in: each is priced once, however many there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from routing.whatif.recorded import Charge
from tiers.catalogue import Stack
from tiers.prices import PriceTable, UnpricedModelError, UnpricedUnitError


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


class Running(Protocol):
    """A cost that charges are added to."""

    def add(self, charge: Charge) -> None:
        """Take in the next charge."""

    def after(self, minutes: float) -> Cost:
        """What it all comes to when the part has lasted so long."""


def is_of_no_stack(charge: Charge) -> bool:
    """Whether it costs the same whichever stack serves: a telephone's line, a look at the screen."""
    return charge.usage is not None and charge.usage.part in ("phone", "vision")


class AsRecorded:
    """Each charge has an amount, µ$, of its own."""

    def __init__(self, amount: Callable[[Charge], int]) -> None:
        self._amount = amount
        self._total = 0

    def add(self, charge: Charge) -> None:
        """Take in the next charge."""
        self._total += self._amount(charge)

    def after(self, minutes: float) -> Cost:
        """What it all comes to; time alone costs nothing."""
        del minutes
        return Cost(self._total)


class Carried:
    """What was used, priced as another stack's."""

    def __init__(self, table: PriceTable, wanted: Stack) -> None:
        self._table = table
        self._wanted = wanted
        self._priced: dict[str, int] = {}
        self._replaced: set[str] = set()
        self._unpriced: set[str] = set()
        self._unreadable = False
        self._total = 0

    @property
    def total(self) -> int | None:
        """µ$; None where nothing came in yet, or something that cannot be carried over."""
        if self._unreadable or self._unpriced or not (self._priced or self._replaced):
            return None
        return self._total

    def add(self, charge: Charge) -> None:
        """Take in the next charge; what it takes the place of is taken back."""
        usage = charge.usage
        if usage is None:
            self._unreadable = True
            return
        if usage.replaces:
            self._replaced.add(usage.replaces)
            self._unpriced.discard(usage.replaces)
            self._total -= self._priced.pop(usage.replaces, 0)
        if usage.event_id in self._replaced:
            return  # the better figure is there already
        price = 0
        if usage.part == "phone" or usage.part == "vision":  # noqa: PLR1714 (a set would tell mypy nothing)
            return  # of no stack
        model = self._wanted.parts.get(usage.part)
        if model is not None:  # a stack that is only typed with neither hears nor speaks
            try:
                price = self._table.price(replace(usage, vendor=model.vendor, model=model.name))
            except (UnpricedModelError, UnpricedUnitError):
                self._unpriced.add(usage.event_id)
                return
        self._priced[usage.event_id] = price
        self._total += price


class Otherwise:
    """Another stack's cost: by what was used where that can be carried over, else by the minute."""

    def __init__(
        self, amount: Callable[[Charge], int], carried: Carried | None, by_the_minute: Callable[[float], Cost]
    ) -> None:
        self._amount = amount
        self._carried = carried
        self._by_the_minute = by_the_minute
        self._of_no_stack = 0

    def add(self, charge: Charge) -> None:
        """Take in the next charge."""
        if is_of_no_stack(charge):
            self._of_no_stack += self._amount(charge)
        elif self._carried is not None:
            self._carried.add(charge)

    def after(self, minutes: float) -> Cost:
        """What it all comes to when the part has lasted so long."""
        total = None if self._carried is None else self._carried.total
        served = self._by_the_minute(minutes) if total is None else Cost(float(total))
        return served.plus(Cost(self._of_no_stack))
