"""`voicetasks admin restored`: who was erased since the backup is erased again, and nobody is called twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from mcp_tasks.caller import Caller
from mcp_tasks.database import create_engine
from mcp_tasks.due import Due
from mcp_tasks.edit import NewTask
from mcp_tasks.migrate import migrate
from mcp_tasks.store import TaskStore
from people.audit import Audit
from people.erasure import Erasures
from people.reminder_calls import ReminderCalls
from tests.cli.admin_terminal import Terminal

pytestmark = pytest.mark.system


@pytest.fixture
async def tasks(terminal: Terminal) -> AsyncIterator[AsyncEngine]:
    """The tasks' database that the terminal's commands find."""
    url = str(terminal.people.engine.url).replace("people.db", "tasks.db")
    terminal.environment["VOICETASKS_TASKS_DATABASE_URL"] = url
    await migrate(url)
    engine = create_engine(url)
    yield engine
    await engine.dispose()


async def test_whoever_erased_themselves_since_the_backup_is_erased_again(
    terminal: Terminal, tasks: AsyncEngine
) -> None:
    ann = await terminal.people.create_user(email="ann@example.org", password="x")
    bob = await terminal.people.create_user(email="bob@example.org", password="x")
    await Erasures(terminal.people.engine).begin(ann.id)  # by themselves: nobody has seen a proof
    (erased,) = [
        each.details
        for each in await Audit(terminal.people.engine).entries()
        if each.event == "account.erased"
    ]
    assert erased == sha256(ann.id.encode()).hexdigest()
    async with terminal.people.engine.begin() as connection:  # as a backup of the day before has it
        await connection.execute(text("DELETE FROM people_audit"))
        await connection.execute(text("DELETE FROM people_erasures"))
        await connection.execute(
            text(
                "INSERT INTO people_users SELECT :ann, :email, password_hash, plan, role, time_zone, created_at FROM people_users"
            ),
            {"ann": ann.id, "email": "ann@example.org"},
        )
    assert await terminal.people.user_by_id(ann.id) is not None
    someone_long_gone = sha256(b"usr_of_long_ago").hexdigest()
    said = await terminal.run("restored", "--erased", "-", "--json", stdin=f"{someone_long_gone}\n{erased}\n")
    assert said.code == 0, said
    assert [each["digest"] for each in said.json["erased"]] == [erased]
    assert said.json["complete"] is True
    assert await terminal.people.user_by_id(ann.id) is None
    assert await terminal.people.user_by_id(bob.id) is not None
    once_more = await terminal.run("restored", "--erased", "-", "--json", stdin=f"{erased}\n")
    assert (once_more.code, once_more.json["erased"]) == (0, [])


async def test_what_was_due_until_now_is_called_about_by_nobody(
    terminal: Terminal, tasks: AsyncEngine
) -> None:
    ann = await terminal.people.create_user(email="ann@example.org", password="x")
    now = datetime.now(UTC)
    caller = Caller(ann.id, ZoneInfo("Etc/UTC"), now - timedelta(hours=3))
    for hours in (-2, 2):
        new = NewTask(title="Call mum", due=Due(now + timedelta(hours=hours)), by_phone=True)
        await TaskStore(tasks).create(caller, None, new)
    said = await terminal.run("restored", "--erased", "-", "--json", stdin="")
    assert (said.code, said.json["reminders_passed"]) == (0, 1), said
    calls = ReminderCalls(terminal.people.engine)
    assert await calls.claim("worker", now + timedelta(minutes=1)) is None
    async with terminal.people.engine.connect() as connection:
        rows = await connection.execute(text("SELECT state, outcome FROM people_reminder_calls"))
        assert [tuple(row) for row in rows] == [("over", "restored")]


async def test_what_is_no_list_of_digests_is_refused(terminal: Terminal) -> None:
    said = await terminal.run("restored", "--erased", "-", "--json", stdin="ann@example.org\n")
    assert (said.code, said.json["error"]["code"]) == (1, "no_digests")
    assert "ann@example.org" not in said.out + said.err
