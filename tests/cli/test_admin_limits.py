"""Lists that end somewhere say so, and one call's journal is whole: its sum is the balance."""

from __future__ import annotations

import pytest

from cli.admin.journal import NEWEST
from routing.journal import Entry
from tests.cli.admin_terminal import Terminal

pytestmark = pytest.mark.system


def charges(call_id: str, number: int, at_ms: int) -> list[Entry]:
    return [
        Entry(f"{call_id}:{each:03}", "charge", at_ms + each, call_id, "economy", 1) for each in range(number)
    ]


async def test_the_journal_of_one_call_is_whole_and_its_sum_is_what_the_call_cost(terminal: Terminal) -> None:
    now_ms = await terminal.bank.budget.time_ms()
    await terminal.bank.journal.append(charges("c1", NEWEST + 1, now_ms))
    told = await terminal.ask("journal", "--call", "c1")
    assert (told["complete"], told["more"]) == (True, False)
    assert sum(each["microdollars"] for each in told["entries"]) == NEWEST + 1
    short = await terminal.ask("journal", "--call", "c1", "--limit", str(NEWEST))
    assert (short["complete"], short["more"], len(short["entries"])) == (False, True, NEWEST)


async def test_a_journal_that_is_cut_is_not_complete_and_says_that_there_is_more(terminal: Terminal) -> None:
    now_ms = await terminal.bank.budget.time_ms()
    await terminal.bank.journal.append(charges("c1", NEWEST, now_ms))
    told = await terminal.ask("journal")
    assert (told["complete"], told["more"], len(told["entries"])) == (True, False, NEWEST)
    await terminal.bank.journal.append(charges("c2", 1, now_ms + 1000))
    told = await terminal.ask("journal")
    assert (told["complete"], told["more"], len(told["entries"])) == (False, True, NEWEST)
    assert told["entries"][-1]["call_id"] == "c2"
    assert "There are more" in (await terminal.run("journal")).err


async def test_calls_users_trail_and_policies_that_are_cut_say_that_there_are_more(
    terminal: Terminal,
) -> None:
    now_ms = await terminal.bank.budget.time_ms()
    for name in ("ann", "bob"):
        await terminal.people.create_user(email=f"{name}@example.org", password="x")
        await terminal.bank.journal.append(charges(name, 1, now_ms))
        await terminal.ask("policy", "set", "--note", name, "--cap", f"call.total={len(name)}{ord(name[0])}")
    for command, rows, first in (
        (("calls", "list"), "calls", ("call_id", "ann")),
        (("users", "list"), "users", ("email", "ann@example.org")),
        (("users", "audit"), "audit", ("whose", "bob@example.org")),
        (("policy", "history"), "versions", ("note", "bob")),
    ):
        short = await terminal.ask(*command, "--limit", "1")
        assert (short["more"], len(short[rows])) == (True, 1), command
        assert short[rows][0][first[0]] == first[1]
        whole = await terminal.ask(*command, "--limit", str(len((await terminal.ask(*command))[rows])))
        assert whole["more"] is False, command
        assert "There are more" in (await terminal.run(*command, "--limit", "1")).err
