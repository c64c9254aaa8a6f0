"""The sockets that clients hold open to the stand-ins, so that a test can see one that was left behind."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.clock import Clock


@dataclass(frozen=True, slots=True)
class Connection:
    """One open socket or stream; `opened_at` is the sandbox clock's time in seconds."""

    number: int
    vendor: str
    tag: str | None
    opened_at: float


class Connections:
    """Who is connected now, how many ever came, and how many of those were refused for a fault, by vendor."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self._open: dict[int, Connection] = {}
        self._ever: dict[str, int] = {}
        self._refused: dict[str, int] = {}

    @contextmanager
    def open(self, vendor: str, tag: str | None = None) -> Iterator[Connection]:
        """Count a connection for as long as the block lasts."""
        connection = Connection(next(self._numbers), vendor, tag, self._clock.now())
        self._open[connection.number] = connection
        self._ever[vendor] = self._ever.get(vendor, 0) + 1
        try:
            yield connection
        finally:
            del self._open[connection.number]

    def refuse(self, vendor: str) -> None:
        """Count somebody who came and was sent away."""
        self._ever[vendor] = self._ever.get(vendor, 0) + 1
        self._refused[vendor] = self._refused.get(vendor, 0) + 1

    def count(self, vendor: str | None = None) -> int:
        """How many are open now."""
        return sum(1 for each in self._open.values() if vendor is None or each.vendor == vendor)

    def ever(self, vendor: str) -> int:
        """How many came since the last reset, refused ones among them."""
        return self._ever.get(vendor, 0)

    def refused(self, vendor: str) -> int:
        """How many were refused since the last reset."""
        return self._refused.get(vendor, 0)

    def reset(self) -> None:
        """Count from zero again. Those open stay open and stay shown."""
        self._ever.clear()
        self._refused.clear()

    def as_json(self) -> dict[str, Any]:
        """The connections for the control port."""
        now = self._clock.now()
        vendors = sorted({*self._ever, *(each.vendor for each in self._open.values())})
        return {
            "sandbox": True,
            "open": [
                {**asdict(each), "seconds": round(now - each.opened_at, 3)} for each in self._open.values()
            ],
            "by_vendor": {
                each: {"open": self.count(each), "ever": self.ever(each), "refused": self.refused(each)}
                for each in vendors
            },
        }
