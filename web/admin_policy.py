"""The policy, for admins: what `voicetasks admin policy` says and does, and what a change would move."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from privacy.addresses import addresses_of
from routing.policy import DEFAULT_POLICY, Policy
from routing.policy_changes import KNOWN_STACKS
from routing.redis_link import BlindError
from tiers.catalogue import STACKS
from web.admin import Admin, Author, ChangingAdmin
from web.admin_effect import Difference, Effect, Written, effect_of, plain, write
from web.database_errors import database_errors
from web.routing_books import routing_errors
from web.services import Served
from web.sign_in import same_site

router = APIRouter(prefix="/api/admin/policy", tags=["admin"])

Patch = Annotated[dict[str, JsonValue], Field(min_length=1, max_length=32)]
"""A JSON merge patch (RFC 7396) of the policy."""


class InForce(BaseModel):
    """The policy that holds. `in_redis` is the version that workers see first; null while Redis is away."""

    version: str
    in_redis: str | None
    policy: Policy
    stacks: dict[str, str]
    """What there is to switch: the tier of each stack."""


class Wanted(BaseModel):
    """A change of the version `expected`, the one that was looked at."""

    model_config = ConfigDict(extra="forbid")

    expected: Annotated[str, Field(min_length=1, max_length=64)]
    changes: Patch


class WantedWithNote(Wanted):
    """And why, for the history."""

    note: Annotated[str, Field(max_length=500)] = ""


class Version(BaseModel):
    """One entry of the history."""

    version: str
    at_ms: int
    author: str
    by: str
    """The author's address; empty where they have none, or none any more."""
    note: str
    changes: list[Difference]


class History(BaseModel):
    """The newest first. `more`: there are older versions."""

    versions: list[Version]
    more: bool


@router.get("")
async def policy(services: Served, _admin: Admin) -> InForce:
    """Give the policy in force."""
    with routing_errors():
        books = await services.books.open()
        current = await books.store.current()
    try:
        number = await books.store.board.number()
    except BlindError:
        number = None
    posted = None if number is None else str(number) if number else DEFAULT_POLICY.version
    stacks: dict[str, str] = {
        name: STACKS[name].tier if name in STACKS else "economy" for name in sorted(KNOWN_STACKS)
    }
    return InForce(version=current.version, in_redis=posted, policy=current, stacks=stacks)


@router.post("/effect", dependencies=[Depends(same_site)])
async def effect(services: Served, _admin: ChangingAdmin, wanted: Wanted) -> Effect:
    """Say what a change would do to the policy and to the calls that go on."""
    with routing_errors():
        books = await services.books.open()
        current = await books.store.looked_at(wanted.expected)
        return await effect_of(services, books, current, wanted.changes)


@router.patch("", dependencies=[Depends(same_site)])
async def change(services: Served, author: Author, wanted: WantedWithNote) -> Written:
    """Make the next version; 409 with the difference when somebody else was quicker."""
    with routing_errors():
        books = await services.books.open()
        return await write(books, wanted.changes, wanted.expected, author, wanted.note)


@router.get("/history")
async def history(
    services: Served, _admin: Admin, limit: Annotated[int, Query(ge=1, le=200)] = 20
) -> History:
    """Say who changed what, from what, and why."""
    with routing_errors():
        books = await services.books.open()
        versions = await books.store.history(limit + 1)
        with database_errors():
            known = await addresses_of(services.people, books.journal, {each.author for each in versions})
    return History(
        versions=[
            Version(
                version=each.version,
                at_ms=each.at_ms,
                author=each.author,
                by=known.get(each.author, ""),
                note=each.note,
                changes=plain(each.changes),
            )
            for each in versions[:limit]
        ],
        more=len(versions) > limit,
    )
