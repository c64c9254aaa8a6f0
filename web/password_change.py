"""Another password for one's own account. All other browsers are signed out by it, whoever has a copy of this one's cookie
too, and calls end: one may be a stranger's.

Which call was begun with which session nobody knows, so the owner's own ends too.
"""

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from redis.exceptions import RedisError

from people.password import MAX_PASSWORD_LENGTH
from privacy.live_calls import LiveCalls
from web.database_errors import database_errors
from web.errors import ApiError
from web.services import Served
from web.sign_in import Changing, CurrentUser, charge_try, give_cookie, judging, same_site

log = logging.getLogger(__name__)
router = APIRouter(prefix="/api/account", tags=["account"])


class PasswordChange(BaseModel):
    """The password that one has, and the one that takes its place."""

    model_config = ConfigDict(extra="forbid")

    old: Annotated[SecretStr, Field(max_length=MAX_PASSWORD_LENGTH)]
    new: Annotated[SecretStr, Field(min_length=1, max_length=MAX_PASSWORD_LENGTH)]


@router.put("/password", status_code=204, dependencies=[Depends(same_site)])
async def change_password(
    request: Request,
    response: Response,
    services: Served,
    session: Changing,
    user: CurrentUser,
    wish: PasswordChange,
) -> None:
    """Change one's password, sign every other browser out and end one's calls. Tries at the old one are tries to sign in.

    This browser gets another session with the answer: what somebody copied of the one before is worth nothing from now on.
    403 `wrong_password` where the old one is not it, 409 `no_password` for who signs in at a provider alone.
    """
    with database_errors():
        if not await services.people.has_password(user.id):
            raise ApiError(
                409,
                "no_password",
                "You sign in without a password of ours.",
                f"Change it at {services.settings.oidc_name}.",
            )
    scopes = await charge_try(request, services, user.email)
    async with judging(services, scopes):
        if await services.people.verify_password(user.email, wish.old.get_secret_value()) is None:
            raise ApiError(403, "wrong_password", "That is not your password.", "Check it and try again.")
        fresh, record, cookie = services.sessions.anew(session)
        await services.people.set_password(user.id, wish.new.get_secret_value(), fresh=record)
    give_cookie(response, services, cookie, until=fresh.ends_at)
    await services.tries.take_back(scopes)
    try:
        await LiveCalls(services.redis).sign_out(user.id)
    except RedisError:
        log.warning("redis is away: calls go on after another password")
