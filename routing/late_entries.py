"""Entries that were written of a call when it had been over: they are no part of its time."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, case, func

from routing.journal import Entry
from routing.models import EntryRow

_CERTAINTY: Final = ("usage", "certainty")


def is_late(entry: Entry) -> bool:
    """Whether an entry was written when its call was over. The same in SQL is `ended_ms`."""
    if entry.kind == "charge":
        usage = entry.details.get("usage")
        return isinstance(usage, dict) and usage.get("certainty") == "reconciled"
    return entry.kind == "outcome" or (entry.kind == "lease" and entry.details.get("event") == "expired")


def ended_ms() -> ColumnElement[Any]:
    """When a call ended, Unix ms: its last decision, charge or lease; null where it has none. To be grouped by call.

    Stars, a vendor's bill, a task taken back and a dead worker's lease that is cleared away may come days later.
    """
    late = (
        (EntryRow.kind == "outcome")
        | (EntryRow.details[_CERTAINTY].as_string() == "reconciled")
        | ((EntryRow.kind == "lease") & (EntryRow.details["event"].as_string() == "expired"))
    )
    return func.max(case((late, None), else_=EntryRow.at_ms))
