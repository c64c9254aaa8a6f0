"""`voicetasks admin users`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from people.sessions import SessionRecords
from people.user import Plan
from tests.cli.admin_terminal import Terminal

pytestmark = pytest.mark.system


async def test_a_user_is_made_listed_and_given_another_plan(terminal: Terminal) -> None:
    said = await terminal.run(
        *("users", "create", "Ann@example.org", "--plan", "premium", "--time-zone", "Europe/Berlin"),
        *("--password-stdin", "--json"),
        stdin="correct horse\n",
    )
    made = said.json["user"]
    assert (said.code, made["email"], made["plan"]) == (0, "ann@example.org", "premium")
    assert (await terminal.ask("users", "list"))["users"] == [made]
    assert await terminal.people.verify_password("ann@example.org", "correct horse") is not None
    changed = await terminal.ask("users", "plan", "ann@example.org", "economy")
    assert changed["user"] == made | {"plan": "economy"}
    found = await terminal.people.user_by_email("ann@example.org")
    assert found is not None
    assert found.plan is Plan.ECONOMY
    assert "Europe/Berlin" in (await terminal.run("users", "list")).err


async def test_an_address_that_is_taken_is_a_failure_and_a_bad_one_a_matter_of_usage(
    terminal: Terminal,
) -> None:
    create = ("users", "create", "--password-stdin", "--json")
    await terminal.people.create_user(email="ann@example.org", password="x")
    taken = await terminal.run(*create, "ann@example.org", stdin="y\n")
    assert (taken.code, taken.json["error"]["code"]) == (1, "taken")
    for arguments, stdin in (
        (("no address",), "y\n"),
        (("bob@example.org",), "\n"),
        (("bob@example.org", "--time-zone", "Mars/Olympus"), "y\n"),
    ):
        bad = await terminal.run(*create, *arguments, stdin=stdin)
        assert (bad.code, bad.json["error"]["code"]) == (2, "bad_user")


async def test_nobody_cannot_have_a_plan(terminal: Terminal) -> None:
    said = await terminal.run("users", "plan", "bob@example.org", "premium", "--json")
    assert (said.code, said.json["error"]["code"]) == (1, "no_such_user")
    assert (await terminal.run("users", "plan", "bob@example.org", "gold")).code == 2


async def test_another_password_signs_a_user_out_everywhere(terminal: Terminal) -> None:
    user = await terminal.people.create_user(email="ann@example.org", password="x")
    records = SessionRecords(terminal.people.engine)
    await records.add("a browser", user.id, datetime.now(UTC) + timedelta(hours=1))
    change = ("users", "password", "--password-stdin", "--json")
    empty = await terminal.run(*change, "ann@example.org", stdin="\n")
    assert (empty.code, empty.json["error"]["code"]) == (2, "bad_password")
    assert await records.stands("a browser", user.id)
    said = await terminal.run(*change, "ann@example.org", stdin="correct horse\n")
    assert (said.code, said.json["user"]["email"]) == (0, "ann@example.org")
    assert not await records.stands("a browser", user.id)
    assert await terminal.people.verify_password("ann@example.org", "correct horse") is not None
    assert await terminal.people.verify_password("ann@example.org", "x") is None
    last = (await terminal.ask("users", "audit"))["audit"][-1]
    assert (last["event"], last["whose"]) == ("password.changed", "ann@example.org")
    assert last["actor"].startswith("terminal")
    nobody = await terminal.run(*change, "bob@example.org", stdin="correct horse\n")
    assert (nobody.code, nobody.json["error"]["code"]) == (1, "no_such_user")
