"""Calls of the past as the journal recorded them: their decisions, and what was charged while each held."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from sqlalchemy import select

from routing.charges import usage_of
from routing.decision import Decision
from routing.experiments.design import Experiment
from routing.journal import Entry, Journal, journal_errors
from routing.late_entries import is_late
from routing.models import PolicyRow, SubjectRow
from routing.policy import Policy
from routing.scopes import scopes_of
from routing.story.demo import is_demo
from tiers.usage import Usage

PAGE: Final = 1000
_UTC: Final = ZoneInfo("Etc/UTC")


@dataclass(frozen=True, slots=True)
class Charge:
    """One charge. Without usage it was stored in a form that this version cannot read."""

    entry: Entry
    usage: Usage | None


@dataclass(slots=True)
class Stretch:
    """What one decision held for."""

    at_ms: int
    decision: Decision
    ends_ms: int = 0
    charges: list[Charge] = field(default_factory=list)

    @property
    def minutes(self) -> float:
        """How long."""
        return max(0, self.ends_ms - self.at_ms) / 60_000


@dataclass(slots=True)
class RecordedCall:
    """One call."""

    call_id: str
    subject: str = ""
    stretches: list[Stretch] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    unreadable: int = 0
    """Decisions that were stored in a form that this version cannot read."""
    last_ms: int = 0

    @property
    def begins_ms(self) -> int:
        """When it was decided about first."""
        return self.stretches[0].at_ms

    @property
    def microdollars(self) -> int:
        """What it cost."""
        return sum(charge.entry.microdollars for charge in self.charges)

    def scopes_at(self, at_ms: int) -> tuple[str, ...]:
        """The names of the scopes that it counts against; days are its user's where one of its charges tells them."""
        if self.charges:
            nearest = min(self.charges, key=lambda charge: abs(charge.entry.at_ms - at_ms))
            return nearest.entry.scopes
        return tuple(scope.name for scope in scopes_of(self.call_id, self.subject, _UTC, at_ms))

    def put_together(self) -> None:
        """Give each stretch its end and its charges: a charge that comes late is the stack's that it is for."""
        self.stretches.sort(key=lambda stretch: stretch.at_ms)
        begins = [stretch.at_ms for stretch in self.stretches]
        for at, stretch in enumerate(self.stretches):
            stretch.ends_ms = begins[at + 1] if at + 1 < len(begins) else max(self.last_ms, stretch.at_ms)
        for charge in self.charges:
            before = self.stretches[: max(1, bisect_right(begins, charge.entry.at_ms))]
            served = charge.usage.stack if charge.usage is not None else None
            whose = next((each for each in reversed(before) if each.decision.stack == served), before[-1])
            whose.charges.append(charge)


async def recorded_calls(
    journal: Journal, *, since_ms: int, until_ms: int, charges_from_ms: int
) -> tuple[list[RecordedCall], list[Charge]]:
    """Read the calls that began in a time, oldest first, and the charges between `charges_from_ms` and that time.

    Raises JournalDownError.
    """
    calls: dict[str, RecordedCall] = {}
    before: list[Charge] = []
    async for entry in _entries(journal, charges_from_ms):
        if entry.at_ms < since_ms:
            if entry.kind == "charge":
                before.append(Charge(entry, usage_of(entry)))
            continue
        call = calls.setdefault(entry.call_id, RecordedCall(entry.call_id))
        if entry.kind == "charge":
            call.charges.append(Charge(entry, usage_of(entry)))
        elif entry.kind == "decision":
            call.subject = str(entry.details.get("subject", ""))
            try:
                decision = Decision.model_validate(entry.details.get("decision"))
            except ValidationError:
                call.unreadable += 1
            else:
                call.stretches.append(Stretch(entry.at_ms, decision))
        if not is_late(entry):
            call.last_ms = max(call.last_ms, entry.at_ms)
    # A call whose decisions lie before that time has charges in it all the same: it is an earlier time's.
    found = [call for call in calls.values() if call.stretches and call.begins_ms < until_ms]
    for call in found:
        call.put_together()
    return sorted(found, key=lambda call: (call.begins_ms, call.call_id)), before


async def users_by_subject(journal: Journal) -> dict[str, str]:
    """Give the user ids behind the journal's subjects; erased users have none. Raises JournalDownError."""
    with journal_errors():
        async with journal.engine.connect() as connection:
            rows = await connection.execute(select(SubjectRow.subject, SubjectRow.user_id))
            return {subject: user_id for subject, user_id in rows}


async def experiments_by_version(journal: Journal) -> dict[str, dict[str, Experiment]]:
    """Give the experiments of each policy that an admin wrote: decisions keep its version, and leave them out.

    A policy that this version cannot read has none. Raises JournalDownError.
    """
    found: dict[str, dict[str, Experiment]] = {}
    with journal_errors():
        async with journal.engine.connect() as connection:
            for version, document in await connection.execute(select(PolicyRow.version, PolicyRow.document)):
                with suppress(ValidationError):
                    found[str(version)] = Policy.model_validate_json(document).experiments
    return found


async def _entries(journal: Journal, since_ms: int) -> AsyncIterator[Entry]:
    after = ""
    while True:
        page = await journal.entries(since_ms=since_ms, after=after, limit=PAGE)
        for entry in page:
            if entry.kind != "event" and not is_demo(entry.call_id):  # no money and no decision; never was
                yield entry
        if len(page) < PAGE:
            return
        since_ms, after = page[-1].at_ms, page[-1].operation
