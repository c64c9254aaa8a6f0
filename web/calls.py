"""Starting a call from a browser, and looking after one."""

import logging
from typing import Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict
from redis.exceptions import RedisError

from privacy.calls_at_once import tag_of
from web.errors import ApiError
from web.rooms import UNREACHABLE, room_name
from web.services import Served, Services
from web.sign_in import Changing, Signed, same_site
from web.slots import Admission

router = APIRouter(prefix="/api", tags=["calls"])
log = logging.getLogger(__name__)


class CallWanted(BaseModel):
    """What the caller may choose: nothing but the door. Plan and identity are the server's."""

    model_config = ConfigDict(extra="forbid")

    channel: Literal["browser"] = "browser"


class CallMade(BaseModel):
    """The way into a room: connect to `url` with `token` within five minutes."""

    call_id: str
    url: str
    token: str
    room: str


class CallStatus(BaseModel):
    """How a call is: `waiting` for the agent, `answered`, or `ended`.

    `connection` names the caller's way into the room, so that a tab can tell its own from another's.
    """

    call_id: str
    room: str
    status: Literal["waiting", "answered", "ended"]
    caller_joined: bool
    connection: str | None
    tier: str | None
    stack: str | None
    reason: str | None
    sandbox: bool | None


@router.post("/calls", status_code=201, dependencies=[Depends(same_site)])
async def start_call(services: Served, session: Changing, wanted: CallWanted | None = None) -> CallMade:
    """Make a room with our agent on its way, and a token for the caller alone; 503 when no worker is free.

    429 when they have as many calls as one person may: nobody holds every line.
    """
    channel = (wanted or CallWanted()).channel
    call_id = services.call_ids.new(session.user_id)
    person = tag_of(session.user_id, services.people_settings.tasks_token_secret)
    await _admit(services, call_id, person)
    try:
        await services.rooms.open(call_id, user_id=session.user_id, channel=channel)
    except UNREACHABLE as error:
        await _give_back(services, call_id, person)
        services.metrics.call_requests.labels("unavailable").inc()
        services.metrics.unanswered.labels("unavailable").inc()
        raise _livekit_away() from error
    services.metrics.call_requests.labels("ok").inc()
    log.info("call made", extra={"call_id": call_id})
    return CallMade(
        call_id=call_id,
        url=services.settings.livekit_browser_url or services.settings.livekit_url,
        token=services.rooms.token(call_id, user_id=session.user_id),
        room=room_name(call_id),
    )


@router.get("/calls/{call_id}")
async def call_status(call_id: str, services: Served, session: Signed) -> CallStatus:
    """Look after one's own call. Another user's is not found, like one that never was."""
    if not services.call_ids.belongs_to(call_id, session.user_id):
        raise ApiError(404, "not_found", "You have no such call.", "Start one with POST /api/calls.")
    try:
        found = await services.rooms.status(call_id)
    except UNREACHABLE as error:
        raise _livekit_away() from error
    sandbox = found.attributes.get("sandbox")
    return CallStatus(
        call_id=call_id,
        room=room_name(call_id),
        status=found.status,
        caller_joined=found.caller is not None,
        connection=found.caller,
        tier=found.attributes.get("tier"),
        stack=found.attributes.get("stack"),
        reason=found.attributes.get("reason"),
        sandbox=None if sandbox is None else sandbox == "true",
    )


async def _admit(services: Services, call_id: str, person: str) -> None:
    """Take a slot, or tell the caller that there is none. Without Redis nobody knows, so the call is tried."""
    try:
        admission = await services.slots.claim(call_id, person, services.settings.calls_each)
    except RedisError:
        services.metrics.without_redis.labels("admission").inc()
        log.warning("redis is away: a call is tried without knowing who is free", extra={"call_id": call_id})
        return
    if admission is Admission.OK:
        return
    services.metrics.call_requests.labels(admission.value).inc()
    log.warning("call refused", extra={"call_id": call_id, "outcome": admission.value})
    if admission is Admission.TOO_MANY:  # their own doing: no call that nobody served
        raise ApiError(
            429,
            "too_many_calls",
            "You have as many calls as you can have at once.",
            "End one of them, and try again in a quarter of a minute.",
            headers={"Retry-After": "15"},
        )
    services.metrics.unanswered.labels(admission.value).inc()
    if admission is Admission.BUSY:
        raise ApiError(
            503,
            "busy",
            "All lines are busy.",
            "Try again in a minute; more workers or more VOICETASKS_AGENT_SLOTS carry more calls.",
            headers={"Retry-After": "30"},
        )
    raise ApiError(
        503,
        "no_worker",
        "Nobody is there to take the call.",
        "Start a worker with `voicetasks worker`; /readyz says when it is there.",
        headers={"Retry-After": "5"},
    )


async def _give_back(services: Services, call_id: str, person: str) -> None:
    try:
        await services.slots.release(call_id, person)
    except RedisError:
        log.warning("redis is away: a claim runs out by itself", extra={"call_id": call_id})


def _livekit_away() -> ApiError:
    return ApiError(
        503,
        "unavailable",
        "The room server does not answer.",
        "Check LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET; /readyz says more.",
    )
