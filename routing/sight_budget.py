"""What looking at a caller's screen may cost in one call, beside the caps that it shares with everything else."""

from __future__ import annotations

from typing import Final, Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from routing.journal import Journal, journal_errors
from routing.models import EntryRow
from tiers.usage import Usage

PART: Final = "vision"

Funds = Literal["held", "waiting", "spent"]
"""Money for sight: there is some; none is reserved at the moment; none is left in this call."""


class SightBudget:
    """Counts what sight has cost. It is paid from the call's own lease; this is a limit within that, µ$.

    `spent`: by a worker that had the call before.
    """

    def __init__(self, cap_microdollars: int, spent: int = 0) -> None:
        self._cap = cap_microdollars
        self.microdollars = spent
        """Spent so far."""

    def charged(self, usage: Usage, microdollars: int) -> None:
        """Hear of a charge, of whatever."""
        if usage.part == PART:
            self.microdollars += microdollars

    @property
    def is_left(self) -> bool:
        """Whether there is something left."""
        return self.microdollars < self._cap


async def spent_on_sight(journal: Journal, call_id: str) -> int:
    """Sum what looking has cost a call, as far as the journal knows, µ$: all but its last second or so.

    Raises JournalDownError.
    """
    query = select(func.coalesce(func.sum(EntryRow.microdollars), 0)).where(
        EntryRow.call_id == call_id,
        EntryRow.kind == "charge",
        EntryRow.details[("usage", "part")].as_string() == PART,
    )
    with journal_errors():
        async with AsyncSession(journal.engine) as session:
            return int(await session.scalar(query) or 0)
