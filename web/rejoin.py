"""A new way into one's own call that still lives: after a lost connection, a reload, or from another tab."""

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from web.calls import CallMade
from web.errors import ApiError
from web.rooms import UNREACHABLE, room_name
from web.services import Served
from web.sign_in import Changing, same_site

router = APIRouter(prefix="/api", tags=["calls"])


class WayBack(BaseModel):
    """Who comes back. A tab that does so by itself names the connection it had, so that it takes nothing away."""

    model_config = ConfigDict(extra="forbid")

    instead_of: str | None = Field(default=None, max_length=64)


@router.post("/calls/{call_id}/token", dependencies=[Depends(same_site)])
async def rejoin(
    call_id: str, services: Served, session: Changing, way_back: WayBack | None = None
) -> CallMade:
    """Sign another token for the caller's room. Entering with it moves the call: the other connection is closed.

    404 for another user's call, one that never was and one that has ended. 409 when `instead_of` is given and the
    call is held by another connection: the tab that was put aside last must not take it back unasked.
    """
    gone = ApiError(404, "not_found", "You have no such call.", "Start one with POST /api/calls.")
    if not services.call_ids.belongs_to(call_id, session.user_id):
        raise gone
    try:
        found = await services.rooms.status(call_id)
    except UNREACHABLE as error:
        raise ApiError(
            503,
            "unavailable",
            "The room server does not answer.",
            "Try again in a moment; /readyz says more.",
        ) from error
    if found.status == "ended":
        raise gone
    held = way_back.instead_of if way_back else None
    if held is not None and found.caller not in (None, held):
        raise ApiError(
            409,
            "moved",
            "The call goes on elsewhere.",
            "Leave out `instead_of` to bring it here all the same.",
        )
    return CallMade(
        call_id=call_id,
        url=services.settings.livekit_browser_url or services.settings.livekit_url,
        token=services.rooms.token(call_id, user_id=session.user_id),
        room=room_name(call_id),
    )
