"""What the vendors would send at the end of the month: one row for each request."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sandbox.clock import Clock
from sandbox.price_list import microdollars

Status = Literal["ok", "cancelled", "failed"]
_KEPT = 100_000


@dataclass(frozen=True, slots=True)
class Row:
    """One charge. `tag` is the call id that the client sent, when it sent one; `time` is ISO, UTC."""

    vendor: str
    model: str
    request_id: str
    units: dict[str, float]
    microdollars: int
    status: Status
    tag: str | None
    time: str


class Invoice:
    """The rows charged so far. Totals count every row; the oldest rows go when there are too many to keep."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: deque[Row] = deque(maxlen=_KEPT)
        self._charged = asyncio.Event()
        self.microdollars = 0
        self.count = 0

    def charge(
        self,
        *,
        vendor: str,
        model: str,
        request_id: str,
        units: Mapping[str, float],
        status: Status = "ok",
        tag: str | None = None,
    ) -> Row:
        """Book a request at the price list's price.

        Raises UnpricedError for what the list does not know: a request that cannot be billed is a fault of ours.
        """
        row = Row(
            vendor=vendor,
            model=model,
            request_id=request_id,
            units=dict(units),
            microdollars=microdollars(vendor, model, units),
            status=status,
            tag=tag,
            time=datetime.fromtimestamp(self._clock.now(), UTC).isoformat(timespec="milliseconds"),
        )
        self._rows.append(row)
        self.microdollars += row.microdollars
        self.count += 1
        self._charged.set()
        return row

    def rows(self, *, tag: str | None = None) -> list[Row]:
        """The rows kept, oldest first; with a tag, those of that call."""
        return [row for row in self._rows if tag is None or row.tag == tag]

    async def grown(self, count: int) -> None:
        """Wait until `count` rows were charged since the last reset."""
        while self.count < count:
            self._charged.clear()
            await self._charged.wait()

    def reset(self) -> None:
        """Forget every row and total."""
        self._rows.clear()
        self.microdollars = 0
        self.count = 0

    def as_json(self, *, tag: str | None = None) -> dict[str, Any]:
        """The invoice for the control port; its totals are those of the rows shown."""
        rows = self.rows(tag=tag)
        by_vendor: dict[str, int] = {}
        for row in rows:
            by_vendor[row.vendor] = by_vendor.get(row.vendor, 0) + row.microdollars
        return {
            "sandbox": True,
            "rows": [asdict(row) for row in rows],
            "microdollars": sum(by_vendor.values()),
            "by_vendor": by_vendor,
            "charged_ever": self.count,
        }
