import asyncio
import gc
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from mcp_tasks.database import create_engine, engine_of
from tests.refusing_postgres import STARTING_UP, refusing_postgres

pytestmark = pytest.mark.unit


async def test_a_postgres_that_refuses_is_away() -> None:
    async with refusing_postgres(STARTING_UP) as url:
        engine = create_engine(url)
        with pytest.raises(ConnectionError, match="CannotConnectNowError"):
            await engine.connect()
        await engine.dispose()


async def test_a_connection_may_be_closed_twice_whoever_holds_a_cursor(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'tasks.db'}")
    async with engine.connect() as connection:
        raw = await connection.get_raw_connection()
        own = raw.driver_connection._conn

        def half_read() -> sqlite3.Cursor:
            return own.execute("SELECT 1 UNION SELECT 2")  # type: ignore[no-any-return]

        cursor = await raw.driver_connection._execute(half_read)
        for _ in range(2):
            await raw.driver_connection._execute(own.close)
        with pytest.raises(sqlite3.ProgrammingError):
            await raw.driver_connection._execute(cursor.fetchone)
        await connection.invalidate()
    await engine.dispose()


async def test_a_read_that_is_cancelled_leaves_the_file_to_whoever_writes(tmp_path: Path) -> None:
    file = tmp_path / "tasks.db"
    with sqlite3.connect(file) as writer:
        writer.execute("CREATE TABLE rows (id INTEGER)")
        writer.executemany("INSERT INTO rows VALUES (?)", [(number,) for number in range(100)])
    # With SQLite's own journal, in which one who reads keeps all others from writing.
    engine = engine_of(f"sqlite:///{file}", sqlite_pool={"pool_size": 1}, pragmas=())

    async def read() -> None:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT id FROM rows"))

    writer.execute("PRAGMA busy_timeout=1000")
    gc.disable()  # what a cancelled read leaves behind is found by the collector, at some time
    try:
        for steps in range(80):
            await read()
            reading = asyncio.create_task(read())
            for _ in range(steps):
                await asyncio.sleep(0)
            reading.cancel()
            await asyncio.wait({reading})
            await engine.dispose()
            with writer:
                writer.execute("UPDATE rows SET id = id + 1")
    finally:
        gc.enable()
        writer.close()
        await engine.dispose()
