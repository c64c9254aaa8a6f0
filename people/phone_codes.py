"""Codes that link a telephone: shown to who is signed in, keyed in a call, good once and for ten minutes."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import SecretStr
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from people.models import PhoneCodeRow

DIGITS: Final = 8
"""A line that keys codes all day tries some thousands of a hundred million while one of them is good."""
LIFETIME: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class PhoneCode:
    """A code and when it ends. Its digits are shown once and are in no log."""

    digits: SecretStr
    expires_at: datetime


class PhoneCodes:
    """Codes of people, one each. On the engine of `People`; `secret` keys their hashes."""

    def __init__(self, engine: AsyncEngine, secret: SecretStr) -> None:
        self._session = async_sessionmaker(engine, expire_on_commit=False)
        self._key = hmac.digest(secret.get_secret_value().encode(), b"phone codes", hashlib.sha256)

    async def issue(self, user_id: str, *, now: datetime | None = None) -> PhoneCode:
        """Make a code in the place of the one before."""
        code = PhoneCode(
            SecretStr(f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"), (now or datetime.now(UTC)) + LIFETIME
        )
        async with self._session.begin() as session:
            await session.execute(delete(PhoneCodeRow).where(PhoneCodeRow.user_id == user_id))
            row = PhoneCodeRow(user_id=user_id, code_tag=self._tag(code.digits), expires_at=code.expires_at)
            session.add(row)
        return code

    async def redeem(self, digits: SecretStr, *, now: datetime | None = None) -> str | None:
        """Give whose code it is, once: whoever asks second, or too late, gets None."""
        async with self._session.begin() as session:
            found = await session.execute(
                delete(PhoneCodeRow)
                .where(PhoneCodeRow.code_tag == self._tag(digits))
                .returning(PhoneCodeRow.user_id, PhoneCodeRow.expires_at)
            )
            row = found.one_or_none()
        return row.user_id if row is not None and row.expires_at > (now or datetime.now(UTC)) else None

    def _tag(self, digits: SecretStr) -> str:
        return hmac.digest(self._key, digits.get_secret_value().encode(), hashlib.sha256).hex()
