"""One engine for a database URL: SQLite for one machine, Postgres for more."""

import contextlib
import sqlite3
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from mcp_tasks.database import CACHE_KB
from mcp_tasks.postgres import connect

DATABASE_AWAY = (SQLAlchemyError, OSError)
"""What a database raises that does not answer: a driver may raise its socket's own error. TimeoutError is an OSError."""

_ASYNC_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}

BUSY_MS = 5_000
"""How long a write waits for others in SQLite's file, ms. A connection that waits cannot be closed: whoever must end in
time waits no longer."""
KEPT = 1
"""Connections to SQLite's file that stay open. What many need at once ends with them: a file has one writer anyway."""
AT_ONCE = 15
PATIENT_MS = 30_000
"""The same for whoever would be refused: writes that wait take no turns, and a disk may stall for some seconds."""


def create_engine(url: str, *, busy: bool = False, wait_ms: int = BUSY_MS) -> AsyncEngine:
    """Make an async engine; a URL without a driver gets the async one, and SQLite's folder is made.

    `busy` is for a file that several processes write all the time: readers and a writer work at once. `wait_ms`: how
    long a write waits for another one in SQLite. Its errors do not quote parameters, which may be addresses.
    """
    parsed = make_url(url)
    parsed = parsed.set(drivername=_ASYNC_DRIVERS.get(parsed.drivername, parsed.drivername))
    if parsed.get_backend_name() != "sqlite":
        options = {"async_creator_fn": connect} if parsed.get_dialect().driver == "asyncpg" else {}
        return create_async_engine(parsed, pool_pre_ping=True, hide_parameters=True, connect_args=options)
    kept: dict[str, int] = {}
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        kept = {"pool_size": KEPT, "max_overflow": AT_ONCE - KEPT}
    engine = create_async_engine(parsed, hide_parameters=True, **kept)

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        _prepare_sqlite(connection, wait_ms)

    if busy:
        event.listen(engine.sync_engine, "connect", _write_ahead)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, wait_ms: int) -> None:
    """Hold foreign keys, wait while the other process writes, and overwrite what is deleted with zeros."""
    cursor = connection.cursor()
    for pragma in (
        "foreign_keys=ON",
        f"busy_timeout={wait_ms}",
        "secure_delete=ON",
        f"cache_size={-CACHE_KB}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _write_ahead(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    """The file's own property, once set. It heeds no timeout: while another process writes, a later connection does it."""
    cursor = connection.cursor()
    with contextlib.suppress(sqlite3.OperationalError):
        cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()
