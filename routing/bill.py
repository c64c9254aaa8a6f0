"""One call's bill: usage events priced and made into charges, estimates taken back when the real figure comes."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import Any, get_args

from routing.kinds import StackName, Tier
from tiers.catalogue import STACKS
from tiers.catalogue import Part as StackPart
from tiers.prices import PriceTable, UnpricedModelError, UnpricedUnitError
from tiers.usage import Usage

log = logging.getLogger("routing.bill")


@dataclass(frozen=True, slots=True)
class PricedUsage:
    """A usage event with its price: what a lease books."""

    event_id: str
    tier: Tier
    stack: StackName
    """What used it; empty for the line and whatever else belongs to no stack."""
    microdollars: int
    """µ$; what it adds to the bill, so less where it takes the place of an estimate."""
    replaces: str
    """The event whose estimate that is; empty for none."""
    details: dict[str, Any]


class Bill:
    """Prices the events of one call."""

    def __init__(self, prices: PriceTable) -> None:
        self._prices = prices
        self._estimates: dict[str, int] = {}

    def price(self, usage: Usage) -> PricedUsage | None:
        """Price an event. None, and an error in the log, for one that the table cannot price.

        That cannot happen with stacks that were checked at the start (`refuse_unpriced`).
        """
        try:
            cost = self._prices.price(usage)
        except (UnpricedModelError, UnpricedUnitError):
            log.exception("usage.unpriced", extra={"vendor": usage.vendor, "stack": usage.stack})
            return None
        added = cost - self._estimates.pop(usage.replaces, 0) if usage.replaces else cost
        if usage.certainty == "estimated":
            self._estimates[usage.event_id] = cost
        stack = STACKS.get(usage.stack)
        return PricedUsage(
            event_id=usage.event_id,
            tier=stack.tier if stack is not None else _tier_without(usage),
            stack=usage.stack if usage.part in get_args(StackPart) else "",
            microdollars=added,
            replaces=usage.replaces or "",
            details={
                "usage": json.loads(usage.to_json()),
                "price": cost,
                "price_version": self._prices.version,
            },
        )


def _tier_without(usage: Usage) -> Tier:
    """The tier of what no stack of ours used: the dearest, for nobody knows; a line that is up unserved is not."""
    return "economy" if usage.part == "phone" and not usage.stack else "premium"
