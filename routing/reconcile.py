"""Settles estimates by what the vendors say was used, and tells how far the journal is from their exports.

Lines and charges that belong together make a group: a request's, where the export names requests, else a model's
period. A group's estimates are corrected so that the group costs what the vendor says; what was reported or counted
exactly is left alone, and what it differs by is drift. The journal only grows: a correction is a charge of its own,
named after the estimate that it settles, so that the same export twice changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from routing.budget import Account, Budget
from routing.caps import Caps
from routing.charges import BookedCharge, read_charges
from routing.exports.form import Export
from routing.groups import Group, grouped
from routing.journal import Entry, Journal
from routing.scopes import FOREVER_MS, Scope
from routing.shares import shares
from tiers.usage import Usage

BEFORE_MS: Final = 24 * 3600 * 1000
"""Charges are looked for from so long before an export's first line: what a correction corrects may be older."""

MOST: Final = 3
"""An aggregate that would make estimates more than so many times what they are holds usage that is not ours."""

LEAST_PERCENT: Final = 95
"""Of what was reported or counted exactly: an aggregate that holds less of it is not whole."""

WHOLE_AFTER_MS: Final = 24 * 3600 * 1000
"""So long after a period's end a vendor may still be filling its aggregate."""

AT_ONCE: Final = 200
"""Scopes that Redis is told of in one go."""


