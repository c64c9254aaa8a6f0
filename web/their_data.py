"""All that is kept of whoever is signed in: given out whole, or erased."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from people.audit import SELF, Audit
from people.user import normalise_email
from privacy.erasure import AWAY, erase
from privacy.export import exported
from web.change_limit import unhurried_export
from web.database_errors import database_errors
from web.errors import ApiError
from web.one_export import UnderWayError, one_export
from web.services import Served, Services
from web.sign_in import Changing, CurrentUser, forget_cookie, same_site

router = APIRouter(prefix="/api", tags=["your data"])


class ErasureWish(BaseModel):
    """Whoever means it types their own address: a click alone erases nothing."""

    model_config = ConfigDict(extra="forbid")

    confirm: Annotated[str, Field(max_length=254)]


class ErasedPlace(BaseModel):
    """What was done in one place; `left` counts what still names them there, null when that is not known."""

    place: str
    removed: dict[str, int]
    left: int | None
    note: str


class Erased(BaseModel):
    """The proof. What is not complete goes on by itself."""

    complete: bool
    digest: str
    at: str
    steps: list[ErasedPlace]


@router.get(
    "/export",
    dependencies=[Depends(unhurried_export)],
    response_class=StreamingResponse,
    responses={200: {"content": {"application/json": {}}, "description": "One JSON object, as a file."}},
)
async def export(services: Served, user: CurrentUser) -> StreamingResponse:
    """Give everything that is kept of oneself, as a file; 409 while another one is on its way."""
    try:
        return await as_file(services, user.id, asks=user.id)
    except LookupError as error:
        raise ApiError(
            401, "unauthorized", "You are not signed in.", "Sign in with POST /api/login."
        ) from error


@router.post("/erase", dependencies=[Depends(same_site)])
async def erase_me(
    response: Response, services: Served, session: Changing, user: CurrentUser, wish: ErasureWish
) -> Erased:
    """Erase oneself everywhere, live calls included; 422 unless `confirm` is one's own address. It cannot be undone."""
    if normalise_email(wish.confirm) != user.email:
        raise ApiError(
            422, "not_confirmed", "That is not the address of this account.", "Type your own address."
        )
    with database_errors():
        proof = await erase(services.places, session.user_id)
    forget_cookie(response, services)
    return Erased.model_validate(proof.as_dict())


async def as_file(services: Services, user_id: str, *, asks: str, actor: str = SELF) -> StreamingResponse:
    """Give everything that is kept of a person to who `asks`, read while it is sent; the trail says so.

    Raises LookupError for nobody, ApiError 409 while they are given another one, and 503.
    """
    pieces = _held(services, user_id, services.keys.tag("export", asks))
    try:
        first = await anext(pieces)  # what cannot be read is told before the answer begins
        await Audit(services.people.engine).note(user_id, "account.exported", actor=actor)
    except UnderWayError as error:
        raise ApiError(
            409,
            "under_way",
            "A download of yours is on its way.",
            "Wait until it has ended, 10 minutes at most.",
        ) from error
    except AWAY as error:
        await pieces.aclose()
        raise ApiError(
            503, "unavailable", "Not everything can be reached right now.", "Try again in a moment."
        ) from error

    async def whole() -> AsyncIterator[str]:
        async with aclosing(pieces):
            yield first
            async for piece in pieces:
                yield piece

    return StreamingResponse(
        whole(),
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="voicetasks-export.json"'},
    )


async def _held(services: Services, user_id: str, tag: str) -> AsyncGenerator[str]:
    async with one_export(services.redis, tag), aclosing(exported(services.places, user_id)) as pieces:
        async for piece in pieces:
            yield piece
