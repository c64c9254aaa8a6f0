"""What the breakers say, as a metric of the worker's."""

from __future__ import annotations

from typing import Final

from prometheus_client import Gauge

from routing.decision import Unhealthy
from tiers.catalogue import SERVICES

BREAKER_STATE: Final = Gauge(
    "voicetasks_breaker_state",
    "A vendor's service: 0 closed, 1 half open, 2 open.",
    ("vendor",),
    multiprocess_mode="livemostrecent",
)
_VALUES: Final = {"half_open": 1, "open": 2}


def show(unhealthy: tuple[Unhealthy, ...]) -> None:
    """Set the gauge of every service of the catalogue."""
    states = {one.service: _VALUES[one.state] for one in unhealthy}
    for service in SERVICES:
        BREAKER_STATE.labels(vendor=service).set(states.get(service, 0))
