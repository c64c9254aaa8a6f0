"""People who sign in at an OpenID Connect provider: who they are here, and what the provider says of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from people.audit import note
from people.models import IdentityRow, SessionRow, UserRow
from people.sessions import end_all
from people.user import (
    DEFAULT_TIME_ZONE,
    Plan,
    Role,
    User,
    email_address,
    new_user_id,
    normalise_email,
    time_zone_name,
)

PROVIDER: Final = "provider"
"""The actor where an OpenID Connect provider says it."""


class AddressInUseError(Exception):
    """A local account has the address, and nobody has said that the two are one."""


class Identities:
    """Identities at providers. On the engine of `People`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._session = async_sessionmaker(engine, expire_on_commit=False)

    async def of(self, user_id: str) -> list[str]:
        """Give the issuers that a person can sign in at."""
        async with self._session() as session:
            return list(
                await session.scalars(select(IdentityRow.issuer).where(IdentityRow.user_id == user_id))
            )

    async def sign_in(
        self,
        issuer: str,
        subject: str,
        *,
        email: str,
        role: Role | None,
        time_zone: str | None = None,
        link: bool = False,
    ) -> User:
        """Find the person of an identity, or make them. `email` is one that the provider has verified.

        `role` is what the provider's claim says, taken over at every sign-in; None leaves it as it is. `link` lets a
        local account with the same address become theirs. Raises AddressInUseError otherwise, ValueError for an
        address that cannot be one.
        """
        address = email_address.validate_python(email)
        for last in (False, True):  # two sign-ins at once make one person
            try:
                async with self._session.begin() as session:
                    row = await self._found(session, issuer, subject, address, time_zone, link=link)
                    if role is not None and row.role != role.value:
                        details = f"{row.role} to {role.value}"
                        note(session, row.id, "role.changed", actor=PROVIDER, details=details)
                        row.role = role.value
                        # What was signed in with other powers is signed out.
                        await end_all(session, SessionRow.user_id == row.id)
                return User.model_validate(row)
            except IntegrityError:
                if last:
                    raise
        raise AssertionError

    async def _found(
        self,
        session: AsyncSession,
        issuer: str,
        subject: str,
        address: str,
        time_zone: str | None,
        *,
        link: bool,
    ) -> UserRow:
        identity = await session.get(IdentityRow, (issuer, subject))
        if identity is not None and (row := await session.get(UserRow, identity.user_id)) is not None:
            return row
        row = await session.scalar(select(UserRow).where(UserRow.email == normalise_email(address)))
        if row is None:
            row = UserRow(
                id=new_user_id(),
                email=address,
                password_hash="",
                plan=Plan.ECONOMY.value,
                role=Role.USER.value,
                time_zone=_zone(time_zone),
                created_at=datetime.now(UTC),
            )
            session.add(row)
            await session.flush()
            note(session, row.id, "account.made", actor=PROVIDER)
        elif not link:
            raise AddressInUseError("a local account has this address")
        else:
            note(session, row.id, "account.changed", actor=PROVIDER, details="sign-in linked")
        session.add(IdentityRow(issuer=issuer, subject=subject, user_id=row.id))
        return row


def _zone(claim: str | None) -> str:
    """The provider's `zoneinfo` claim where it is a zone, else UTC: the account page changes it."""
    try:
        return time_zone_name.validate_python(claim)
    except ValueError:
        return DEFAULT_TIME_ZONE
