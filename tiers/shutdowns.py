"""Which models their vendors are about to shut down, and what is served in their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from tiers.catalogue import MODELS, Model

WARN_BEFORE: Final = timedelta(days=60)
"""From this long before a model's shutdown whoever runs the product is told."""


@dataclass(frozen=True)
class Shutdown:
    """The shutdown of one model, as it is seen on a day."""

    model: Model
    day: date
    """The first day on which the vendor no longer serves it."""
    days_left: int
    """0 and less once it is shut down."""
    successor: str | None
    """What is served in its place."""
    since: date | None
    """The first day on which the successor is served; None where there is none."""
    is_succeeded: bool
    """Whether the successor is served already."""

    @property
    def told(self) -> str:
        """Vendor, day and successor, as a clause without the model's name."""
        stops = f"stops it on {self.day}, in {self.days_left} days"
        detail = f"{self.model.vendor} {stops if self.days_left > 0 else f'stopped it on {self.day}'}"
        if self.successor is None:
            return detail
        served = "is served instead" if self.is_succeeded else f"is served from {self.since}"
        return f"{detail}; {self.successor} {served}"


def shutdowns(today: date, known: Mapping[str, Model] = MODELS) -> list[Shutdown]:
    """The models that are shut down within 60 days, or were."""
    return [
        _seen(model, model.shutdown, today)
        for model in known.values()
        if model.shutdown is not None and today >= model.shutdown - WARN_BEFORE
    ]


def _seen(model: Model, day: date, today: date) -> Shutdown:
    served = model.on(today)
    is_succeeded = served != model
    return Shutdown(
        model,
        day,
        (day - today).days,
        served.name if is_succeeded else model.successor,
        model.succeeded_on,
        is_succeeded,
    )
