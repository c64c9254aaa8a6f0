"""Who gets which arm: GrowthBook's bucketing, version 2, so that any of its SDKs gives the same answer.

Source: «Build your own SDK», https://docs.growthbook.io/lib/build-your-own (hash version 2 and bucket ranges).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

BUCKETS: Final = 10_000

_OFFSET: Final = 0x811C9DC5
_PRIME: Final = 0x01000193


def bucket_of(seed: str, unit: str) -> int:
    """Give the bucket of a unit, such as a user, from 0 to 9999. The seed is the experiment's name."""
    return _fnv1a32(str(_fnv1a32(seed + unit))) % BUCKETS


def arm_of(bucket: int, weights: Sequence[float], coverage: float = 1.0) -> int | None:
    """Give the number of the arm whose range a bucket lies in; None where it lies in none.

    The sums are GrowthBook's own, in their order: with others a bucket at an edge would change sides. A unit whose
    arm's range only grows, because the coverage does, stays in it.
    """
    point, below = bucket / BUCKETS, 0.0
    for number, weight in enumerate(weights):
        if below <= point < below + coverage * weight:
            return number
        below += weight
    return None


def _fnv1a32(text: str) -> int:
    """FNV-1a with 32 bits over UTF-16 code units, as a browser counts them."""
    value = _OFFSET
    data = text.encode("utf-16-le", "surrogatepass")
    for at in range(0, len(data), 2):
        value = ((value ^ (data[at] | data[at + 1] << 8)) * _PRIME) & 0xFFFFFFFF
    return value
