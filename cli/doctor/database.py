"""A Postgres that the settings name: whether it lets us in and takes what is written, not only whether somebody listens."""

from __future__ import annotations

import asyncio

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cli.doctor.check import Check
from cli.health import TIMEOUT_SECONDS
from people.database import DATABASE_AWAY, create_engine


def is_postgres(url: str) -> bool:
    """Whether the address is one of Postgres, whichever driver it names."""
    return url.partition("://")[0].partition("+")[0] in ("postgresql", "postgres")


async def database(variable: str, url: str, place: str) -> Check:
    """Ask it something. `place` is its host and port: the address holds a password, and so may errors' texts."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            reads_only = await _asked(url)
    except DATABASE_AWAY as error:  # TimeoutError is one
        fix = "the name of the error says what: not there, refused, full, or too slow; or correct the address"
        return Check(variable, "fail", f"{place} does not serve us ({_name(error)})", fix)
    except ValueError:
        return Check(variable, "fail", "cannot be read as an address", "see .env.example")
    if reads_only:
        return Check(
            variable,
            "fail",
            f"{place} takes no writes",
            "it is a replica or still recovers: name the primary",
        )
    return Check(variable, "ok", f"{place} answers")


async def _asked(url: str) -> bool:
    """Whether it only reads."""
    engine = create_engine(url)
    try:
        async with engine.connect() as connection:
            return bool((await connection.execute(text("SELECT pg_is_in_recovery()"))).scalar_one())
    finally:
        await engine.dispose()


def _name(error: BaseException) -> str:
    """What the driver calls it. mcp_tasks/postgres.py gives a refusal's name as its only text."""
    if type(error) is ConnectionError and error.args:
        return str(error.args[0])
    if isinstance(error, DBAPIError) and error.orig is not None:
        return type(error.orig).__name__
    return type(error).__name__
