"""One at a time for a telephone number: who comes second sees what the first one wrote."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_SPACE = 22
"""Of Postgres' advisory locks, those that are for numbers."""


async def take_turn(session: AsyncSession, number: str) -> None:
    """Wait until nobody else writes about this number, first thing in a transaction and until its end."""
    if session.get_bind().dialect.name == "sqlite":
        # The driver begins no transaction for a read: another one could write between look and write.
        await session.execute(text("BEGIN IMMEDIATE"))
    else:
        lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:number, :space))")
        await session.execute(lock, {"number": number, "space": _SPACE})
