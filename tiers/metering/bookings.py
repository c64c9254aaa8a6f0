"""What the parts of the meter book: each event of a vendor once, an estimate replaced when the vendor reports after all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Final

from tiers.catalogue import Model
from tiers.usage import Certainty, Outcome, Part, Usage

logger = logging.getLogger(__name__)

_ESTIMATE: Final = ":estimate"
LONGEST_ID: Final = 100
"""Of a vendor's id, in characters. Theirs have some 40."""


class Bookings:
    """Makes events of one session of one stack, and hands each on once.

    What `on_usage` raises is logged, and the event is handed on once more at the end. `on_lost` hears the part of each
    that is lost for good.
    """

    def __init__(
        self,
        stack: str,
        session: str,
        on_usage: Callable[[Usage], None],
        on_lost: Callable[[Part], None] = lambda _: None,
    ) -> None:
        self._stack = stack
        self._session = session
        self._on_usage = on_usage
        self._on_lost = on_lost
        self._booked: set[str] = set()
        self._left: dict[str, Usage] = {}
        """Events that nobody has taken yet, by their ids."""
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
        event_id = f"{self._session}:{_bounded(vendor_id)}"
        estimate = event_id + _ESTIMATE
        if event_id in self._booked:
            return
        replaces: str | None = None
        if certainty == "estimated":
            if event_id in self._left:
                return  # it was reported, and still waits for somebody to take it
            event_id = estimate
            if event_id in self._booked:
                return
        elif estimate in self._booked:
            replaces = estimate
        if not self._open:
            logger.error("usage after the meter was closed is lost", extra={"part": part})
            self._on_lost(part)
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
        if certainty != "estimated":
            self._left.pop(estimate, None)  # what nobody took need not be taken back
        self._hand_on(usage)

    def close(self) -> None:
        """Hand on what is left; from now on nothing is."""
        if not self._open:
            return
        self._open = False
        for usage in list(self._left.values()):
            self._hand_on(usage)
        for usage in self._left.values():
            self._on_lost(usage.part)

    def _hand_on(self, usage: Usage) -> None:
        try:
            self._on_usage(usage)
        except Exception:
            logger.exception("usage could not be handed on", extra={"part": usage.part})
            self._left[usage.event_id] = usage
        else:
            # Only now: what nobody took is not booked, and comes again with the vendor's next word or at the end.
            self._booked.add(usage.event_id)
            self._left.pop(usage.event_id, None)


def _bounded(vendor_id: str) -> str:
    """A vendor's id as a part of one of ours, which a database holds in so many characters and without a NUL."""
    if len(vendor_id) <= LONGEST_ID and vendor_id.isprintable():
        return vendor_id
    return sha256(vendor_id.encode(errors="replace")).hexdigest()
