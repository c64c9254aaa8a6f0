"""Money, for admins: what was spent and is held below which cap, caps to change, and what each day cost."""

from __future__ import annotations

import time
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from people.user import User
from routing.caps import Cap
from routing.daily_costs import DAY_MS, DayCost, daily_costs
from routing.erasure import NOBODY, known_subject
from routing.live_leases import live_leases
from routing.policy import Policy
from routing.redis_link import BlindError
from routing.scopes import scopes_of
from web.admin import Admin, Author, ChangingAdmin
from web.admin_effect import Effect, Written, effect_of, write
from web.admin_label import is_sandbox
from web.admin_live import Lease, Leases
from web.database_errors import database_errors
from web.errors import ApiError
from web.routing_books import routing_errors
from web.services import Served, Services
from web.sign_in import same_site

router = APIRouter(prefix="/api/admin", tags=["admin"])

GLOBAL = "global"
Whose = Annotated[str, Query(min_length=1, max_length=254)]


class ScopeState(BaseModel):
    """One scope, µ$. What Redis does not have is null; the journal's sums stand beside it."""

    scope: str
    kind: str
    premium_cap: int
    total_cap: int
    premium_committed: int | None = None
    premium_held: int | None = None
    committed: int | None = None
    held: int | None = None
    premium_overshoot: int | None = None
    overshoot: int | None = None
    """What was spent though no cap had room for it."""
    premium_blind: int | None = None
    blind: int | None = None
    """What was spent while Redis could not be asked."""
    premium_journal: int
    journal: int


class BudgetState(BaseModel):
    """The scopes of somebody, or of everybody. `own_caps`: they have caps of their own."""

    sandbox: bool
    whose: str
    version: str
    own_caps: bool
    caps: dict[str, Cap]
    scopes: list[ScopeState]
    redis_answers: bool


class Caps(BaseModel):
    """Caps to change, by scope; those that are not named stay. Without any a user's own caps go."""

    model_config = ConfigDict(extra="forbid")

    expected: Annotated[str, Field(min_length=1, max_length=64)]
    whose: Annotated[str, Field(min_length=1, max_length=254)]
    caps: Annotated[dict[str, Cap], Field(max_length=4)]
    note: Annotated[str, Field(max_length=500)] = ""


class Costs(BaseModel):
    """What each day cost, µ$, by stack, door and arm. Days are UTC's."""

    sandbox: bool
    days: int
    rows: list[DayCost]


@router.get("/budget")
async def budget(services: Served, _admin: Admin, whose: Whose = GLOBAL) -> BudgetState:
    """Show counters, caps, and what the journal says beside them: of `global`, or of somebody's address."""
    user = await _user(services, whose)
    with routing_errors():
        books = await services.books.open()
        policy = await books.store.current()
        # Who never called is not in the journal, and looking does not put them there.
        known = None if user is None else await known_subject(books.journal.engine, user.id)
        subject = known or NOBODY
        answers = True
        try:
            now_ms = await books.budget.time_ms()
        except BlindError:
            now_ms, answers = time.time_ns() // 1_000_000, False
        zone = ZoneInfo("Etc/UTC" if user is None else user.time_zone)
        kinds = ("global_day",) if user is None else ("user_day", "user_month")
        scopes = [each for each in scopes_of("", subject, zone, now_ms) if each.kind in kinds]
        caps = policy.caps if user is None else policy.caps_of(subject)
        states = []
        for scope in scopes:
            counted = None
            if answers:
                try:
                    (counted,) = await books.budget.counters([scope.name])
                except BlindError:
                    answers = False
            sums, cap = await books.journal.sums(scope.name, upto_ms=now_ms), caps.of(scope.kind)
            state = ScopeState(
                scope=scope.name,
                kind=scope.kind,
                premium_cap=cap.premium,
                total_cap=cap.total,
                premium_journal=sums.premium,
                journal=sums.total,
            )
            if counted is not None:
                state.premium_committed, state.premium_held = counted.premium_committed, counted.premium_held
                state.committed, state.held = counted.committed, counted.held
                state.premium_overshoot, state.premium_blind = (
                    counted.premium_overshoot,
                    counted.premium_blind,
                )
                state.overshoot, state.blind = counted.overshoot, counted.blind
            states.append(state)
    return BudgetState(
        sandbox=is_sandbox(),
        whose=whose,
        version=policy.version,
        own_caps=subject in policy.user_caps,
        caps={kind: caps.of(kind) for kind in ("call", "user_day", "user_month", "global_day")},
        scopes=states,
        redis_answers=answers,
    )


