"""`voicetasks admin journal` and `calls`: what happened, what it cost, and why."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from cli.stand_ins import STAND_INS
from routing.decision import BudgetState, Decision, RouteInputs, StackState
from routing.journal import Entry
from routing.router import decide
from tests.cli.admin_terminal import Terminal
from tiers.usage import Usage

pytestmark = pytest.mark.system

STACKS = (
    StackState(name="premium", tier="premium", configured=True),
    StackState(name="economy", tier="economy", configured=True),
)


def decision(number: int, made: Decision | dict[str, Any], at_ms: int) -> Entry:
    document = made if isinstance(made, dict) else made.model_dump(mode="json")
    return Entry(
        operation=f"c1:decision:{number}",
        kind="decision",
        at_ms=at_ms,
        call_id="c1",
        details={"subject": "s_ann", "decision": document},
    )


async def call(terminal: Terminal, at_ms: int | None = None) -> int:
    """A call that began with premium and went on with economy; the time of its first entry."""
    begun = at_ms or await terminal.bank.budget.time_ms()
    inputs = RouteInputs(plan="premium", stacks=STACKS)
    poor = inputs.model_copy(update={"budget": BudgetState(premium="exhausted", scope="user-day")})
    usage = Usage(
        event_id="s:resp_1",
        vendor="openai",
        model="gpt-realtime",
        part="speech_to_speech",
        stack="premium",
        units={"audio_output_tokens": 500},
        certainty="actual",
        outcome="ok",
    )
    charge = Entry(
        operation="c1:s:resp_1",
        kind="charge",
        at_ms=begun + 10,
        call_id="c1",
        tier="premium",
        microdollars=32_000,
        scopes=("call:c1", "user-day:s_ann:2026-11-25", "user-month:s_ann:2026-11", "global-day:2026-11-25"),
        details={"usage": json.loads(usage.to_json()), "price_version": "v1"},
    )
    estimate = replace(
        charge,
        operation="c1:x",
        microdollars=500,
        details={"usage": charge.details["usage"] | {"event_id": "x", "certainty": "estimated"}},
    )
    settled = replace(charge, operation="c1:end", kind="lease", microdollars=0, at_ms=begun + 30)
    await terminal.bank.journal.append(
        [
            decision(1, decide(inputs), begun),
            charge,
            estimate,
            decision(2, decide(poor), begun + 20),
            replace(settled, details={"event": "settled"}),
        ]
    )
    return begun


async def test_the_journal_shows_a_calls_entries_oldest_first(terminal: Terminal) -> None:
    await call(terminal)
    entries = (await terminal.ask("journal", "--call", "c1"))["entries"]
    assert [each["kind"] for each in entries] == ["decision", "charge", "charge", "decision", "lease"]
    assert entries[1]["microdollars"] == 32_000
    assert entries[1]["details"]["usage"]["units"] == {"audio_output_tokens": 500}
    assert (await terminal.ask("journal", "--call", "c2"))["entries"] == []


async def test_the_newest_entries_are_shown_when_there_are_too_many(terminal: Terminal) -> None:
    await call(terminal)
    entries = (await terminal.ask("journal", "--limit", "2"))["entries"]
    assert [each["kind"] for each in entries] == ["decision", "lease"]
    (charge, _) = (await terminal.ask("journal", "--kind", "charge"))["entries"]
    assert charge["operation"] == "c1:s:resp_1"
    said = await terminal.run("journal")
    assert "openai gpt-realtime, actual: 500 audio_output_tokens" in said.err
    assert (await terminal.run("journal", "--kind", "nonsense")).code == 2


async def test_what_waits_in_redis_is_shown_too(terminal: Terminal) -> None:
    account = await terminal.bank.account("c9")
    await terminal.bank.budget.meter(account, operation="m", tier="premium", microdollars=7)
    (entry,) = (await terminal.ask("journal", "--call", "c9"))["entries"]
    assert entry["microdollars"] == 7
    blind = await terminal.ask("journal", REDIS_URL="redis://127.0.0.1:1/0")
    assert (blind["complete"], len(blind["entries"])) == (False, 1)


async def test_calls_are_listed_with_their_cost(terminal: Terminal) -> None:
    await call(terminal)
    (listed,) = (await terminal.ask("calls", "list"))["calls"]
    assert (listed["call_id"], listed["subject"], listed["cost_microdollars"], listed["decisions"]) == (
        "c1",
        "s_ann",
        32_500,
        2,
    )
    assert "$0.0325" in (await terminal.run("calls", "list")).err


async def test_calls_of_long_ago_are_not_listed_unless_asked_for(terminal: Terminal) -> None:
    now_ms = await terminal.bank.budget.time_ms()
    await call(terminal, now_ms - 10 * 24 * 3600 * 1000)
    assert (await terminal.ask("calls", "list"))["calls"] == []
    assert len((await terminal.ask("calls", "list", "--days", "11"))["calls"]) == 1


async def test_a_call_shows_its_cost_by_stack_and_model(terminal: Terminal) -> None:
    await call(terminal)
    shown = await terminal.ask("calls", "show", "c1")
    assert (shown["cost_microdollars"], shown["decisions"]) == (32_500, 2)
    assert shown["costs"][0] == {
        "stack": "premium",
        "vendor": "openai",
        "model": "gpt-realtime",
        "certainty": "actual",
        "microdollars": 32_000,
    }
    assert [each["event"] for each in shown["leases"]] == ["settled"]
    assert "$0.0325" in (await terminal.run("calls", "show", "c1")).err


async def test_every_decision_is_explained_and_comes_out_the_same_again(terminal: Terminal) -> None:
    await call(terminal)
    first, second = (await terminal.ask("calls", "explain", "c1"))["decisions"]
    assert (first["replayed"], second["replayed"]) == ("same", "same")
    assert first["sentences"][0] == "Served with premium (premium). Your plan includes premium."
    assert "policy version default-1" in first["sentences"][1]
    assert second["sentences"][0].startswith("Served with economy (economy).")
    assert "premium did not serve: premium would go beyond the day's cap for premium." in second["sentences"]
    assert second["sentences"][-1] == "Replaying the stored inputs gives the same answer."
    assert first["decision"]["stack"] == "premium"
    said = await terminal.run("calls", "explain", "c1")
    assert said.err.count("gives the same answer") == 2


async def test_a_decision_that_would_be_another_one_now_says_so(terminal: Terminal) -> None:
    made = decide(RouteInputs(plan="premium", stacks=STACKS))
    await terminal.bank.journal.append([decision(1, made.model_copy(update={"stack": "economy"}), 1)])
    (explained,) = (await terminal.ask("calls", "explain", "c1"))["decisions"]
    assert explained["replayed"] == "different"
    assert explained["sentences"][-1] == "It would be premium now: Your plan includes premium."


async def test_a_decision_of_another_version_is_said_to_be_unreadable(terminal: Terminal) -> None:
    await terminal.bank.journal.append([decision(1, {"stack": "economy"}, 1)])
    (explained,) = (await terminal.ask("calls", "explain", "c1"))["decisions"]
    assert (explained["replayed"], explained["decision"]) == ("unreadable", None)


async def test_a_call_that_nobody_knows_is_named(terminal: Terminal) -> None:
    for command in ("show", "explain"):
        said = await terminal.run("calls", command, "c404", "--json")
        assert (said.code, said.json["error"]["code"]) == (1, "no_such_call")


async def test_a_call_without_decisions_cannot_be_explained(terminal: Terminal) -> None:
    account = await terminal.bank.account("c9")
    await terminal.bank.budget.meter(account, operation="m", tier="premium", microdollars=7)
    said = await terminal.run("calls", "explain", "c9", "--json")
    assert (said.code, said.json["error"]["code"]) == (1, "no_decision")


async def test_money_of_stand_ins_is_labelled(terminal: Terminal) -> None:
    """Without keys the vendors are stand-ins."""
    await call(terminal)
    for command in (
        ("journal",),
        ("calls", "list"),
        ("calls", "show", "c1"),
        ("leases",),
        ("budget", "show", "global"),
    ):
        assert (await terminal.ask(*command))["sandbox"] is True
        assert "(sandbox)" in (await terminal.run(*command)).err or command == ("leases",)
    real = {each.key: "key" for each in STAND_INS}
    assert (await terminal.ask("journal", **real))["sandbox"] is False
