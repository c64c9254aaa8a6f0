"""Whether a transcript of what is said in the browser may be kept, and what was kept so far."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from people.consent import Consents
from web.services import Served
from web.sign_in import Changing, CurrentUser

router = APIRouter(prefix="/api", tags=["consent"])


class ConsentWish(BaseModel):
    """What somebody says to it."""

    model_config = ConfigDict(extra="forbid")

    transcripts: bool


class ConsentState(BaseModel):
    """`transcripts`: what was said to it, null for never asked; `days`: how long a transcript would be kept."""

    transcripts: bool | None
    days: int


@router.get("/consent")
async def consent(services: Served, user: CurrentUser) -> ConsentState:
    """Give what one said to transcripts of one's calls in a browser."""
    given = await Consents(services.people.engine).of(user.id, "browser")
    return ConsentState(transcripts=given, days=services.people_settings.transcript_days)


@router.put("/consent")
async def change_consent(
    services: Served, session: Changing, user: CurrentUser, wish: ConsentWish
) -> ConsentState:
    """Allow or forbid transcripts of one's calls in a browser, also of one that goes on. A no deletes those kept."""
    await Consents(services.people.engine).set(session.user_id, "browser", given=wish.transcripts)
    return ConsentState(transcripts=wish.transcripts, days=services.people_settings.transcript_days)
