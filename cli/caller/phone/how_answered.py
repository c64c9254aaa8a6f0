"""How the questions of a telephone call ended, from the journal: a telephone is not told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final

from cli.admin.books import open_books
from cli.admin.output import AdminError
from cli.caller.phone.spoken_questions import with_outcomes
from cli.caller.record import CallRecord
from routing.journal import JournalDownError

WRITTEN_SECONDS: Final = 8.0
"""A call that was hung up closes its story within it."""
LOOK_SECONDS: Final = 0.2


async def tell_outcomes(record: CallRecord) -> None:
    """Complete the record's questions, as far as the journal of this machine knows the call."""
    if not record.confirmations or record.call_id is None:
        return
    try:
        async with open_books() as books:
            deadline = time.monotonic() + WRITTEN_SECONDS
            while True:
                entries = await books.journal.entries(call_id=record.call_id, kind="event", limit=1_000)
                events: list[Mapping[str, Any]] = [
                    event for entry in entries for event in entry.details.get("events", ())
                ]
                if any(event.get("what") == "ended" for event in events) or time.monotonic() > deadline:
                    break
                await asyncio.sleep(LOOK_SECONDS)
    except (AdminError, JournalDownError):
        return  # the questions are known all the same
    record.confirmations = with_outcomes(record.confirmations, events)
