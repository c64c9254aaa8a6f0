"""After a backup was brought back: what must not come back with it, and what must not be done twice."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from mcp_tasks.database import create_engine as create_tasks_engine
from mcp_tasks.migrate import migrate as migrate_tasks
from mcp_tasks.phone_reminders import PhoneReminders
from people.database import create_engine
from people.erasure import Erasures
from people.migrate import migrate as migrate_people
from people.reminder_calls import KEEP_FOR, ReminderCalls, Wish
from privacy.erasure import Proof, erase
from privacy.places import Places


async def pass_reminders(places: Places, *, now: datetime | None = None) -> int:
    """Call nobody about what was due until now: since the backup they may have been called. How many there were.

    Raises DATABASE_AWAY.
    """
    at = now or datetime.now(UTC)
    await migrate_people(places.people)
    await migrate_tasks(places.tasks)
    people, tasks = create_engine(places.people), create_tasks_engine(places.tasks)
    try:
        calls = ReminderCalls(people)
        due = await PhoneReminders(tasks).due(at, within=KEEP_FOR)
        await calls.note([Wish(each.owner, each.task_id, each.at) for each in due])
        return await calls.pass_by(at)
    finally:
        await tasks.dispose()
        await people.dispose()


async def erase_again(places: Places, digests: Collection[str], *, actor: str) -> list[Proof]:
    """Erase who is back though they were erased, known by these digests of their ids. Raises DATABASE_AWAY.

    Once more does no harm: who is gone is nobody.
    """
    engine = create_engine(places.people)
    try:
        back = await Erasures(engine).known_by(frozenset(digests))
    finally:
        await engine.dispose()
    return [await erase(places, user_id, actor=actor) for user_id in back]
