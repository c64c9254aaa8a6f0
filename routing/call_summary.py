"""One call in sum: what it cost, by stack and model, what became of its lease, and how it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from routing.charges import usage_of
from routing.journal import Entry
from routing.late_entries import is_late


class Cost(BaseModel):
    """What one model cost in one stack, µ$; names are empty where the charge does not tell them."""

    stack: str
    vendor: str
    model: str
    certainty: str
    microdollars: int


class LeaseEvent(BaseModel):
    """What became of the call's lease, such as settled; `at_ms` is Unix ms."""

    at_ms: int
    tier: str
    event: str


class CallSummary(BaseModel):
    """The dearest cost first, events as they came. Times are Unix ms of the first entry and of the last while it lasted."""

    call_id: str
    first_ms: int
    last_ms: int
    cost_microdollars: int
    costs: list[Cost]
    leases: list[LeaseEvent]
    decisions: int
    outcomes: list[dict[str, Any]]


def summary_of(call_id: str, entries: Sequence[Entry]) -> CallSummary:
    """Sum a call up from all its entries, of which there is at least one, the oldest first."""
    return CallSummary(
        call_id=call_id,
        first_ms=entries[0].at_ms,
        last_ms=max((entry.at_ms for entry in entries if not is_late(entry)), default=entries[0].at_ms),
        cost_microdollars=sum(entry.microdollars for entry in entries if entry.kind == "charge"),
        costs=_costs(entries),
        leases=[
            LeaseEvent(at_ms=each.at_ms, tier=each.tier, event=str(each.details.get("event", "")))
            for each in entries
            if each.kind == "lease"
        ],
        decisions=sum(entry.kind == "decision" for entry in entries),
        outcomes=[dict(entry.details) for entry in entries if entry.kind == "outcome"],
    )


def _costs(entries: Sequence[Entry]) -> list[Cost]:
    sums: Counter[tuple[str, str, str, str]] = Counter()
    for entry in entries:
        if entry.kind == "charge":
            usage = usage_of(entry)
            key = (
                ("", "", "", "")
                if usage is None
                else (usage.stack, usage.vendor, usage.model, usage.certainty)
            )
            sums[key] += entry.microdollars
    names = ("stack", "vendor", "model", "certainty", "microdollars")
    return [
        Cost.model_validate(dict(zip(names, (*key, amount), strict=True)))
        for key, amount in sums.most_common()
    ]
