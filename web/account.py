"""One's own account: zone and phone to change, plan and ways to sign in to look at, and what was done to it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from people.audit import Audit, AuditEntry
from people.called_countries import is_called, with_numbers
from people.identities import Identities
from people.phone_codes import PhoneCodes
from people.phones import Phone, Phones
from people.pins import LONGEST, Pins
from people.reminder_consent import ReminderConsents
from people.user import Plan, TimeZone, User
from web.change_limit import unhurried
from web.database_errors import database_errors
from web.errors import ApiError
from web.services import Served, Services
from web.sign_in import Changing, CurrentUser, just_signed_in, same_site

router = APIRouter(prefix="/api/account", tags=["account"])

MOST_ENTRIES = 50
_LINK = "Show a code here, call from that telephone and key it in."
_NOT_CALLED = {
    "no_number": ("There is no telephone to call.", _LINK),
    "not_verified": ("Your telephone is not linked yet.", _LINK),
    "do_not_call": ("Whoever picked up there asked us never to call again.", "Link another telephone."),
}


class AccountState(BaseModel):
    """What one may know of one's account. `sign_in` says how one gets in: `password`, or the provider's name.

    `pin` says whether there is one to key on the telephone. Numbers of `called_countries` (ISO 3166) alone are called
    about tasks; `phone_called` says whether theirs is of one of them, null while there is no number.
    """

    email: str
    plan: Plan
    time_zone: str
    phone: Phone | None
    pin: bool
    reminder_calls: bool
    called_countries: list[str]
    phone_called: bool | None
    sign_in: list[str]
    made_at: datetime


class AccountChange(BaseModel):
    """What is to be different; what is left out stays. A null phone takes the number away."""

    model_config = ConfigDict(extra="forbid")

    time_zone: TimeZone | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None


class PinChange(BaseModel):
    """Another PIN for the telephone; null for none."""

    model_config = ConfigDict(extra="forbid")

    pin: Annotated[SecretStr, Field(max_length=4 * LONGEST)] | None


class ReminderWish(BaseModel):
    """Whether one wants to be called about tasks for which one asked for a call."""

    model_config = ConfigDict(extra="forbid")

    given: bool


class LinkingCode(BaseModel):
    """What to key in a call so that its telephone is linked: once, until `expires_at`."""

    code: str
    expires_at: datetime


class AccountHistory(BaseModel):
    """What was done to it, the oldest of the newest first."""

    entries: list[AuditEntry]


def _reminder_calls(services: Services) -> ReminderConsents:
    return ReminderConsents(services.people.engine, services.people_settings.tasks_token_secret)


async def _state(services: Services, user: User) -> AccountState:
    engine = services.people.engine
    ways = ["password"] if await services.people.has_password(user.id) else []
    if await Identities(engine).of(user.id):
        ways.append(services.settings.oidc_name)
    phone, countries = await Phones(engine).of(user.id), services.settings.called_countries
    return AccountState(
        email=user.email,
        plan=user.plan,
        time_zone=user.time_zone,
        phone=phone,
        pin=await Pins(engine).is_set(user.id),
        reminder_calls=await _reminder_calls(services).of(user.id),
        called_countries=with_numbers(countries),
        phone_called=is_called(phone.number, countries) if phone else None,
        sign_in=ways,
        made_at=user.created_at,
    )


@router.get("")
async def account(services: Served, user: CurrentUser) -> AccountState:
    """Give one's account."""
    with database_errors():
        return await _state(services, user)


@router.patch("", dependencies=[Depends(same_site), Depends(unhurried)])
async def change_account(
    services: Served, _: Changing, user: CurrentUser, wish: AccountChange
) -> AccountState:
    """Change one's zone or phone. Calls that go on keep the zone they began with."""
    with database_errors():
        if "phone" in wish.model_fields_set:
            try:
                await Phones(services.people.engine).set(user.id, wish.phone)
            except ValueError as error:
                raise ApiError(
                    422, "bad_phone", "That is no phone number.", "Write it like +49 30 901820."
                ) from error
        if wish.time_zone is not None:
            user = await services.people.set_time_zone(user.id, wish.time_zone) or user
        return await _state(services, user)


@router.put("/pin", dependencies=[Depends(same_site), Depends(just_signed_in), Depends(unhurried)])
async def change_pin(services: Served, _: Changing, user: CurrentUser, wish: PinChange) -> AccountState:
    """Give oneself another PIN, or none: then a telephone shows who calls by a code alone. Needs a fresh sign-in."""
    with database_errors():
        try:
            await Pins(services.people.engine).set(user.id, wish.pin)
        except ValueError as error:
            raise ApiError(
                422, "bad_pin", f"That PIN cannot be used: {error}.", "Choose 6 to 12 digits that are no row."
            ) from error
        return await _state(services, user)


@router.put("/reminder-calls", dependencies=[Depends(same_site), Depends(unhurried)])
async def reminder_calls(
    services: Served, _: Changing, user: CurrentUser, wish: ReminderWish
) -> AccountState:
    """Agree to be called about tasks, or take that back; 409 where there is no number that can be called."""
    consents = _reminder_calls(services)
    with database_errors():
        why_not = (await consents.number_of(user.id))[1]
        if wish.given and why_not is not None:
            raise ApiError(409, why_not, *_NOT_CALLED[why_not])
        await consents.set(user.id, given=wish.given, how="page")
        return await _state(services, user)


@router.post("/phone-code", dependencies=[Depends(same_site), Depends(just_signed_in), Depends(unhurried)])
async def phone_code(response: Response, services: Served, _: Changing, user: CurrentUser) -> LinkingCode:
    """Make a code that links the telephone it is keyed on; one made before is void. Needs a fresh sign-in."""
    codes = PhoneCodes(services.people.engine, services.people_settings.tasks_token_secret)
    with database_errors():
        code = await codes.issue(user.id)
    response.headers["Cache-Control"] = "no-store"
    return LinkingCode(code=code.digits.get_secret_value(), expires_at=code.expires_at)


@router.get("/history")
async def history(services: Served, user: CurrentUser) -> AccountHistory:
    """Give what was done to one's account."""
    with database_errors():
        entries = await Audit(services.people.engine).entries(user.id, limit=MOST_ENTRIES)
    return AccountHistory(entries=entries)
