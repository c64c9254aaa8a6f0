"""One engine for a database URL: SQLite for one machine, Postgres for more."""

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from weakref import WeakSet

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from mcp_tasks.postgres import connect

_ASYNC_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}

BUSY_MS = 30_000
"""How long a write waits for others in SQLite's file, ms. Writes that wait take no turns: a disk that stalls for some
seconds would else refuse whoever is unlucky."""
CACHE_KB = 256
"""Of the file in each connection. SQLite's own 2 MB fill over hundreds of calls; the system keeps the file in memory
anyway."""


def create_engine(url: str) -> AsyncEngine:
    """Make an async engine on tasks. WAL is the file's own: `migrate` sets it once."""
    # The connection that was used last goes first: each has caches of its own, which fill with what it is asked.
    return engine_of(
        url, sqlite_pool={"pool_use_lifo": True}, pragmas=(f"busy_timeout={BUSY_MS}", "synchronous=NORMAL")
    )


def engine_of(url: str, *, sqlite_pool: Mapping[str, Any], pragmas: Sequence[str]) -> AsyncEngine:
    """Make an async engine; a URL without a driver gets the async one, and SQLite's folder is made.

    `sqlite_pool`: how connections to SQLite's file are kept. `pragmas`: what each is told, beside holding foreign keys
    and overwriting what is deleted. Parameters never appear in errors, because they are people's words.
    """
    parsed = make_url(url)
    parsed = parsed.set(drivername=_ASYNC_DRIVERS.get(parsed.drivername, parsed.drivername))
    if parsed.get_backend_name() != "sqlite":
        options = {"async_creator_fn": connect} if parsed.get_dialect().driver == "asyncpg" else {}
        return create_async_engine(parsed, pool_pre_ping=True, hide_parameters=True, connect_args=options)
    kept: Mapping[str, Any] = {}
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        kept = sqlite_pool
    engine = create_async_engine(
        parsed, hide_parameters=True, connect_args={"factory": _ClosesItsCursors}, **kept
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in ("foreign_keys=ON", *pragmas, "secure_delete=ON", f"cache_size={-CACHE_KB}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


class _ClosesItsCursors(sqlite3.Connection):
    """A connection that lets go of the file when it is closed, whoever still holds a cursor of it.

    A read that is cancelled leaves one behind, half read, in the traceback of its cancellation. SQLite keeps a closed
    connection, and its lock, until the last such statement is gone: nobody could write any more (measured: for 50 s).
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._cursors: WeakSet[sqlite3.Cursor] = WeakSet()

    def cursor(self, *arguments: Any, **options: Any) -> Any:
        cursor = super().cursor(*arguments, **options)
        self._cursors.add(cursor)
        return cursor

    def close(self) -> None:
        try:
            for cursor in tuple(self._cursors):
                cursor.close()
        except sqlite3.ProgrammingError:  # closed already
            pass
        finally:
            super().close()
