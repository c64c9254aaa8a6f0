"""What a call has cost, minute by minute and part by part, from the usage that its meter told."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final, Literal

from tiers.prices import PriceTable
from tiers.usage import CACHED, Usage

Part = Literal["hearing", "thinking", "speaking", "cached"]
PARTS: Final[tuple[Part, ...]] = ("hearing", "thinking", "speaking", "cached")
"""`hearing`: the caller's sound, and a model's reading of sound that it had not cached. `thinking`: text in, text and
tool calls out. `speaking`: our sound. `cached`: what of the conversation was read again at the cached price."""

_MINUTE: Final = 60.0


@dataclass
class Spending:
    """The spending of one call of so many minutes. What comes after the last one belongs to it, as its end does."""

    minutes: int
    prices: PriceTable
    _usage: dict[str, tuple[int, Usage]] = field(default_factory=dict)

    def add(self, at: float, usage: Usage) -> None:
        """Something was used, so many seconds after the call's beginning. The same event twice is one event."""
        self._usage[usage.event_id] = min(int(at // _MINUTE), self.minutes - 1), usage

    def add_told(self, event: dict[str, Any]) -> None:
        """The same, as a rehearsal tells it."""
        self.add(event["at"], Usage.from_json(json.dumps(event["usage"])))

    @property
    def by_minute(self) -> list[int]:
        """µ$ of each minute."""
        result = [0] * self.minutes
        for minute, usage in self._counted():
            result[minute] += self.prices.price(usage)
        return result

    @property
    def microdollars(self) -> int:
        """µ$ of the whole call."""
        return sum(self.by_minute)

    @property
    def parts_by_minute(self) -> list[dict[Part, int]]:
        """µ$ of each minute by what they were spent on, rounded each."""
        exact: list[defaultdict[Part, Fraction]] = [defaultdict(Fraction) for _ in range(self.minutes)]
        for minute, usage in self._counted():
            rates = self.prices.rates(usage.vendor, usage.model)
            given = sum(
                count
                for unit, count in usage.units.items()
                if unit.endswith("input_tokens") and CACHED not in unit
            )
            for unit, count in usage.uncached():
                exact[minute][_part_of(usage, unit)] += rates[unit].of(given) * count
        return [{part: round(minute[part]) for part in PARTS} for minute in exact]

    @property
    def given_up_by_minute(self) -> list[int]:
        """µ$ of each minute, of those above, for answers that were given up: begun ahead for nothing, or spoken over."""
        result = [0] * self.minutes
        for minute, usage in self._counted():
            if usage.outcome == "cancelled":
                result[minute] += self.prices.price(usage)
        return result

    def dollars_a_minute(self, first: int, last: int) -> float:
        """The mean of some minutes, both named ones included; a call's first minute is 1."""
        minutes = self.by_minute[first - 1 : last]
        return sum(minutes) / len(minutes) / 1_000_000

    def _counted(self) -> list[tuple[int, Usage]]:
        """Without the estimates that a report took the place of."""
        replaced = {usage.replaces for _, usage in self._usage.values()}
        return [each for each in self._usage.values() if each[1].event_id not in replaced]


def _part_of(usage: Usage, unit: str) -> Part:
    if unit.startswith(CACHED):
        return "cached"
    match usage.part:
        case "stt" | "transcription":
            return "hearing"
        case "tts":
            return "speaking"
        case _ if unit == "audio_input_tokens":
            return "hearing"
        case _ if unit == "audio_output_tokens":
            return "speaking"
        case _:
            return "thinking"
