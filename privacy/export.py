"""All that is kept of a person, given to them: one JSON object, written as it is read so that no size is too large."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from mcp_tasks.database import create_engine as create_tasks_engine
from mcp_tasks.erasure import OwnersData
from mcp_tasks.migrate import migrate as migrate_tasks
from mcp_tasks.one_migration import NewerTablesError
from people.audit import Audit
from people.consent import Consents
from people.database import create_engine
from people.models import (
    ConsentRow,
    IdentityRow,
    PhoneRow,
    PinRow,
    PinTryRow,
    ReminderCallRow,
    ReminderConsentRow,
    ReminderDialRow,
    SessionRow,
    UserRow,
)
from privacy.places import Places
from routing.erasure import events_of, money_of
from routing.migrate import migrate as migrate_routing
from routing.ratings import ratings_of
from tiers.catalogue import MODELS
from tiers.settings import VendorSettings

FORMAT: Final = "voicetasks-export-1"
LINES_AT_ONCE: Final = 1_000
_NOT_SHOWN: Final = frozenset({"password_hash", "pin_hash", "id_hash", "user_id"})
"""Secrets of the product's own, and what is the same in every row."""


async def exported(places: Places, user_id: str) -> AsyncGenerator[str]:
    """Give the object in pieces of text. Raises LookupError for nobody, and what the databases raise.

    Sections: account, phones, pins, pin_tries, reminder_consents, reminder_calls, reminder_dials, identities, consents,
    sessions, calls, audit, transcript, tasks, changes, events.
    """
    people = create_engine(places.people)
    tasks = create_tasks_engine(places.tasks)
    routing = create_engine(places.routing, busy=True)
    try:
        # In a rollout a newer version's tables may be there: what it keeps beside ours it alone can give.
        with suppress(NewerTablesError):
            await migrate_tasks(places.tasks)
        with suppress(NewerTablesError):
            await migrate_routing(places.routing)
        account = await _rows(people, UserRow, UserRow.id == user_id)
        if not account:
            raise LookupError("there is no such person")
        vendors = VendorSettings()  # where one is a stand-in, what calls cost is no real money
        head: dict[str, Any] = {
            "format": FORMAT,
            "sandbox": any(vendors.is_stand_in(model.vendor) for model in MODELS.values()),
            "made_at": datetime.now(UTC).isoformat(),
            "account": account[0],
        }
        for name, table, owner in (
            ("phones", PhoneRow, PhoneRow.user_id),
            ("pins", PinRow, PinRow.user_id),
            ("pin_tries", PinTryRow, PinTryRow.user_id),
            ("reminder_consents", ReminderConsentRow, ReminderConsentRow.user_id),
            ("reminder_calls", ReminderCallRow, ReminderCallRow.user_id),
            ("reminder_dials", ReminderDialRow, ReminderDialRow.user_id),
            ("identities", IdentityRow, IdentityRow.user_id),
            ("consents", ConsentRow, ConsentRow.user_id),
            ("sessions", SessionRow, SessionRow.user_id),
        ):
            head[name] = await _rows(people, table, owner == user_id)
        # What is bounded is read before the first piece goes out, so that a failure is told in full.
        calls = await money_of(routing, user_id)
        stars = await ratings_of(routing, [call["call_id"] for call in calls])
        head["calls"] = [call | {"stars": stars.get(call["call_id"])} for call in calls]
        yield _json(head)[:-1]
        data = OwnersData(tasks)
        sections = {
            "audit": _audit(people, user_id),
            "transcript": _transcript(people, user_id),
            "tasks": data.tasks(user_id),
            "changes": data.changes(user_id),
            "events": events_of(routing, user_id),
        }
        for name, rows in sections.items():
            yield f', "{name}": ['
            mark = ""
            async for row in rows:
                yield mark + _json(row)
                mark = ", "
            yield "]"
        yield "}\n"
    finally:
        for engine in (people, tasks, routing):
            await engine.dispose()


async def _transcript(people: AsyncEngine, user_id: str) -> AsyncIterator[dict[str, Any]]:
    consents, after = Consents(people), 0
    while lines := await consents.transcript(user_id, after=after, limit=LINES_AT_ONCE):
        for line in lines:
            yield line.model_dump(exclude={"id"})
        after = lines[-1].id


async def _audit(people: AsyncEngine, user_id: str) -> AsyncIterator[dict[str, Any]]:
    async for each in Audit(people).all_of(user_id, at_once=LINES_AT_ONCE):
        yield each.model_dump(include={"at", "actor", "event", "details"})


async def _rows(engine: AsyncEngine, table: Any, mine: Any) -> list[dict[str, Any]]:
    shown: Iterable[Any] = [column for column in table.__table__.c if column.name not in _NOT_SHOWN]
    async with engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(select(*shown).where(mine))).mappings()]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, date):  # and datetime
        return value.isoformat()
    raise TypeError(type(value).__name__)
