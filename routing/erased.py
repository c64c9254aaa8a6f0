"""People who were erased a moment ago: a call of theirs that is on its way must not make their name anew.

The mark is a digest, and is forgotten after a day: no call lasts for so long.
"""

from __future__ import annotations

import hashlib
import time
from typing import Final

from sqlalchemy import delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from routing.models import ErasedRow

REMEMBER_MS: Final = 24 * 3600 * 1000


async def take_turn(connection: AsyncConnection, user_id: str) -> None:
    """Have nobody else make or forget this user's name until the transaction ends. Its first statement."""
    if connection.dialect.name == "sqlite":
        # The write lock before reading: a read that turns into a write may find the file changed.
        await connection.execute(text("BEGIN IMMEDIATE"))
    else:
        key = int.from_bytes(bytes.fromhex(_digest(user_id))[:8], "big", signed=True)
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


async def was_erased(connection: AsyncConnection, user_id: str) -> bool:
    """Whether somebody was erased within the last day."""
    found = select(ErasedRow.digest).where(ErasedRow.digest == _digest(user_id))
    return await connection.scalar(found.where(ErasedRow.at_ms > _now_ms() - REMEMBER_MS)) is not None


async def note_erasure(connection: AsyncConnection, user_id: str) -> None:
    """Have their name not made anew from now on, and forget whom nothing can come late for any more."""
    digest, now_ms = _digest(user_id), _now_ms()
    over = (ErasedRow.digest == digest) | (ErasedRow.at_ms <= now_ms - REMEMBER_MS)
    await connection.execute(delete(ErasedRow).where(over))
    await connection.execute(insert(ErasedRow).values(digest=digest, at_ms=now_ms))


def _digest(user_id: str) -> str:
    return hashlib.sha256(user_id.encode()).hexdigest()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
