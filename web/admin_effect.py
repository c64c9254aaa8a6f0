"""What a change of the policy would do, told before anything is written: to the policy, to live calls, to experiments.

Every address that changes the policy has one beside it that ends in `/effect`, takes the same body and answers this.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, JsonValue

from routing.live_view import moves
from routing.policy import Policy
from routing.policy_changes import Change, changed, differences
from web.admin_live import live_now
from web.routing_books import OpenBooks
from web.services import Services


class Difference(BaseModel):
    """One value that is different. A value that is not there is null."""

    path: str
    before: JsonValue
    after: JsonValue


class MovedCall(BaseModel):
    """A live call that would be served otherwise; null is nothing any more."""

    call_id: str
    before: str | None
    after: str | None


class NewPhase(BaseModel):
    """A phase of an experiment that would begin: what was found before is another phase's."""

    experiment: str
    phase: int


class Effect(BaseModel):
    """What a change would do now. Nothing has been written."""

    version: str
    changes: list[Difference]
    live: int
    """Calls that go on."""
    moves: list[MovedCall]
    """A switch moves them at once; caps do when a call next asks for money, within a slice. An experiment moves none:
    what a call was drawn for it keeps."""
    phases: list[NewPhase]
    why_behind: str
    """Why the live calls may be incomplete, or empty."""


class Written(BaseModel):
    """What holds from now on. Where Redis was not told workers find it in the database, within some 15 s."""

    version: str
    before: str
    changes: list[Difference]
    told_redis: bool


def whole(policy: Policy) -> Mapping[str, Any]:
    """All of a policy, as data."""
    return policy.model_dump(mode="json")


async def effect_of(
    services: Services,
    books: OpenBooks,
    current: Policy,
    patch: Mapping[str, Any],
    *,
    told: Callable[[Policy], Mapping[str, Any]] = whole,
) -> Effect:
    """Reckon with a change of the policy in force; `told` is what of it is compared.

    Raises PolicyInvalidError and JournalDownError.
    """
    fresh = changed(current, patch, version=current.version, at_ms=time.time_ns() // 1_000_000)
    live, why_behind = await live_now(services, books)
    return Effect(
        version=current.version,
        changes=plain(differences(told(current), told(fresh))),
        live=len(live),
        moves=[
            MovedCall(call_id=each.call_id, before=each.before, after=each.after)
            for each in moves(live, fresh)
        ],
        phases=[
            NewPhase(experiment=name, phase=each.phase)
            for name, each in fresh.experiments.items()
            if each.phase > (current.experiments[name].phase if name in current.experiments else 0)
        ],
        why_behind=why_behind,
    )


async def write(
    books: OpenBooks, changes: Mapping[str, Any], expected: str, author: str, note: str
) -> Written:
    """Make the next version of the policy. Raises PolicyConflictError and PolicyInvalidError."""
    current = await books.store.looked_at(expected)
    fresh = await books.store.write(changes, expected=expected, author=author, note=note)
    return Written(
        version=fresh.version,
        before=expected,
        changes=plain(differences(whole(current), whole(fresh))),
        told_redis=not books.store.why_not_posted,
    )


def plain(changes: tuple[Change, ...]) -> list[Difference]:
    """Changes for JSON."""
    return [Difference(path=each.path, before=each.before, after=each.after) for each in changes]
