"""What a call was served with when it began, read by a worker that takes it over from another."""

from __future__ import annotations

from pydantic import ValidationError

from routing.decision import Decision
from routing.journal import Journal


async def first_decision(journal: Journal, call_id: str) -> Decision | None:
    """Give the oldest decision about a call; None where the journal has none, or one of a version yet to come.

    Raises JournalDownError.
    """
    for entry in await journal.entries(call_id=call_id, kind="decision", limit=1):
        try:
            return Decision.model_validate(entry.details.get("decision"))
        except ValidationError:
            return None
    return None
