"""After a deletion the bytes go too: files are written anew without what was deleted.

SQLite: `secure_delete` overwrites what is deleted; `VACUUM` writes the file anew, without what was left behind when rows
moved between pages; the write-ahead log is emptied; full-text indexes are merged, since they only mark what is deleted.
Postgres: `VACUUM`. Its write-ahead log and its backups are the operator's: docs/data-protection.md says for how long.
Redis: its append-only file is written anew, and its snapshot where one is kept.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import ResponseError
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

PATIENCE_SECONDS: Final = 30.0
"""How long it may take until nobody else reads or writes an SQLite file, or Redis has written its own."""
PAUSE_SECONDS: Final = 0.2
_BUSY: Final = ("already in progress", "another child process is active", "scheduled")
"""How Redis says that it is about to write, or writing, so that it does not begin now."""


async def scrub_database(engine: AsyncEngine, tables: list[str]) -> str:
    """Remove what is left of deleted rows; what was done, in words. Raises what SQLAlchemy raises.

    `tables` are the ones that rows were deleted from; SQLite writes the whole file anew.
    """
    alone = engine.execution_options(isolation_level="AUTOCOMMIT")
    async with alone.connect() as connection:
        if engine.dialect.name == "sqlite":
            return await _scrub_sqlite(connection)
        for table in tables:
            await connection.execute(text(f'VACUUM "{table}"'))
    return "vacuumed; the server's write-ahead log and backups keep older states for as long as they are kept"


async def _scrub_sqlite(connection: AsyncConnection) -> str:
    indexes = await connection.scalars(
        text("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%fts5%'")
    )
    for name in indexes.all():
        merge = f'INSERT INTO "{name}"("{name}") VALUES (\'optimize\')'  # noqa: S608 (a name of our own schema)
        await _patiently(connection, merge)
    await _patiently(connection, "VACUUM")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        busy = (await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))).scalar_one()
        if not busy:
            return "overwritten, the file written anew, its log emptied"
        if time.monotonic() > deadline:
            raise TimeoutError("the write-ahead log is in use")
        await asyncio.sleep(PAUSE_SECONDS)


async def _patiently(connection: AsyncConnection, statement: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            await connection.execute(text(statement))
            return
        except OperationalError:  # somebody reads or writes at this moment
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(PAUSE_SECONDS)


async def scrub_redis(redis: Redis) -> str:
    """Have Redis write its files anew; what was done, in words. Raises RedisError.

    A server that lets nobody ask for that says so, and the operator knows.
    """
    try:
        told: dict[str, Any] = await redis.info("persistence")
        saves = await redis.config_get("save")
        done = []
        if told.get("aof_enabled"):
            await _written_anew(redis, redis.bgrewriteaof, "aof_rewrite_in_progress", "aof_rewrite_scheduled")
            if (await redis.info("persistence")).get("aof_last_bgrewrite_status") != "ok":
                return "NOT DONE: the append-only file could not be written anew; see the server's log"
            done.append("append-only file written anew")
        if any(saves.values()):
            await _written_anew(redis, lambda: redis.bgsave(schedule=False), "rdb_bgsave_in_progress")
            if (await redis.info("persistence")).get("rdb_last_bgsave_status") != "ok":
                return "NOT DONE: the snapshot could not be written anew; see the server's log"
            done.append("snapshot written anew")
    except ResponseError as error:
        # Not «NOT DONE»: nothing names the person there any more, and asking again every few minutes changes nothing.
        why = str(error).split(" ", 1)[0]
        return (
            f"the server does not let us have its files written anew ({why}): its operator's, as backups are"
        )
    return ", ".join(done) or "it keeps nothing on disk"


async def _written_anew(redis: Redis, ask: Callable[[], Awaitable[Any]], *fields: str) -> None:
    """Have a file written and wait until it is: `fields` of INFO tell that it is not yet.

    A server that writes already may have begun before the deletion: that is waited for, and asked for once more.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            await ask()
        except ResponseError as error:
            if not any(words in str(error).lower() for words in _BUSY):
                raise
        else:
            return await _until_written(redis, fields, deadline)
        await asyncio.sleep(PAUSE_SECONDS)  # also where it writes another file than this one
        await _until_written(redis, fields, deadline)


async def _until_written(redis: Redis, fields: tuple[str, ...], deadline: float) -> None:
    while True:
        if time.monotonic() > deadline:
            raise TimeoutError("Redis writes its files for too long")
        told: dict[str, Any] = await redis.info("persistence")
        if not any(told.get(field) for field in fields):
            return
        await asyncio.sleep(PAUSE_SECONDS)
