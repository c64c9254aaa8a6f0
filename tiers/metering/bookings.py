"""What the parts of the meter book: each event of a vendor once, an estimate replaced when the vendor reports after all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Final

from tiers.catalogue import Model
from tiers.usage import Certainty, Outcome, Part, Usage

logger = logging.getLogger(__name__)

_ESTIMATE: Final = ":estimate"


class Bookings:
    """Makes events of one session of one stack, and hands each on once."""

    def __init__(self, stack: str, session: str, on_usage: Callable[[Usage], None]) -> None:
        self._stack = stack
        self._session = session
        self._on_usage = on_usage
        self._booked: set[str] = set()
        self._open = True

    def book(
        self,
        vendor_id: str,
        model: Model,
        part: Part,
        units: Mapping[str, int],
        *,
        certainty: Certainty = "actual",
        outcome: Outcome = "ok",
        heard: bool = True,
    ) -> None:
        """Hand on what was used, unless this very event was handed on before.

        An estimate is nothing new once the event was reported; a report takes the place of the estimate before it.
        Raises BadUsageError for units that nobody can have counted, and then nothing is booked: it may be estimated.
        """
        event_id = f"{self._session}:{vendor_id}"
        estimate = event_id + _ESTIMATE
        if event_id in self._booked:
            return
        replaces: str | None = None
        if certainty == "estimated":
            event_id = estimate
            if event_id in self._booked:
                return
        elif estimate in self._booked:
            replaces = estimate
        if not self._open:
            logger.warning("usage after the meter was closed is lost", extra={"part": part})
            return
        usage = Usage(
            event_id=event_id,
            vendor=model.vendor,
            model=model.name,
            part=part,
            stack=self._stack,
            units=units,
            certainty=certainty,
            outcome=outcome,
            replaces=replaces,
            heard=heard,
        )
        self._booked.add(event_id)
        try:
            self._on_usage(usage)
        except Exception:
            logger.exception("usage could not be handed on", extra={"part": part})

    def close(self) -> None:
        """From now on nothing is handed on."""
        self._open = False
