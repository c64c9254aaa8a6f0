"""How full a worker is, as a metric: workers are added and taken away by it."""

from __future__ import annotations

from typing import Final

from prometheus_client import Gauge

SLOTS: Final = Gauge(
    "voicetasks_slots",
    "Calls that this worker could serve at once, by state: used or free. A worker that stops has none.",
    ("state",),
    multiprocess_mode="livemostrecent",
)


def show(*, slots: int, used: int) -> None:
    """Set both states. `slots` 0: nothing can be taken here any more."""
    taken = min(used, slots)
    SLOTS.labels(state="used").set(taken)
    SLOTS.labels(state="free").set(slots - taken)
