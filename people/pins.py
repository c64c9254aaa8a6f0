"""PINs: what a person keys on a telephone to prove who they are, since a caller's number proves nothing.

Tries are counted in the database, in the row that a judgement needs anyway: nobody guesses more by bringing down what
counts, or by waiting for it to start again. They are counted for a person, a number and the carrier's word for it, so
that whoever forges a number locks nobody out of the web, of another number, or of calls that the carrier vouches for.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import SecretStr
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from people.audit import note
from people.models import PhoneRow, PinRow, PinTryRow
from people.number_turn import take_turn
from people.password import PasswordDesk

SHORTEST: Final = 6
LONGEST: Final = 12
FREE_TRIES: Final = 5
"""After so many wrong ones in a row even the right one is not judged for a while."""
FIRST_WAIT: Final = timedelta(minutes=15)
LONGEST_WAIT: Final = timedelta(days=1)
TRUSTED_AFTER: Final = timedelta(days=1)
"""A PIN that has been somebody's at a number for so long is no guess at another's."""
JUDGED_SECONDS: Final = 8.0
"""Within which a judgement under way is over, on a busy machine too."""
LOOK_AGAIN_SECONDS: Final = 0.1
_RUNS: Final = ("01234567890123", "98765432109876")


@dataclass(frozen=True)
class Verdict:
    """Whose PIN it is: nobody's where `user_id` is None, and not judged at all where there is a wait, in seconds."""

    user_id: str | None = None
    wait_seconds: float = 0.0


@dataclass(frozen=True)
class _Charged:
    """Who was charged a try: their hash, and since when it opens this number."""

    pin_hash: str
    since: datetime


def checked(pin: SecretStr) -> str:
    """Give the digits of a PIN that may be set. Raises ValueError, without them."""
    digits = pin.get_secret_value()
    if not re.fullmatch(rf"[0-9]{{{SHORTEST},{LONGEST}}}", digits, re.ASCII):
        raise ValueError(f"a PIN has {SHORTEST} to {LONGEST} digits")
    if len(set(digits)) < 3 or any(digits in run for run in _RUNS):
        raise ValueError("that PIN is too easy to guess")
    return digits


def wait_after(tries: int) -> timedelta:
    """How long nothing is judged after so many wrong tries in a row: doubled each time, a day at most."""
    over = tries - FREE_TRIES
    return timedelta(0) if over < 0 else min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(over, 20))


def _waits(row: PinTryRow, at: datetime) -> bool:
    return row.tries >= FREE_TRIES and row.free_at > at


