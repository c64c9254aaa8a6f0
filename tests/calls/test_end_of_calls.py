"""What stays behind a call ends in its own time: nobody sits in a dead room because a disk is slow."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.calls.room_caller import calling, until
from tests.conftest import RunningDemo

pytestmark = [pytest.mark.system, pytest.mark.timeout(200)]

EMAIL = "hangs.up@example.org"


async def test_the_room_is_gone_before_the_last_of_the_transcript_is_written(demo: RunningDemo) -> None:
    log = demo.data_dir / "logs" / "worker.log"

    def given_up() -> int:
        return log.read_text().count("transcript.not_closed")

    async with demo.people() as people:
        await people.create_user(email=EMAIL, password="demo")
    async with calling(demo.url, EMAIL, consent=True) as (_, caller):
        before = given_up()
        with closing(sqlite3.connect(demo.data_dir / "people.db", isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            await caller.type("Goodbye")
            await until(lambda: not caller.room.isconnected(), 60, "the room is gone")
            assert given_up() == before, "the room waited for the disk"
            await until(lambda: given_up() > before, 30, "the transcript is given up")
            database.execute("ROLLBACK")
