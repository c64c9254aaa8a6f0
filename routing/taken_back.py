"""What an owner does to a task outside of a call: taken back, it has not succeeded, in whichever call it was made."""

from __future__ import annotations

from sqlalchemy import select

from routing.journal import Entry, Journal, journal_errors
from routing.models import EntryRow
from routing.outcomes import SUCCESS_MS, TaskEvent


async def took_back(
    journal: Journal, *, subject: str, task_id: str, now_ms: int, event: TaskEvent = "undone"
) -> bool:
    """Tell the journal, where the task was made in a call of the last ten minutes; whether it was.

    `event` is `undone` for a task, `restored` for a deletion or correction of it. Raises JournalDownError.
    """
    task = EntryRow.details["task"]
    made = (
        select(EntryRow.call_id)
        .where(EntryRow.subject == subject, EntryRow.kind == "outcome")
        .where(EntryRow.at_ms >= now_ms - SUCCESS_MS, task["id"].as_string() == task_id)
        .where(task["event"].as_string() == "created")
        .limit(1)
    )
    with journal_errors():
        async with journal.engine.connect() as connection:
            call_id = await connection.scalar(made)
    if call_id is None:
        return False
    told = {"event": event, "id": task_id, "turn": 0}
    entry = Entry(
        operation=f"{call_id}:{event}:{task_id}:{now_ms}",
        kind="outcome",
        at_ms=now_ms,
        call_id=call_id,
        details={"subject": subject, "task": told},
    )
    await journal.append([entry])
    return True
