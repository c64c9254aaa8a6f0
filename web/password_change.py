"""Another password for one's own account. All other browsers are signed out by it: one may be a stranger's."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from people.password import MAX_PASSWORD_LENGTH
from web.database_errors import database_errors
from web.errors import ApiError
from web.services import Served
from web.sign_in import Changing, CurrentUser, charge_try, judging, same_site

router = APIRouter(prefix="/api/account", tags=["account"])


class PasswordChange(BaseModel):
    """The password that one has, and the one that takes its place."""

    model_config = ConfigDict(extra="forbid")

    old: Annotated[SecretStr, Field(max_length=MAX_PASSWORD_LENGTH)]
    new: Annotated[SecretStr, Field(min_length=1, max_length=MAX_PASSWORD_LENGTH)]


@router.put("/password", status_code=204, dependencies=[Depends(same_site)])
async def change_password(
    request: Request, services: Served, session: Changing, user: CurrentUser, wish: PasswordChange
) -> None:
    """Change one's password, and sign every other browser out. Tries at the old one count as tries to sign in.

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
        await services.people.set_password(
            user.id, wish.new.get_secret_value(), but_session=services.sessions.record_of(session)
        )
    await services.tries.take_back(scopes)
