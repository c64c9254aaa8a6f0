"""A code from the page, keyed in a call, is its owner's once and for ten minutes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from people.phone_codes import DIGITS, LIFETIME, PhoneCodes
from people.store import People

pytestmark = pytest.mark.unit

SECRET = SecretStr("a secret that only tests know, 32+ bytes")
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


async def test_a_code_is_good_once_also_for_many_at_once(people: People) -> None:
    ann = await people.create_user(email="ann@example.org", password="x")
    codes = PhoneCodes(people.engine, SECRET)
    code = await codes.issue(ann.id)
    assert len(code.digits.get_secret_value()) == DIGITS
    found = await asyncio.gather(*(codes.redeem(code.digits) for _ in range(10)))
    assert sorted(found, key=str) == [None] * 9 + [ann.id]


async def test_a_code_ends_after_ten_minutes_and_with_the_next_one(people: People) -> None:
    ann = await people.create_user(email="ann@example.org", password="x")
    codes = PhoneCodes(people.engine, SECRET)
    first = await codes.issue(ann.id, now=NOON)
    second = await codes.issue(ann.id, now=NOON)
    assert await codes.redeem(first.digits, now=NOON) is None
    assert await codes.redeem(second.digits, now=NOON + LIFETIME + timedelta(seconds=1)) is None
    third = await codes.issue(ann.id, now=NOON)
    assert await codes.redeem(third.digits, now=NOON + LIFETIME - timedelta(seconds=1)) == ann.id


async def test_neither_the_table_nor_another_secret_gives_a_code_away(people: People) -> None:
    ann = await people.create_user(email="ann@example.org", password="x")
    code = await PhoneCodes(people.engine, SECRET).issue(ann.id)
    async with people.engine.connect() as connection:
        dump = str((await connection.execute(text("SELECT * FROM people_phone_codes"))).all())
    assert code.digits.get_secret_value() not in dump
    assert code.digits.get_secret_value() not in repr(code)
    assert await PhoneCodes(people.engine, SecretStr("x" * 32)).redeem(code.digits) is None
    assert await PhoneCodes(people.engine, SECRET).redeem(code.digits) == ann.id