@router.put("/budget", dependencies=[Depends(same_site)])
async def set_budget(services: Served, author: Author, wanted: Caps) -> Written:
    """Change caps, everybody's or one user's: a new version of the policy; 409 with the difference as for that."""
    user = await _whose(services, wanted)
    with routing_errors():
        books = await services.books.open()
        current = await books.store.looked_at(wanted.expected)
        subject = "" if user is None else await books.journal.subject_of(user.id)
        patch = _patch(current, subject, wanted)
        return await write(books, patch, wanted.expected, author, wanted.note)


@router.post("/budget/effect", dependencies=[Depends(same_site)])
async def budget_effect(services: Served, _admin: ChangingAdmin, wanted: Caps) -> Effect:
    """Say what such caps would do: which live calls they leave no room, and which they give some."""
    user = await _whose(services, wanted)
    with routing_errors():
        books = await services.books.open()
        current = await books.store.looked_at(wanted.expected)
        # As with looking: who never called is not put into the journal by a question.
        subject = "" if user is None else await known_subject(books.journal.engine, user.id) or NOBODY
        patch = _patch(current, subject, wanted)
        if user is None:
            return await effect_of(services, books, current, patch)

        def theirs(policy: Policy) -> dict[str, Any]:
            # What holds for them, whether it was their own before or everybody's.
            return {"caps": policy.caps_of(subject).model_dump(mode="json")}

        return await effect_of(services, books, current, patch, told=theirs)


@router.get("/costs")
async def costs(
    services: Served,
    _admin: Admin,
    days: Annotated[int, Query(ge=1, le=400)] = 14,
    whose: Whose = GLOBAL,
) -> Costs:
    """Say what each day cost, by stack, door and arm: the last so many days, today with them.

    Of all calls, or of those of somebody's address.
    """
    today_ms = time.time_ns() // 1_000_000 // DAY_MS * DAY_MS
    user = await _user(services, whose)
    with routing_errors():
        books = await services.books.open()
        engine = books.journal.engine
        subject = "" if user is None else await known_subject(engine, user.id) or NOBODY
        rows = await daily_costs(engine, since_ms=today_ms - (days - 1) * DAY_MS, subject=subject)
    return Costs(sandbox=is_sandbox(), days=days, rows=list(rows))


@router.get("/leases")
async def leases(services: Served, _admin: Admin) -> Leases:
    """Say what each live call holds."""
    with routing_errors():
        books = await services.books.open()
    try:
        found = await live_leases(books.link)
    except BlindError as error:
        raise ApiError(
            503, "unavailable", "Redis does not answer.", "Look at REDIS_URL; /readyz says more."
        ) from error
    held = [
        Lease(
            call_id=each.call_id,
            tier=each.tier,
            held_microdollars=each.microdollars,
            expires_in_seconds=round(each.expires_ms / 1000, 1),
        )
        for each in found
    ]
    return Leases(sandbox=is_sandbox(), leases=held)


async def _whose(services: Services, wanted: Caps) -> User | None:
    """Find whose caps are to be others; refuse what cannot be."""
    user = await _user(services, wanted.whose)
    if user is None and not wanted.caps:
        raise ApiError(422, "invalid", "Everybody's caps cannot be cleared.", "Give others.")
    if user is not None and "global_day" in wanted.caps:
        raise ApiError(422, "invalid", "The global day is everybody's.", "Set it for «global».")
    return user


def _patch(current: Policy, subject: str, wanted: Caps) -> dict[str, Any]:
    changes = {kind: cap.model_dump() for kind, cap in wanted.caps.items()}
    if not subject:
        return {"caps": changes}
    # Caps of one's own are whole: what is not said stays as it is for this user now.
    own = current.caps_of(subject).model_dump(mode="json") | changes if changes else None
    return {"user_caps": {subject: own}}


async def _user(services: Services, whose: str) -> User | None:
    """Find whose money it is; None is everybody's. 404 for nobody."""
    if whose == GLOBAL:
        return None
    with database_errors():
        user = await services.people.user_by_email(whose)
    if user is None:
        raise ApiError(404, "not_found", "There is no such user.", "Give an address that somebody has.")
    return user
