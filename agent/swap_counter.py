"""The changes of what serves a call, as a metric."""

from __future__ import annotations

import logging
from typing import Final

from prometheus_client import Counter

log = logging.getLogger("agent.swap_counter")

SWAPS: Final = Counter(
    "voicetasks_swaps",
    "Changes of the stack that serves a live call, by what the router gave as the cause; «age» for a renewal.",
    ("from", "to", "reason"),
)


def swapped(before: str, after: str, reason: str) -> None:
    """Count one; the stacks by name. A call goes on where it cannot be counted: the counts are files."""
    try:
        SWAPS.labels(before, after, reason).inc()
    except OSError as error:
        log.warning("swap.not_counted", extra={"error": type(error).__name__})
