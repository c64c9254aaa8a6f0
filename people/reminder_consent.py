"""Whether somebody may be called about their tasks, and at which number. Nobody is who did not say so before."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Final, Literal

from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from people.audit import note
from people.models import DoNotCallRow, PhoneRow, ReminderCallRow, ReminderConsentRow

How = Literal["page", "key", "voice", "carrier"]
WhyNot = Literal["no_consent", "no_number", "not_verified", "do_not_call"]
NOBODYS_AFTER: Final = 3
"""So many reminders in a row have to find no such number before it is believed: one may be the carrier's own fault."""


class ReminderConsents:
    """Consent of people to be called. On the engine of `People`; `secret` keys the hashes of numbers."""

    def __init__(self, engine: AsyncEngine, secret: SecretStr) -> None:
        self._session = async_sessionmaker(engine, expire_on_commit=False)
        self._key = hmac.digest(secret.get_secret_value().encode(), b"do not call", hashlib.sha256)

    async def of(self, user_id: str) -> bool:
        """Whether a person wants to be called."""
        async with self._session() as session:
            row = await session.get(ReminderConsentRow, user_id)
        return row is not None and row.given

    async def set(self, user_id: str, *, given: bool, how: How, now: datetime | None = None) -> None:
        """Remember what a person says to it. A yes that is said again holds since it was said first."""
        at = now or datetime.now(UTC)
        async with self._session.begin() as session:
            row = await session.get(ReminderConsentRow, user_id)
            if row is not None and row.given == given:
                return
            event = "reminder_calls.allowed" if given else "reminder_calls.stopped"
            note(session, user_id, event, details=how)  # type: ignore[arg-type]  # both are events
            if row is None:
                session.add(ReminderConsentRow(user_id=user_id, given=given, at=at, how=how))
            else:
                row.given, row.at, row.how = given, at, how

    async def stopped_then(self, user_id: str, how: How, at: datetime) -> None:
        """Write down late what a person said then: that they are called no more. A yes that they said since then stands."""
        async with self._session.begin() as session:
            row = await session.get(ReminderConsentRow, user_id)
            if row is not None and row.given and row.at <= at:
                row.given, row.at, row.how = False, at, how
                note(session, user_id, "reminder_calls.stopped", details=how)

    async def number_to_call(self, user_id: str) -> tuple[str | None, WhyNot | None]:
        """Give the number at which a person wants to be called, or why they are not called."""
        async with self._session() as session:
            consent = await session.get(ReminderConsentRow, user_id)
        if consent is None or not consent.given:
            return None, "no_consent"
        return await self.number_of(user_id)

    async def number_of(self, user_id: str) -> tuple[str | None, WhyNot | None]:
        """Give the number at which a person could be called if they wanted, or why not."""
        async with self._session() as session:
            phone = await session.get(PhoneRow, user_id)
            if phone is None:
                return None, "no_number"
            if phone.verified_at is None:
                return None, "not_verified"
            if await session.get(DoNotCallRow, self._tag(phone.number)) is not None:
                return None, "do_not_call"
        return phone.number, None

    async def never_again(self, number: str, *, now: datetime | None = None) -> None:
        """Call this number for nobody any more: whoever picked up said so. All who linked it lose their consent."""
        async with self._session.begin() as session:
            if await session.get(DoNotCallRow, self._tag(number)) is None:
                session.add(DoNotCallRow(number_tag=self._tag(number), at=now or datetime.now(UTC)))
            holders = await session.scalars(select(PhoneRow.user_id).where(PhoneRow.number == number))
            for user_id in holders.all():
                row = await session.get(ReminderConsentRow, user_id)
                if row is not None and row.given:
                    row.given, row.at, row.how = False, now or datetime.now(UTC), "key"
                    note(session, user_id, "reminder_calls.stopped", actor="phone", details="key")

    async def stop_if_nobodys(self, user_id: str, outcome: str, *, now: datetime | None = None) -> bool:
        """Take a person's consent back where their last reminders ended with this outcome, no such number; whether so.

        Counted are those due since they consented and linked it, so that a yes on the page begins anew. Of calls that
        come from the number such an answer says nothing: it stays theirs.
        """
        async with self._session.begin() as session:
            consent = await session.get(ReminderConsentRow, user_id)
            phone = await session.get(PhoneRow, user_id)
            if consent is None or not consent.given or phone is None or phone.verified_at is None:
                return False
            ended = (
                select(ReminderCallRow.outcome)
                .where(
                    ReminderCallRow.user_id == user_id,
                    ReminderCallRow.attempts > 0,
                    ReminderCallRow.at > max(consent.at, phone.verified_at),
                )
                .order_by(ReminderCallRow.at.desc())
                .limit(NOBODYS_AFTER)
            )
            if list(await session.scalars(ended)) != [outcome] * NOBODYS_AFTER:
                return False
            consent.given, consent.at, consent.how = False, now or datetime.now(UTC), "carrier"
            note(session, user_id, "reminder_calls.stopped", actor="phone", details="carrier")
        return True

    def _tag(self, number: str) -> str:
        return hmac.digest(self._key, number.encode(), hashlib.sha256).hex()
