"""People, for admins: what `voicetasks admin users`, `erase` and `export` say and do.

Whom a request is about stands in its body, so that no address that is logged names anybody.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from redis.exceptions import RedisError

from people.audit import Audit, AuditEntry
from people.erasure import Erasures
from people.password import MAX_PASSWORD_LENGTH
from people.store import EmailTakenError
from people.user import DEFAULT_TIME_ZONE, Plan, Role, TimeZone, User, is_user_id, normalise_email
from privacy.addresses import addresses_of
from privacy.erasure import erase
from privacy.live_calls import LiveCalls
from web.admin import Admin, Author, ChangingAdmin
from web.database_errors import database_errors
from web.errors import ApiError
from web.routing_books import routing_errors
from web.services import Served, Services
from web.sign_in import same_site
from web.their_data import Erased, as_file

router = APIRouter(prefix="/api/admin", tags=["admin"])

Named = Annotated[str, Field(min_length=1, max_length=254)]
"""A person's address; for an erasure their id as well, since the address may be gone already."""


class Person(BaseModel):
    """One user."""

    id: str
    email: str
    plan: Plan
    role: Role
    time_zone: str


class Persons(BaseModel):
    """Users by address. `more`: there are others."""

    users: list[Person]
    more: bool


class NewPerson(BaseModel):
    """Somebody to add, with the password that they sign in with at first."""

    model_config = ConfigDict(extra="forbid")

    email: Named
    password: Annotated[SecretStr, Field(min_length=1, max_length=MAX_PASSWORD_LENGTH)]
    plan: Plan = Plan.ECONOMY
    role: Role = Role.USER
    time_zone: TimeZone = DEFAULT_TIME_ZONE


class NewPlan(BaseModel):
    """What somebody pays for from their next call on."""

    model_config = ConfigDict(extra="forbid")

    user: Named
    plan: Plan


class Whom(BaseModel):
    """Somebody, by address."""

    model_config = ConfigDict(extra="forbid")

    user: Named


class Erasure(Whom):
    """Whoever means it types whom it erases: `confirm` is the same once more, the address where they have one."""

    confirm: Annotated[str, Field(max_length=254)]


class ErasureEffect(BaseModel):
    """Whom an erasure would erase. `live_calls` of theirs would end; null when that cannot be known."""

    user: Person
    live_calls: int | None


class NamedEntry(AuditEntry):
    """An entry with the addresses of whom it is about and of who did it; empty where there is none, or none any more."""

    whose: str = ""
    by: str = ""


class Trail(BaseModel):
    """What was done to accounts, the newest first. `more`: there are older entries."""

    entries: list[NamedEntry]
    more: bool


@router.get("/users")
async def users(
    services: Served,
    _admin: Admin,
    beginning: Annotated[str, Query(max_length=254)] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> Persons:
    """List the users by address: those whose address begins so."""
    with database_errors():
        found = await services.people.users(limit=limit + 1, beginning=beginning)
    return Persons(users=[_plain(each) for each in found[:limit]], more=len(found) > limit)


@router.post("/users", status_code=201, dependencies=[Depends(same_site)])
async def create(services: Served, author: Author, wanted: NewPerson) -> Person:
    """Add somebody; 409 where somebody has the address already."""
    try:
        with database_errors():
            user = await services.people.create_user(
                email=wanted.email,
                password=wanted.password.get_secret_value(),
                plan=wanted.plan,
                role=wanted.role,
                time_zone=wanted.time_zone,
                actor=author,
            )
    except EmailTakenError as error:
        raise ApiError(
            409, "taken", "Somebody has this address already.", "Change their plan in the list."
        ) from error
    except ValidationError as error:
        raise ApiError(422, "bad_user", "That is no address.", "Write it like ann@example.org.") from error
    return _plain(user)


@router.put("/users/plan", dependencies=[Depends(same_site)])
async def plan(services: Served, author: Author, wanted: NewPlan) -> Person:
    """Give somebody another plan; calls that are under way keep theirs."""
    user = await _named(services, wanted.user)
    with database_errors():
        changed = await services.people.set_plan(user.id, wanted.plan, actor=author)
    if changed is None:
        raise _nobody()
    return _plain(changed)


@router.post("/export", dependencies=[Depends(same_site)], response_class=StreamingResponse)
async def export(services: Served, author: Author, whom: Whom) -> StreamingResponse:
    """Give all that is kept of somebody, as a file. It is theirs: keep it from others. The trail says who took it."""
    user = await _named(services, whom.user)
    try:
        return await as_file(services, user.id, asks=author, actor=author)
    except LookupError as error:
        raise _nobody() from error


@router.post("/erase/effect", dependencies=[Depends(same_site)])
async def erasure_effect(services: Served, _admin: ChangingAdmin, whom: Whom) -> ErasureEffect:
    """Say whom it would erase, and how many calls of theirs would end. Nothing is erased."""
    user = await _named(services, whom.user)
    try:
        live: int | None = len(await LiveCalls(services.redis).of(user.id))
    except RedisError:
        live = None
    return ErasureEffect(user=_plain(user), live_calls=live)


@router.post("/erase", dependencies=[Depends(same_site)])
async def erase_somebody(services: Served, admin: ChangingAdmin, author: Author, wanted: Erasure) -> Erased:
    """Erase somebody everywhere, live calls included, and give the proof; 422 unless `confirm` says whom once more.

    404 for an address that nobody has, and for an id that nobody ever had. It cannot be undone. What could not be reached goes on by itself; the same with their id goes on with it at once.
    """
    by_id = is_user_id(wanted.user)
    user_id = wanted.user if by_id else (await _named(services, wanted.user)).id
    with database_errors():
        if by_id and not await Erasures(services.people.engine).knows(user_id):
            raise _nobody()
        known = await services.people.user_by_id(user_id)
    if normalise_email(wanted.confirm) != (known.email if known is not None else user_id):
        raise ApiError(
            422, "not_confirmed", "That does not name whom it would erase.", "Type their address, or the id."
        )
    if user_id == admin.id:
        raise ApiError(409, "yourself", "This is you.", "Erase yourself on your own account page.")
    with database_errors():
        proof = await erase(services.places, user_id, actor=author)
    return Erased.model_validate(proof.as_dict())


@router.get("/audit")
async def audit(
    services: Served,
    _admin: Admin,
    whose: Annotated[str, Query(max_length=254)] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Trail:
    """Show what was done to accounts, everybody's or somebody's: sign-ins, changes, consent, exports, erasures."""
    user = await _named(services, whose) if whose else None
    with database_errors():
        entries = await Audit(services.people.engine).entries(user.id if user else None, limit=limit + 1)
    newest = entries[::-1][:limit]
    names = {name for each in newest for name in (each.user_id, each.actor) if name}
    with routing_errors(), database_errors():
        books = await services.books.open()
        known = await addresses_of(services.people, books.journal, names)
    return Trail(
        entries=[
            NamedEntry(
                **each.model_dump(), whose=known.get(each.user_id or "", ""), by=known.get(each.actor, "")
            )
            for each in newest
        ],
        more=len(entries) > limit,
    )


async def _named(services: Services, address: str) -> User:
    """Find somebody by address; 404 for nobody."""
    with database_errors():
        user = await services.people.user_by_email(address)
    if user is None:
        raise _nobody()
    return user


def _nobody() -> ApiError:
    return ApiError(404, "not_found", "There is no such user.", "Give an address that somebody has.")


def _plain(user: User) -> Person:
    return Person(id=user.id, email=user.email, plan=user.plan, role=user.role, time_zone=user.time_zone)
