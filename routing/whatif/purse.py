"""Money of a past that was not: what would have been spent below which cap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from routing.caps import Caps
from routing.forecast import Offer
from routing.scopes import ScopeKind

_KINDS: Final[dict[str, ScopeKind]] = {
    "call": "call",
    "user-day": "user_day",
    "user-month": "user_month",
    "global-day": "global_day",
}


class Purse:
    """What is spent, by scope and side. Only what was charged counts: leases of calls at the same time do not."""

    def __init__(self) -> None:
        self._premium: Counter[str] = Counter()
        self._total: Counter[str] = Counter()

    def spend(self, scopes: Sequence[str], tier: str, microdollars: int) -> None:
        """Count a charge."""
        for scope in scopes:
            self._total[scope] += microdollars
            if tier == "premium":
                self._premium[scope] += microdollars

    def refuses(self, scopes: Sequence[str], offer: Offer, caps: Caps) -> str:
        """Name the kind of scope that has no room for a stack's first slice; empty when all have."""
        wanted = offer.first_slice
        for scope in scopes:
            kind = scope.split(":", 1)[0]
            cap = caps.of(_KINDS[kind])
            if self._total[scope] + wanted > cap.total:
                return kind
            if offer.tier == "premium" and self._premium[scope] + wanted > cap.premium:
                return kind
        return ""
