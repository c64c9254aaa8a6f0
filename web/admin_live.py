"""The calls that go on, for admins: what serves each, why, and what it costs so far."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel
from redis.exceptions import RedisError

from privacy.live_calls import LiveCalls
from routing.live_view import LiveView, live_views
from routing.redis_link import BlindError
from web.admin import Admin
from web.admin_label import is_sandbox
from web.routing_books import OpenBooks, routing_errors
from web.services import Served, Services

router = APIRouter(prefix="/api/admin", tags=["admin"])


class LiveCall(BaseModel):
    """One call. `stack` is null before it is known what serves it, and where nothing can."""

    call_id: str
    began_ms: int | None
    channel: str
    plan: str
    stack: str | None
    tier: str | None
    reason: str
    arm: str
    """Such as `cheap-voice: control`; empty where the call is part of no experiment."""
    policy_version: str
    cost_microdollars: int
    held_microdollars: int


class LiveList(BaseModel):
    """The newest first. `why_behind` says why the list may be incomplete: Redis does not answer."""

    sandbox: bool
    now_ms: int | None
    calls: list[LiveCall]
    why_behind: str


class Lease(BaseModel):
    """What one call holds, and in how many seconds it expires unless it is extended; below 0 of a dead worker's."""

    call_id: str
    tier: str
    held_microdollars: int
    expires_in_seconds: float


class Leases(BaseModel):
    """The one that expires first first."""

    sandbox: bool
    leases: list[Lease]


@router.get("/calls/live")
async def live(services: Served, _admin: Admin) -> LiveList:
    """List the calls that go on."""
    with routing_errors():
        books = await services.books.open()
        found, why_behind = await live_now(services, books)
    try:
        now_ms = await books.budget.time_ms()
    except BlindError:
        now_ms = None
    return LiveList(
        sandbox=is_sandbox(), now_ms=now_ms, calls=[_plain(each) for each in found], why_behind=why_behind
    )


async def live_now(services: Services, books: OpenBooks) -> tuple[list[LiveView], str]:
    """Give the calls that somebody serves, and why that may be behind, or empty. Raises JournalDownError."""
    try:
        ids = await LiveCalls(services.redis).served()
    except RedisError:
        return [], "Redis does not answer"
    found, why_behind = await live_views(books.journal, books.link, books.budget, ids)
    return found, f"Redis does not answer ({why_behind})" if why_behind else ""


def _plain(view: LiveView) -> LiveCall:
    decision = view.decision
    drawn = decision.inputs.assignment if decision is not None else None
    return LiveCall(
        call_id=view.call_id,
        began_ms=view.began_ms or None,
        channel=decision.inputs.channel if decision is not None else "",
        plan=decision.inputs.plan if decision is not None else "",
        stack=decision.stack if decision is not None else None,
        tier=decision.tier if decision is not None else None,
        reason=decision.reason if decision is not None else "",
        arm=f"{drawn.experiment}: {drawn.arm}" if drawn is not None else "",
        policy_version=decision.policy_version if decision is not None else "",
        cost_microdollars=view.microdollars,
        held_microdollars=view.held_microdollars,
    )
