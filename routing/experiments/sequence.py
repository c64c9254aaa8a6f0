"""Intervals that hold at every look at once, however often one looks and whenever one stops.

Asymptotic confidence sequences: Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, «Time-uniform central limit theory and
asymptotic confidence sequences», Annals of Statistics 52(6), 2024 (arXiv:2103.06476): theorem 2.2, and for `rho` the
appendix on where the sequence is tightest. GrowthBook's statistics use the same boundary.
"""

from __future__ import annotations

import math
from typing import Final

ALPHA: Final = 0.05
"""How often, at most, an interval misses the truth at any look."""
TUNED_AT: Final = 500
"""Users at which the sequence is tightest: where a difference of a fifth is found, give or take."""


def multiplier(users: int, *, alpha: float = ALPHA, tuned_at: int = TUNED_AT) -> float:
    """Give how many standard errors an interval reaches to each side, with so many users in both arms together."""
    least = -2 * math.log(alpha)
    spread = users * (least + math.log(least + 1)) / tuned_at
    return math.sqrt(2 * (spread + 1) / spread * math.log(math.sqrt(spread + 1) / alpha))
