"""One's own calls: what they cost, what served them, and what one had agreed to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from people.consent_then import ConsentThen, lines_kept
from routing.own_calls import own_calls
from tiers.catalogue import MODELS
from tiers.settings import VendorSettings
from web.database_errors import database_errors
from web.routing_books import routing_errors
from web.services import Served
from web.sign_in import CurrentUser

router = APIRouter(prefix="/api", tags=["calls"])


class ServedBy(BaseModel):
    """A stack that served a call, and its tier."""

    stack: str
    tier: str


class PastCall(BaseModel):
    """One call. `consent`: what one had said to transcripts by its end, null where one was not asked."""

    call_id: str
    channel: str
    began_at: datetime
    ended_at: datetime
    cost_microdollars: int
    served: list[ServedBy]
    consent: bool | None
    lines_kept: int
    stars: int | None


class PastCalls(BaseModel):
    """The newest first; `next` goes into `before` and `next_id` into `before_id` to read on, null at the end. In a sandbox no money is real."""

    sandbox: bool
    calls: list[PastCall]
    next: int | None
    next_id: str | None


@router.get("/calls")
async def calls(
    services: Served,
    user: CurrentUser,
    before: Annotated[int | None, Query(ge=0, le=2**53)] = None,
    before_id: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> PastCalls:
    """List one's own calls, by every door: those that began before a time, Unix ms.

    With `before_id`, the last call of the page before, none of two that began at the same time is passed over.
    """
    with routing_errors():
        books = await services.books.open()
        found = await own_calls(
            books.journal.engine, user.id, before_ms=before, before_id=before_id, limit=limit + 1
        )
    page, goes_on = found[:limit], len(found) > limit
    with database_errors():
        consent = await ConsentThen.read(services.people.engine, user.id)
        lines = await lines_kept(services.people.engine, user.id, [call.call_id for call in page])
    vendors = VendorSettings()
    return PastCalls(
        sandbox=any(vendors.is_stand_in(model.vendor) for model in MODELS.values()),
        calls=[
            PastCall(
                call_id=call.call_id,
                channel=call.channel,
                began_at=_moment(call.began_ms),
                ended_at=_moment(call.ended_ms),
                cost_microdollars=call.microdollars,
                served=[ServedBy(stack=each.stack, tier=each.tier) for each in call.served],
                consent=consent.at(_moment(call.ended_ms), call.channel),
                lines_kept=lines.get(call.call_id, 0),
                stars=call.stars,
            )
            for call in page
        ],
        next=page[-1].began_ms if goes_on else None,
        next_id=page[-1].call_id if goes_on else None,
    )


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
