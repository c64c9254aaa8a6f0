"""Callers that nobody knows yet, with a list of their own: an account that a number and a PIN open, and nothing else."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from people.audit import note
from people.models import PhoneRow, PinRow, UserRow
from people.password import PasswordDesk
from people.phones import is_taken
from people.pins import checked
from people.user import DEFAULT_TIME_ZONE, GUEST_DOMAIN, Plan, Role, User, new_user_id, time_zone_name


class NumberTakenError(Exception):
    """Somebody holds the number: it may be the same caller, who called twice."""


async def make_guest(
    engine: AsyncEngine, number: str, pin: SecretStr, *, attested: bool = False, time_zone: str = ""
) -> User:
    """Make an economy account for a number, with the PIN that its caller chose. Raises ValueError for a weak one,
    NumberTakenError where somebody holds the number by now: two guests of one caller would share the PIN too, and it
    would be nobody's.

    `attested`: the carrier vouches for the number. An unknown `time_zone` is UTC.
    """
    pin_hash = await PasswordDesk().hash(checked(pin))
    try:
        zone = time_zone_name.validate_python(time_zone)
    except ValueError:
        zone = DEFAULT_TIME_ZONE
    now = datetime.now(UTC)
    row = UserRow(
        id=new_user_id(),
        email=f"guest-{secrets.token_hex(8)}@{GUEST_DOMAIN}",
        password_hash="",
        plan=Plan.ECONOMY.value,
        role=Role.USER.value,
        time_zone=zone,
        created_at=now,
    )
    async with async_sessionmaker(engine, expire_on_commit=False).begin() as session:
        if await is_taken(session, number):
            raise NumberTakenError
        session.add(row)
        await session.flush()
        session.add(PhoneRow(user_id=row.id, number=number, added_at=now, verified_at=now, attested=attested))
        session.add(PinRow(user_id=row.id, pin_hash=pin_hash, set_at=now))
        note(session, row.id, "account.made", actor="phone")
    return User.model_validate(row)
