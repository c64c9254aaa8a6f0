"""Whether as many users are in each arm as there should be. If not, something loses users, and nothing can be compared.

A sequential test of multinomial counts, so that looking every day raises no alarm by itself: Lindon, Malek,
«Anytime-Valid Inference for Multinomial Count Data», NeurIPS 2022 (arXiv:2011.03567), with a Dirichlet prior around
the shares that there should be.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.special import gammaln

ALARM: Final = 0.01
"""How often, at most, there is an alarm at any look though nothing is wrong."""
STRENGTH: Final = 100.0
"""Of the prior, in users: larger finds smaller imbalances later."""


def chance(counts: Sequence[int], shares: Sequence[float]) -> float:
    """Give a p-value that holds at every look; below ALARM the counts do not fit the shares. `shares` sum to 1."""
    seen, wanted = np.asarray(counts, dtype=float), np.asarray(shares, dtype=float)
    prior = STRENGTH * wanted
    evidence = (
        gammaln(prior.sum())
        - gammaln(prior.sum() + seen.sum())
        + np.sum(gammaln(prior + seen) - gammaln(prior))
        - np.sum(seen * np.log(wanted))
    )
    return float(min(1.0, np.exp(-evidence)))