@dataclass(frozen=True, slots=True)
class Drift:
    """A model's money in the export and in the journal, µ$."""

    vendor: str
    model: str
    invoiced: int = 0
    booked: int = 0
    """Before the settlement."""
    corrected: int = 0
    """What the settlement adds to that."""
    settled: int = 0
    """Estimates that it settles."""
    not_booked: int = 0
    """The part of `invoiced` that the journal knows nothing of."""
    not_invoiced: int = 0
    """The part of `booked` that the export knows nothing of."""

    @property
    def before(self) -> int:
        """Drift before: what the journal has too much (or, negative, too little)."""
        return self.booked - self.invoiced

    @property
    def after(self) -> int:
        """Drift after the settlement."""
        return self.before + self.corrected

    @property
    def percent(self) -> float | None:
        """Drift after the settlement in percent of what was invoiced; None where that is nothing."""
        return round(100 * self.after / self.invoiced, 3) if self.invoiced else None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What an export leads to."""

    export: Export
    drifts: tuple[Drift, ...]
    corrections: tuple[Entry, ...]
    """Entries for the journal."""
    scopes: frozenset[str]
    """Names of the scopes in which something was corrected, now or when the export was read before."""
    notes: tuple[str, ...] = field(default=())
    """What was not settled, and why, as sentences."""


async def settlement_of(
    journal: Journal, export: Export, *, now_ms: int, is_whole: bool = False
) -> Settlement:
    """Compare an export with the journal. Nothing is written. Raises JournalDownError.

    `is_whole`: whoever asks knows that the vendor has counted all, though a period has just ended.
    """
    first = min((line.starts_ms for line in export.lines), default=now_ms)
    charges, unreadable = await read_charges(journal, since_ms=first - BEFORE_MS)
    drifts: dict[tuple[str, str], Drift] = {}
    corrections: list[Entry] = []
    scopes: set[str] = set()
    notes = dict.fromkeys(export.left_out)
    if unreadable:
        notes[f"{unreadable} charges of the journal do not tell their usage."] = None
    for group in grouped(export, charges):
        why_not = _why_not(group, export, now_ms, is_whole=is_whole)
        if why_not:
            notes[why_not] = None
        settled = [] if why_not else _corrections(group, now_ms)
        corrections += settled
        scopes.update(
            name
            for charge in group.charges
            if charge.usage.certainty == "reconciled" or (charge.is_open and not why_not)
            for name in charge.entry.scopes
        )
        key = (group.vendor, group.model)
        drifts[key] = _add(drifts.get(key, Drift(*key)), group, settled)
    return Settlement(
        export,
        tuple(drifts[key] for key in sorted(drifts)),
        tuple(corrections),
        frozenset(scopes),
        tuple(notes),
    )


async def settle(journal: Journal, settlement: Settlement) -> int:
    """Write the corrections, all or none; returns how many the journal did not have. Raises JournalDownError."""
    return await journal.append(settlement.corrections) if settlement.corrections else 0


async def counters_follow(budget: Budget, scopes: Iterable[str]) -> None:
    """Have Redis count scopes anew at their next use, since the journal says something else now. Raises BlindError."""
    names = sorted(scopes)
    for at in range(0, len(names), AT_ONCE):
        some = tuple(Scope("call", name, 0, FOREVER_MS) for name in names[at : at + AT_ONCE])
        await budget.distrust(Account("", some, Caps()))


def _why_not(group: Group, export: Export, now_ms: int, *, is_whole: bool) -> str:
    """Why a group's estimates stay as they are; empty where they can be settled.

    What is settled stays so: an aggregate that still grows would take estimates away for good.
    """
    estimated = sum(charge.entry.microdollars for charge in group.estimates)
    if not group.estimates or export.by_request:
        return ""
    if any(line.ends_ms > now_ms for line in group.lines):
        return f"{group.vendor} {group.model}: a period that is not over yet is not settled."
    if not is_whole and any(line.ends_ms + WHOLE_AFTER_MS > now_ms for line in group.lines):
        return (
            f"{group.vendor} {group.model}: a period that ended less than 24 hours ago is not settled, "
            "since the vendor may still be counting; --whole (`whole` over HTTP) says that it has counted all."
        )
    if 100 * group.invoiced < LEAST_PERCENT * group.exact:
        return (
            f"{group.vendor} {group.model}: the export holds {group.invoiced} µ$, less than the {group.exact} µ$ that "
            "are known exactly; it may not be whole, so nothing was settled."
        )
    if group.target > MOST * max(estimated, 1):
        return (
            f"{group.vendor} {group.model}: the export holds {group.target} µ$ for estimates of {estimated} µ$; "
            "another application may use the account too, so nothing was settled."
        )
    return ""


def _corrections(group: Group, now_ms: int) -> list[Entry]:
    """One entry for each estimate of a group, also where it was right: it is no estimate any more."""
    if not group.estimates:
        return []
    parts = shares(group.target, [charge.entry.microdollars for charge in group.estimates])
    return [
        _correction(charge, part - charge.entry.microdollars, now_ms)
        for charge, part in zip(group.estimates, parts, strict=True)
    ]


def _correction(charge: BookedCharge, microdollars: int, now_ms: int) -> Entry:
    usage = replace(
        charge.usage,
        event_id=f"{charge.usage.event_id}:reconciled",
        certainty="reconciled",
        replaces=charge.usage.event_id,
    )
    named = hashlib.sha256(charge.entry.operation.encode()).hexdigest()[:40]
    return replace(
        charge.entry,
        operation=f"reconcile:{named}",
        at_ms=now_ms,
        microdollars=microdollars,
        details={
            "usage": _plain(usage),
            "price": charge.entry.microdollars + microdollars,
            "price_version": charge.entry.details.get("price_version", ""),
            # The entry's own time is when it was corrected, which may be another day of the export.
            "used_ms": charge.used_ms,
        },
    )


def _plain(usage: Usage) -> dict[str, object]:
    return {name: getattr(usage, name) for name in Usage.__dataclass_fields__}


def _add(drift: Drift, group: Group, settled: list[Entry]) -> Drift:
    return replace(
        drift,
        invoiced=drift.invoiced + group.invoiced,
        booked=drift.booked + group.booked,
        corrected=drift.corrected + sum(entry.microdollars for entry in settled),
        settled=drift.settled + len(settled),
        not_booked=drift.not_booked + (0 if group.charges else group.invoiced),
        not_invoiced=drift.not_invoiced + (0 if group.lines else group.booked),
    )
