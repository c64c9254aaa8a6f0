"""`voicetasks admin demo-data`: made-up calls are labelled wherever they are shown, and count nowhere."""

from __future__ import annotations

import pytest

from cli.stand_ins import STAND_INS
from routing.experiments.book import ExperimentBook
from routing.policy_store import PolicyStore
from routing.story.assembling import assemble
from routing.story.made_up import EXPERIMENT, made_up
from tests.cli.admin_terminal import Terminal

pytestmark = pytest.mark.system


async def test_made_up_calls_are_labelled_count_in_no_budget_and_can_be_taken_away(
    terminal: Terminal,
) -> None:
    made = await terminal.ask("demo-data", "--calls", "60")
    assert (made["demo"], made["experiment"], made["why_no_experiment"]) == (True, EXPERIMENT, "")
    listed = (await terminal.ask("calls", "list", "--days", "20", "--limit", "100"))["calls"]
    assert len(listed) == 60
    assert all(call["demo"] for call in listed)
    assert "(demo data)" in (await terminal.run("calls", "list", "--days", "20")).err
    story = await terminal.ask("calls", "story", listed[0]["call_id"])
    assert (story["demo"], story["ended"]) == (True, "goodbye")
    assert "(demo data)" in (await terminal.run("calls", "story", listed[0]["call_id"])).err
    (day,) = (await terminal.ask("budget", "show", "global"))["scopes"]
    assert (day["total"]["journal"], day["total"]["committed"]) == (0, None)
    policy = (await terminal.ask("policy", "show"))["policy"]
    assert policy["experiments"][EXPERIMENT]["state"] == "stopped"
    book = ExperimentBook(
        PolicyStore(terminal.bank.journal.engine, terminal.bank.link), terminal.bank.journal.engine
    )
    report = await book.report(EXPERIMENT)
    assert report.calls > 20
    assert report.waiting == 0
    again = await terminal.ask("demo-data", "--remove")
    assert again["entries"] == made["entries"]
    assert (await terminal.ask("calls", "list", "--days", "20"))["calls"] == []
    assert (await terminal.ask("policy", "show"))["policy"]["experiments"] == {}


async def test_beside_real_money_nothing_is_made_up(terminal: Terminal) -> None:
    real = {each.key: "key" for each in STAND_INS}
    said = await terminal.run("demo-data", "--json", **real)
    assert (said.code, said.json["error"]["code"]) == (1, "not_a_sandbox")


def test_the_same_seed_makes_the_same_calls_and_all_that_a_story_tells_is_in_them() -> None:
    first, second = (list(made_up(calls=80, days=14, until_ms=1_795_000_000_000)) for _ in range(2))
    assert first == second
    ids = {entry.call_id for entry in first}
    stories = [assemble([entry for entry in first if entry.call_id == call_id]) for call_id in sorted(ids)]
    assert all(story.demo and story.turns and story.spoken and story.microdollars > 0 for story in stories)
    assert {story.channel for story in stories} == {"browser", "phone"}
    assert {stretch.stack for story in stories for stretch in story.stretches} >= {
        "premium",
        "economy",
        "budget",
    }
    assert any(story.swaps for story in stories)
    assert any(story.faults for story in stories)
    assert not any(entry.scopes for entry in first)
