"""One engine for the URL of a database that several processes of ours share: people's, or the router's."""

import contextlib
import sqlite3

from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

from mcp_tasks.database import engine_of

DATABASE_AWAY = (SQLAlchemyError, OSError)
"""What a database raises that does not answer: a driver may raise its socket's own error. TimeoutError is an OSError."""

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
    engine = engine_of(
        url,
        sqlite_pool={"pool_size": KEPT, "max_overflow": AT_ONCE - KEPT},
        pragmas=(f"busy_timeout={wait_ms}",),
    )
    if busy and engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _write_ahead)
    return engine


def _write_ahead(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    """The file's own property, once set. It heeds no timeout: while another process writes, a later connection does it."""
    cursor = connection.cursor()
    with contextlib.suppress(sqlite3.OperationalError):
        cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()
