"""Stars that callers give their calls, whatever the door: by click on the page, by key on a telephone.

A rating is an outcome of the journal, under the random id of whose call it was: erased with the name of that id. Rows
are only added, so of several the last one counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from routing.journal import Entry, Journal, journal_errors
from routing.kinds import Channel
from routing.models import EntryRow

FEWEST: Final = 1
MOST: Final = 5

Stars = Annotated[int, Field(ge=FEWEST, le=MOST)]
"""1 for a bad call, 5 for a very good one."""


def rating_details(stars: int, channel: Channel) -> Mapping[str, Any]:
    """What an outcome says of a rating. Raises ValueError for stars that there are not."""
    if not FEWEST <= stars <= MOST:
        raise ValueError(f"{stars} stars: {FEWEST} to {MOST} can be given")
    return {"rating": {"stars": stars, "channel": channel}}


async def rate(
    journal: Journal, *, call_id: str, subject: str, channel: Channel, stars: int, at_ms: int
) -> None:
    """Keep what a caller thinks of a call. Given again it replaces what was given before.

    Raises ValueError for stars that there are not, and JournalDownError.
    """
    entry = Entry(
        operation=f"{call_id}:rating:{at_ms}",
        kind="outcome",
        at_ms=at_ms,
        call_id=call_id,
        details={"subject": subject, **rating_details(stars, channel)},
    )
    await journal.append([entry])


async def ratings_of(engine: AsyncEngine, call_ids: Sequence[str]) -> dict[str, int]:
    """Give the stars of those calls that have some. Raises JournalDownError."""
    stars = EntryRow.details[("rating", "stars")].as_integer()
    query = (
        select(EntryRow.call_id, stars)
        .where(EntryRow.call_id.in_(call_ids), EntryRow.kind == "outcome", stars.is_not(None))
        .order_by(EntryRow.at_ms, EntryRow.operation)
    )
    with journal_errors():
        async with engine.connect() as connection:
            rows = (await connection.execute(query)).all()
    return {call_id: int(given) for call_id, given in rows}  # the last row of a call stays
