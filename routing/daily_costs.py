"""What calls cost by day: by stack, door and arm of an experiment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from routing.journal import journal_errors
from routing.models import EntryRow
from routing.story.demo import is_demo

DAY_MS: Final = 24 * 3600 * 1000
LONGEST_CALL_MS: Final = DAY_MS
"""A charge's call began at most so long before it."""
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class DayCost:
    """One sum. Days are UTC's, as the global budget's are."""

    day: str
    stack: str
    channel: str
    arm: str
    """Such as `cheap-voice: control`; empty where the call was part of no experiment."""
    demo: bool
    """Of calls that were made up."""
    microdollars: int
    calls: int
    """Calls that had such a charge on that day."""


async def daily_costs(engine: AsyncEngine, *, since_ms: int, subject: str = "") -> Sequence[DayCost]:
    """Sum the charges since a time, Unix ms, by day: everybody's, or one subject's. Raises JournalDownError.

    A correction is of the day of what it corrects, on which it was used, and not of the day on which it was made.
    """
    used_ms = func.coalesce(cast(EntryRow.details["used_ms"].as_string(), BigInteger), EntryRow.at_ms)
    day = used_ms // DAY_MS
    whose = [EntryRow.subject == subject] if subject else []
    stack = EntryRow.details[("usage", "stack")].as_string()
    charges = (
        select(EntryRow.call_id, func.min(used_ms), stack, func.sum(EntryRow.microdollars))
        .where(EntryRow.kind == "charge", EntryRow.at_ms >= since_ms, used_ms >= since_ms, *whose)
        .group_by(EntryRow.call_id, day, stack)
    )
    inputs = ("decision", "inputs")
    doors = (
        select(
            EntryRow.call_id,
            EntryRow.details[(*inputs, "channel")].as_string(),
            EntryRow.details[(*inputs, "assignment", "experiment")].as_string(),
            EntryRow.details[(*inputs, "assignment", "arm")].as_string(),
        )
        .where(EntryRow.kind == "decision", EntryRow.at_ms >= since_ms - LONGEST_CALL_MS)
        .distinct()
    )
    with journal_errors():
        async with engine.connect() as connection:
            of_call = {
                call_id: (channel or UNKNOWN, f"{experiment}: {arm}" if experiment else "")
                for call_id, channel, experiment, arm in await connection.execute(doors)
            }
            rows = (await connection.execute(charges)).all()
    sums: Counter[tuple[str, str, str, str, bool]] = Counter()
    calls: Counter[tuple[str, str, str, str, bool]] = Counter()
    for call_id, at_ms, name, microdollars in rows:
        channel, arm = of_call.get(call_id, (UNKNOWN, ""))
        when = datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat()
        key = (when, name or UNKNOWN, channel, arm, is_demo(call_id))
        sums[key] += int(microdollars)
        calls[key] += 1
    return [DayCost(*key, sums[key], calls[key]) for key in sorted(sums)]
