"""What one request to a vendor used, as the meter saw it: units, never money and never words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import TypeAdapter

from tiers import catalogue

Part = Literal[catalogue.Part, "phone", "vision"]
"""What of a call it was used for; `phone` is the line itself and `vision` the look at a shared screen, which are part of
no stack."""

Certainty = Literal["actual", "estimated", "reconciled"]
"""`actual`: reported by the vendor, or counted by us exactly as the vendor counts. `estimated`: never reported, so
guessed from what was sent and received. `reconciled`: taken from the vendor's own usage export afterwards."""

Outcome = Literal["ok", "cancelled", "failed"]

CACHED: Final = "cached_"
"""Begins the name of a unit that is a part of the unit named by the rest."""


class BadUsageError(ValueError):
    """The units cannot be what a vendor counted: none at all, negative ones, or more cached than given."""


@dataclass(frozen=True, slots=True)
class Usage:
    """One billable event. Two events with the same id are the same event: the second one is not to be charged."""

    event_id: str
    """The vendor's own id of the event, after that of the session in which it happened."""
    vendor: str
    model: str
    """The model that is priced: the configured stack's, as it is served that day."""
    part: Part
    stack: str
    units: Mapping[str, int]
    """Whole numbers: `audio_ms` and `phone_ms` in milliseconds, `characters`, and tokens by kind. Cached tokens
    (`cached_…`) are inside the tokens they name."""
    certainty: Certainty
    outcome: Outcome
    replaces: str | None = None
    """The event id of an estimate that this event takes the place of."""
    heard: bool = True
    """False where speech was billed of which nothing can have been heard."""

    def __post_init__(self) -> None:
        """Raise BadUsageError for units that no vendor can have counted; an unreported usage has no units."""
        object.__setattr__(self, "units", dict(self.units))
        if not self.units:
            raise BadUsageError(f"{self.event_id} has no units: what was not reported must be estimated")
        for unit, count in self.units.items():
            if isinstance(count, bool) or not isinstance(count, int) or count < 0:
                raise BadUsageError(f"{self.event_id}: {unit} must be a whole number from 0 on")
            if unit.startswith(CACHED) and count > self.units.get(unit.removeprefix(CACHED), 0):
                raise BadUsageError(f"{self.event_id}: {unit} is more than what it is a part of")

    def uncached(self) -> Iterator[tuple[str, int]]:
        """The units, each thing once: what was cached is taken out of the unit that it is a part of."""
        for unit, count in self.units.items():
            yield unit, count - self.units.get(f"{CACHED}{unit}", 0)

    def to_json(self) -> str:
        """As a JSON object on one line."""
        return _ADAPTER.dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Usage:
        """The usage that `to_json` wrote. Raises pydantic's ValidationError for anything else."""
        return _ADAPTER.validate_json(text, extra="forbid", strict=True)


_ADAPTER: Final = TypeAdapter(Usage)
