"""The changes of what serves a call, as a metric."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter

SWAPS: Final = Counter(
    "voicetasks_swaps",
    "Changes of the stack that serves a live call, by what the router gave as the cause; «age» for a renewal.",
    ("from", "to", "reason"),
)


def swapped(before: str, after: str, reason: str) -> None:
    """Count one; the stacks by name."""
    SWAPS.labels(before, after, reason).inc()
