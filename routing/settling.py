"""A settlement by a vendor's export from end to end, also where Redis is away: what it missed is told, not lost."""

from __future__ import annotations

import time

from routing.budget import Budget
from routing.exports.form import Export
from routing.journal import Journal
from routing.reconcile import Settlement, counters_follow, settle, settlement_of
from routing.redis_link import BlindError
from routing.stream import Drainer


async def reckoned(
    drainer: Drainer, journal: Journal, export: Export, *, is_whole: bool = False
) -> tuple[Settlement, list[str]]:
    """Bring the journal up to date and say what an export would settle, with notes for people. Nothing is settled.

    Raises JournalDownError.
    """
    why_behind = await drainer.catch_up()
    settlement = await settlement_of(journal, export, now_ms=time.time_ns() // 1_000_000, is_whole=is_whole)
    notes = list(settlement.notes)
    if why_behind:
        notes.append(f"Redis gave no answer ({why_behind}): charges that wait there were not looked at.")
    return settlement, notes


async def carried_out(journal: Journal, budget: Budget, settlement: Settlement) -> tuple[int, list[str]]:
    """Settle, and have Redis count anew; gives how many corrections were written, and notes for people.

    Raises JournalDownError, and then nothing was written.
    """
    written = await settle(journal, settlement)
    try:
        await counters_follow(budget, settlement.scopes)
    except BlindError as error:
        return written, [
            f"Redis could not be told ({error.why}), so its counters stay as they were: "
            "reconcile the same file again once it answers."
        ]
    return written, []
