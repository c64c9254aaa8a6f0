"""The journal's charges with the usage that each is for, and what became of estimates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from routing.journal import Entry, Journal
from routing.story.demo import is_demo
from tiers.usage import Usage

PAGE = 1000


@dataclass(frozen=True, slots=True)
class BookedCharge:
    """One charge of the journal."""

    entry: Entry
    usage: Usage
    used_ms: int
    """When it was used, Unix ms: of what takes the place of an estimate or corrects it, the estimate's time."""
    is_open: bool = False
    """An estimate that nothing has taken the place of."""


async def read_charges(journal: Journal, *, since_ms: int) -> tuple[list[BookedCharge], int]:
    """Read all charges of what was used from a time on, oldest first, and count those that do not tell their usage.

    Raises JournalDownError.
    """
    used_since_ms = since_ms
    found: list[BookedCharge] = []
    unreadable = 0
    after = ""
    while True:
        page = await journal.entries(kind="charge", since_ms=since_ms, after=after, limit=PAGE)
        for entry in page:
            if is_demo(entry.call_id):
                continue  # no vendor ever billed it
            usage = usage_of(entry)
            if usage is None:
                unreadable += 1
            else:
                found.append(BookedCharge(entry, usage, entry.at_ms))
        if len(page) < PAGE:
            return _told_apart(found, used_since_ms), unreadable
        since_ms, after = page[-1].at_ms, page[-1].operation


def usage_of(entry: Entry) -> Usage | None:
    """Read the usage that a charge is for; None where it does not tell."""
    try:
        return Usage.from_json(json.dumps(entry.details["usage"]))
    except (KeyError, TypeError, ValueError):
        return None


def _told_apart(charges: list[BookedCharge], since_ms: int) -> list[BookedCharge]:
    """Find the estimates that are still open, and the time of what replaced the others.

    Corrections of what was used before `since_ms` are left out: they are written days later, and belong to its day.
    """
    times = {(charge.entry.call_id, charge.usage.event_id): charge.entry.at_ms for charge in charges}
    replaced = {(charge.entry.call_id, charge.usage.replaces) for charge in charges if charge.usage.replaces}
    return [
        replace(
            charge,
            used_ms=used_ms,
            is_open=charge.usage.certainty == "estimated"
            and charge.entry.microdollars >= 0
            and (charge.entry.call_id, charge.usage.event_id) not in replaced,
        )
        for charge in charges
        if (used_ms := _used_ms(charge, times)) is not None and used_ms >= since_ms
    ]


def _used_ms(charge: BookedCharge, times: Mapping[tuple[str, str], int]) -> int | None:
    """When it was used; None for an old correction that does not say it, of what is not among the charges read."""
    told = charge.entry.details.get("used_ms")
    if isinstance(told, int):
        return told
    own = None if charge.usage.certainty == "reconciled" else charge.entry.at_ms
    return times.get((charge.entry.call_id, charge.usage.replaces or ""), own)
