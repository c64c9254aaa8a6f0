"""Divides whole µ$ in proportion, so that the parts are exactly the whole."""

from __future__ import annotations

from collections.abc import Sequence


def shares(total: int, weights: Sequence[int]) -> list[int]:
    """Divide a total by weights; what rounding down leaves over goes to the largest remainders, the first of equals.

    Weights that are all nothing count the same. Raises ValueError without weights, or for negative numbers.
    """
    if not weights or total < 0 or min(weights) < 0:
        raise ValueError("there must be weights, and nothing negative")
    whole = sum(weights)
    if whole == 0:
        weights, whole = [1] * len(weights), len(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda at: (-(total * weights[at] % whole), at))
    for at in by_remainder[: total - sum(parts)]:
        parts[at] += 1
    return parts