class Pins:
    """The PINs of people. On the engine of `People`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._session = async_sessionmaker(engine, expire_on_commit=False)
        self._desk = PasswordDesk()

    async def is_set(self, user_id: str) -> bool:
        """Whether a person has one."""
        async with self._session() as session:
            return await session.get(PinRow, user_id) is not None

    async def set(self, user_id: str, pin: SecretStr | None) -> None:
        """Give a person another PIN, or none. All wrong tries are forgotten. Raises ValueError for one that is too weak."""
        pin_hash = await self._desk.hash(checked(pin)) if pin is not None else None
        async with self._session.begin() as session:
            await session.execute(delete(PinRow).where(PinRow.user_id == user_id))
            await session.execute(delete(PinTryRow).where(PinTryRow.user_id == user_id))
            if pin_hash is not None:
                session.add(PinRow(user_id=user_id, pin_hash=pin_hash, set_at=datetime.now(UTC)))
            note(session, user_id, "pin.changed", details="set" if pin_hash is not None else "removed")

    async def is_that_of(self, user_id: str, pin: SecretStr) -> bool:
        """Whether a PIN is a person's. No try is charged: for what a start refuses, never for what somebody keyed."""
        async with self._session() as session:
            row = await session.get(PinRow, user_id)
        return row is not None and await self._desk.verify(row.pin_hash, pin.get_secret_value())

    async def judge(
        self, number: str, pin: SecretStr, *, attested: bool = False, now: datetime | None = None
    ) -> Verdict:
        """Say whose PIN it is, of those whose number has shown to be theirs. A number may be a household's.

        A try is charged before it is judged, so that a hundred at once get no more than a hundred in a row; the right
        one takes the charges back. Who comes while so many are being judged waits for that, and is refused for none
        that was right. A PIN that two people of a number share is nobody's. What is shorter than any PIN is no try.

        One that is new takes back its owner's charge alone: else whoever shares a number could give themselves one
        PIN after the other and learn, each for nothing, whether it is another's.
        """
        digits = pin.get_secret_value()
        charged, wait = dict[str, _Charged](), timedelta(0)
        if len(digits) >= SHORTEST:
            charged, wait = await self._charge(number, attested, now)
        if not charged:
            await self._desk.verify(
                None, digits
            )  # a number that nobody has takes as long, and so does a wait
            return Verdict(wait_seconds=wait.total_seconds())
        found = [
            user_id for user_id, known in charged.items() if await self._desk.verify(known.pin_hash, digits)
        ]
        right = found[0] if len(found) == 1 else None
        await self._settle(number, attested, charged, right, now)
        return Verdict(right)

    async def _charge(
        self, number: str, attested: bool, now: datetime | None
    ) -> tuple[dict[str, _Charged], timedelta]:
        """Charge a try to all who are not waiting; them, and the shortest wait of the others."""
        loop = asyncio.get_running_loop()
        until = loop.time() + JUDGED_SECONDS
        while True:
            patient = loop.time() < until
            if (charged := await self._try_to_charge(number, attested, now, patient=patient)) is not None:
                return charged
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def _try_to_charge(
        self, number: str, attested: bool, now: datetime | None, *, patient: bool
    ) -> tuple[dict[str, _Charged], timedelta] | None:
        """None, and nobody charged, where `patient` and somebody waits only for what others' judgements may give back."""
        charged: dict[str, _Charged] = {}
        waits: list[timedelta] = []
        async with self._writing(number) as session:
            at = now or datetime.now(UTC)  # not before our turn has come: others were charged meanwhile
            found = await session.execute(
                select(PinRow.user_id, PinRow.pin_hash, PinRow.set_at, PhoneRow.verified_at)
                .join(PhoneRow, PhoneRow.user_id == PinRow.user_id)
                .where(PhoneRow.number == number, PhoneRow.verified_at.is_not(None))
                .order_by(PinRow.user_id)
            )
            holders = found.all()
            rows = {
                user_id: await session.get(PinTryRow, (user_id, number, attested)) for user_id, *_ in holders
            }
            waiting = [row for row in rows.values() if row is not None and _waits(row, at)]
            if patient and any(row.judging for row in waiting):
                return None
            for user_id, pin_hash, set_at, verified_at in holders:
                row = rows[user_id]
                if row is None:
                    row = PinTryRow(
                        user_id=user_id, number=number, attested=attested, tries=0, judging=0, free_at=at
                    )
                    session.add(row)
                elif _waits(row, at):
                    waits.append(row.free_at - at)
                    continue
                row.tries += 1
                row.judging += 1
                row.free_at = at + wait_after(row.tries)
                charged[user_id] = _Charged(pin_hash, max(set_at, verified_at or set_at))
        return charged, min(waits, default=timedelta(0))

    async def _settle(
        self,
        number: str,
        attested: bool,
        charged: dict[str, _Charged],
        right: str | None,
        now: datetime | None,
    ) -> None:
        """A judgement is over: the right one takes its owner's charge back, and the others' where it is no new one."""
        async with self._writing(number) as session:
            at = now or datetime.now(UTC)
            trusted = right is not None and at - charged[right].since >= TRUSTED_AFTER
            for user_id in charged:
                row = await session.get(PinTryRow, (user_id, number, attested))
                if row is None:
                    continue
                row.judging = max(0, row.judging - 1)
                if user_id != right and not trusted:
                    if row.tries - row.judging == FREE_TRIES:
                        note(session, user_id, "pin.blocked", actor="phone")
                    continue
                row.tries -= 1
                if user_id == right or row.tries <= 0:
                    await session.delete(row)
                else:
                    row.free_at = at  # it waited for nothing, or it had not been charged

    @asynccontextmanager
    async def _writing(self, number: str) -> AsyncIterator[AsyncSession]:
        """One at a time for a number: who comes second sees what the first one was charged."""
        async with self._session.begin() as session:
            await take_turn(session, number)
            yield session
