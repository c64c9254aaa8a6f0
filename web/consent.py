"""Whether a transcript of what is said in the browser may be kept, and what is kept so far."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict

from people.consent import Consents, Line
from web.change_limit import unhurried
from web.database_errors import database_errors
from web.services import Served
from web.sign_in import Changing, CurrentUser

router = APIRouter(prefix="/api", tags=["consent"])

MOST_LINES: Final = 500
"""Lines of a transcript in one answer; together they stay below 10 MB."""


class ConsentWish(BaseModel):
    """What somebody says to it."""

    model_config = ConfigDict(extra="forbid")

    transcripts: bool


class ConsentState(BaseModel):
    """`transcripts`: what was said to it, null for never asked; `days`: how long a transcript would be kept."""

    transcripts: bool | None
    days: int


class Transcript(BaseModel):
    """Some lines of it; `next` goes into `after` to read on, null at the end."""

    lines: list[Line]
    next: int | None


@router.get("/consent")
async def consent(services: Served, user: CurrentUser) -> ConsentState:
    """Give what one said to transcripts of one's calls in a browser."""
    with database_errors():
        given = await Consents(services.people.engine).of(user.id, "browser")
    return ConsentState(transcripts=given, days=services.people_settings.transcript_days)


@router.put("/consent", dependencies=[Depends(unhurried)])
async def change_consent(
    services: Served, session: Changing, user: CurrentUser, wish: ConsentWish
) -> ConsentState:
    """Allow or forbid transcripts of one's calls in a browser, also of one that goes on. A no deletes those kept."""
    with database_errors():
        await Consents(services.people.engine).set(session.user_id, "browser", given=wish.transcripts)
    return ConsentState(transcripts=wish.transcripts, days=services.people_settings.transcript_days)


@router.get("/transcript")
async def transcript(
    services: Served,
    user: CurrentUser,
    call_id: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = None,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_LINES)] = MOST_LINES,
) -> Transcript:
    """Give what is kept of one's own calls, or of one of them, by every door, in the order in which it was kept."""
    with database_errors():
        found = await Consents(services.people.engine).transcript(
            user.id, call_id=call_id, after=after, limit=limit + 1
        )
    lines = found[:limit]
    return Transcript(lines=lines, next=lines[-1].id if len(found) > limit else None)
