"""Stars for a call of one's own."""

from __future__ import annotations

import time
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict

from routing.kinds import Channel
from routing.own_calls import is_own
from routing.ratings import Stars, rate, ratings_of
from web.change_limit import unhurried
from web.errors import ApiError
from web.routing_books import OpenBooks, routing_errors
from web.services import Served, Services
from web.sign_in import Changing, CurrentUser, same_site

router = APIRouter(prefix="/api", tags=["calls"])

CallId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class Rating(BaseModel):
    """What a caller thinks of a call."""

    model_config = ConfigDict(extra="forbid")

    stars: Stars


class Rated(Rating):
    """What is kept of it."""

    call_id: str


@router.put("/calls/{call_id}/rating", dependencies=[Depends(same_site), Depends(unhurried)])
async def rate_call(
    call_id: CallId, services: Served, _session: Changing, user: CurrentUser, given: Rating
) -> Rated:
    """Give a call of one's own 1 to 5 stars, or others than before. 404 for another user's."""
    with routing_errors():
        books = await services.books.open()
        channel = await _door(services, books, call_id, user.id)
        before = (await ratings_of(books.journal.engine, [call_id])).get(call_id)
        if before != given.stars:  # rows of the journal stay
            await rate(
                books.journal,
                call_id=call_id,
                subject=await books.journal.subject_of(user.id),
                channel=channel,
                stars=given.stars,
                at_ms=time.time_ns() // 1_000_000,
            )
    if before is None:
        services.metrics.satisfaction.labels(channel).observe(given.stars)
    return Rated(call_id=call_id, stars=given.stars)


async def _door(services: Services, books: OpenBooks, call_id: str, user_id: str) -> Channel:
    # The journal may be told of a call's begin a moment after its end; its id says whose it is by itself.
    if services.call_ids.belongs_to(call_id, user_id):
        return "browser"
    door = await is_own(books.journal.engine, user_id, call_id)
    doors: dict[str | None, Literal["browser", "phone"]] = {"browser": "browser", "phone": "phone"}
    if door not in doors:
        raise ApiError(404, "not_found", "You have no such call.", "GET /api/calls lists your calls.")
    return doors[door]
