"""The journal, for admins: what `voicetasks admin journal` says."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from routing.in_brief import in_brief
from routing.journal import Entry, Kind
from routing.story.demo import is_demo
from web.admin import Admin
from web.admin_label import is_sandbox
from web.routing_books import routing_errors
from web.services import Served

router = APIRouter(prefix="/api/admin", tags=["admin"])


class JournalEntry(BaseModel):
    """One entry. `what` is its details in brief, for lists."""

    operation: str
    kind: Kind
    at_ms: int
    call_id: str
    tier: str
    microdollars: int
    blind: bool
    """Charged while Redis did not answer."""
    scopes: list[str]
    """Names of the scopes it counts against."""
    details: dict[str, Any]
    """What else is to be known: units and price of a charge, inputs of a decision. No words."""
    what: str
    demo: bool
    """It never was: it was made up to look at."""


class Entries(BaseModel):
    """The newest first. `more`: there are older ones that match. What waits in Redis for a worker is not there yet."""

    sandbox: bool
    entries: list[JournalEntry]
    more: bool


@router.get("/journal")
async def journal(
    services: Served,
    _admin: Admin,
    call: Annotated[str, Query(pattern=r"^[A-Za-z0-9_.:-]{0,64}$")] = "",
    kind: Kind | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Entries:
    """Show the newest entries, of one call or of all, of one kind or of all."""
    with routing_errors():
        books = await services.books.open()
        found = await books.journal.entries(call_id=call or None, kind=kind, newest=True, limit=limit + 1)
    return Entries(
        sandbox=is_sandbox(),
        entries=[_plain(each) for each in found[::-1][:limit]],
        more=len(found) > limit,
    )


def _plain(entry: Entry) -> JournalEntry:
    return JournalEntry(
        operation=entry.operation,
        kind=entry.kind,
        at_ms=entry.at_ms,
        call_id=entry.call_id,
        tier=entry.tier,
        microdollars=entry.microdollars,
        blind=entry.blind,
        scopes=list(entry.scopes),
        details=dict(entry.details),
        what=in_brief(entry),
        demo=is_demo(entry.call_id),
    )
