"""The phone number that a person calls from and may be called at."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

import phonenumbers
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Select, delete, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from people.audit import note
from people.models import PhoneRow
from people.number_turn import take_turn

MOST_HOLDERS: Final = 5
"""So many people may have the same number, as a household has; their PINs say who calls."""

_WRITTEN: Final = re.compile(r"\s*\+[0-9 ()./-]{3,38}")


class Phone(BaseModel):
    """A number, and since when it is known to be theirs: null until it has shown that."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    number: str
    verified_at: datetime | None


def e164(text: str) -> str:
    """Give the one spelling of a number, with the plus. Raises ValueError, without the number, for what is none."""
    if not _WRITTEN.fullmatch(text):
        raise ValueError("a phone number is written with digits, blanks, brackets and dashes")
    try:
        parsed = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        raise ValueError("a phone number begins with + and its country code") from None
    if not phonenumbers.is_possible_number(parsed):
        raise ValueError("there is no phone number of that length")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


class Phones:
    """Numbers of people, one each. On the engine of `People`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._session = async_sessionmaker(engine, expire_on_commit=False)

    async def of(self, user_id: str) -> Phone | None:
        """Give a person's number."""
        async with self._session() as session:
            row = await session.scalar(select(PhoneRow).where(PhoneRow.user_id == user_id))
        return Phone.model_validate(row) if row else None

    async def set(self, user_id: str, number: str | None) -> Phone | None:
        """Put another number in the place of a person's, unverified; None takes it away. Raises ValueError for none."""
        spelt = e164(number) if number is not None else None
        before = await self.of(user_id)
        if (before.number if before else None) == spelt:
            return before
        async with self._session.begin() as session:
            await session.execute(delete(PhoneRow).where(PhoneRow.user_id == user_id))
            if spelt is not None:
                session.add(PhoneRow(number=spelt, user_id=user_id, added_at=datetime.now(UTC)))
            note(session, user_id, "account.changed", details="phone")
        return await self.of(user_id)

    async def holders(self, number: str) -> list[str]:
        """Give the ids of the people whose number this has shown to be."""
        async with self._session() as session:
            return list(await session.scalars(_holders(number).order_by(PhoneRow.user_id)))

    async def is_linked_attested(self, user_id: str, number: str) -> bool:
        """Whether a number is this person's by a call in which its carrier vouched for it."""
        theirs = _holders(number).where(PhoneRow.user_id == user_id, PhoneRow.attested)
        async with self._session() as session:
            return await session.scalar(theirs) is not None

    async def link(self, user_id: str, number: str, *, attested: bool = False) -> bool:
        """Put a number that has shown to be theirs in the place of a person's; False when it has its holders already.

        `attested`: the carrier vouched for the number in the call that showed it.

        Nobody loses a number by it: a call that a code was keyed in proves less than its number says.
        """
        now = datetime.now(UTC)
        async with self._session.begin() as session:
            if not await has_place(session, number, user_id):
                return False
            await session.execute(delete(PhoneRow).where(PhoneRow.user_id == user_id))
            session.add(
                PhoneRow(number=number, user_id=user_id, added_at=now, verified_at=now, attested=attested)
            )
            note(session, user_id, "phone.linked", actor="phone")
        return True


async def has_place(session: AsyncSession, number: str, user_id: str) -> bool:
    """Whether this person may be one of a number's holders: asked first thing in a transaction, and so until its end."""
    await take_turn(session, number)
    others = _holders(number).where(PhoneRow.user_id != user_id).subquery()
    return (await session.scalar(select(func.count()).select_from(others)) or 0) < MOST_HOLDERS


async def is_taken(session: AsyncSession, number: str) -> bool:
    """Whether somebody holds a number: asked first thing in a transaction, and so until its end."""
    await take_turn(session, number)
    return await session.scalar(_holders(number).limit(1)) is not None


def _holders(number: str) -> Select[tuple[str]]:
    return select(PhoneRow.user_id).where(PhoneRow.number == number, PhoneRow.verified_at.is_not(None))
