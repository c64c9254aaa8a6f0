"""`voicetasks admin policy …` and `budget set`: changes, conflicts, and what is refused."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from routing.policy import DEFAULT_POLICY
from routing.policy_store import PolicyStore
from tests.cli.admin_terminal import Terminal

pytestmark = pytest.mark.system


async def test_the_default_is_shown_before_anybody_wrote_one(terminal: Terminal) -> None:
    assert await terminal.ask("policy", "show") == {
        "version": "default-1",
        "in_redis": None,
        "policy": DEFAULT_POLICY.model_dump(mode="json"),
    }


async def test_people_read_tables_on_stderr_and_stdout_stays_empty(terminal: Terminal) -> None:
    said = await terminal.run("policy", "show")
    assert (said.code, said.out) == (0, "")
    assert "premium → economy → budget → local → text" in said.err
    assert "$200.00" in said.err


async def test_a_tier_is_switched_off_and_on_again(terminal: Terminal) -> None:
    assert await terminal.ask("policy", "set", "--tier-off", "premium", "--note", "too dear") == {
        "version": "1",
        "before": "default-1",
        "changes": [{"path": "tiers_off", "before": [], "after": ["premium"]}],
        "told_redis": True,
    }
    shown = await terminal.ask("policy", "show")
    assert (shown["version"], shown["in_redis"], shown["policy"]["tiers_off"]) == ("1", "1", ["premium"])
    await terminal.ask("policy", "set", "--tier-off", "economy")
    await terminal.ask("policy", "set", "--tier-on", "premium")
    assert (await terminal.ask("policy", "show"))["policy"]["tiers_off"] == ["economy"]


async def test_everything_can_be_changed_in_one_go(terminal: Terminal) -> None:
    await terminal.ask(
        *("policy", "set", "--stack-off", "local", "--no-local", "--ladder", "premium=economy,text"),
        *("--cap", "user_day.premium=4.50", "--cap", "call.total=2.75"),
    )
    policy = (await terminal.ask("policy", "show"))["policy"]
    assert (policy["stacks_off"], policy["local_enabled"], policy["premium"]) == (
        ["local"],
        False,
        ["economy", "text"],
    )
    assert (policy["caps"]["user_day"]["premium"], policy["caps"]["call"]["total"]) == (4_500_000, 2_750_000)


async def test_a_file_is_a_merge_patch_and_flags_beat_it(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({"stacks_off": ["local"], "caps": {"call": {"premium": 1, "total": 2}}}))
    await terminal.ask(
        *("policy", "set", "--file", str(file), "--cap", "call.total=0.5", "--stack-off", "budget")
    )
    policy = (await terminal.ask("policy", "show"))["policy"]
    assert policy["stacks_off"] == ["local", "budget"]
    assert policy["caps"]["call"] == {"premium": 1, "total": 500_000}
    # What «show» writes is a patch, too.
    file.write_text(json.dumps(policy | {"tiers_off": ["premium"]}))
    changed = await terminal.ask("policy", "set", "--file", str(file))
    assert [change["path"] for change in changed["changes"]] == ["tiers_off"]


async def test_of_two_admins_the_second_gets_a_conflict_and_the_difference(terminal: Terminal) -> None:
    await terminal.ask("policy", "set", "--tier-off", "premium", "--expect", "default-1")
    said = await terminal.run("policy", "set", "--stack-off", "local", "--expect", "default-1", "--json")
    assert said.code == 1
    error = said.json["error"]
    assert (error["code"], error["expected"], error["current"]) == ("conflict", "default-1", "1")
    assert error["difference"] == [{"path": "tiers_off", "before": [], "after": ["premium"]}]
    assert 'tiers_off: [] → ["premium"]' in said.err
    assert (await terminal.ask("policy", "show"))["version"] == "1"


async def test_of_two_admins_at_the_same_moment_one_wins(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second has read version 0 and is about to write when the first one's is there."""
    store = PolicyStore(terminal.bank.journal.engine, terminal.bank.link)
    before = PolicyStore.write
    loop = asyncio.get_running_loop()

    async def beaten(self: PolicyStore, *arguments: object, **named: object) -> object:
        if not await store_history():
            await on_loop()
        return await before(self, *arguments, **named)  # type: ignore[arg-type]

    async def store_history() -> object:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(store.history(), loop))

    async def on_loop() -> None:
        write = before(store, {"tiers_off": ["premium"]}, expected="default-1", author="first")
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(write, loop))

    monkeypatch.setattr(PolicyStore, "write", beaten)
    said = await terminal.run("policy", "set", "--stack-off", "local", "--json")
    assert (said.code, said.json["error"]["code"]) == (1, "conflict")


async def test_the_history_says_who_changed_what(terminal: Terminal) -> None:
    await terminal.ask("policy", "set", "--tier-off", "premium", "--note", "too dear")
    await terminal.ask("policy", "set", "--tier-on", "premium")
    second, first = (await terminal.ask("policy", "history"))["versions"]
    assert (first["version"], first["note"], first["changes"]) == (
        "1",
        "too dear",
        [{"path": "tiers_off", "before": [], "after": ["premium"]}],
    )
    assert first["author"].startswith("terminal")
    assert second["changes"][0]["after"] == []
    assert [
        each["version"] for each in (await terminal.ask("policy", "history", "--limit", "1"))["versions"]
    ] == ["2"]
    said = await terminal.run("policy", "history")
    assert 'tiers_off: [] → ["premium"]' in said.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "no change was given"),
        (("--tier-off", "gold"), "tiers_off"),
        (("--stack-off", "deluxe"), "there is no stack 'deluxe'"),
        (("--tier-off", "premium", "--tier-on", "premium"), "off and on at once"),
        (("--cap", "user_day.premium=cheap"), "is no amount"),
        (("--cap", "call.premium=100"), "part of the total cap"),
        (("--ladder", "gold=local"), "PLAN premium or economy"),
        (("--ladder", "premium="), "PLAN=STACK"),
        (("--file", "/nowhere/policy.json"), "No such file"),
        (("--tier-off", "premium", "--note", "x" * 501), "a note at most 500"),
    ],
)
async def test_what_makes_no_sense_is_a_matter_of_usage(
    terminal: Terminal, arguments: tuple[str, ...], words: str
) -> None:
    said = await terminal.run("policy", "set", *arguments)
    assert said.code == 2
    assert words in " ".join(said.err.replace("│", " ").split())
    assert (await terminal.ask("policy", "history"))["versions"] == []


@pytest.mark.parametrize(
    ("text", "words"), [("{", "no JSON"), ("[1]", "no JSON object"), ("{}", "no JSON object")]
)
async def test_a_file_that_is_no_change_is_refused(
    terminal: Terminal, tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "policy.json"
    file.write_text(text)
    said = await terminal.run("policy", "set", "--file", str(file), "--json")
    assert (said.code, said.json["error"]["code"]) == (2, "bad_file")
    assert words in said.err


async def test_a_file_that_is_too_long_is_refused(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    file.write_text("{" + " " * 4_000_001 + "}")
    said = await terminal.run("policy", "set", "--file", str(file))
    assert said.code == 2
    assert "longer than" in said.err


async def test_without_redis_the_policy_is_written_and_the_admin_is_told(terminal: Terminal) -> None:
    said = await terminal.run(
        "policy", "set", "--tier-off", "premium", "--json", REDIS_URL="redis://127.0.0.1:1/0"
    )
    assert (said.code, said.json["told_redis"]) == (0, False)
    assert "Redis could not be told" in said.err
    shown = await terminal.ask("policy", "show", REDIS_URL="redis://127.0.0.1:1/0")
    assert (shown["version"], shown["in_redis"]) == ("1", None)


async def test_without_a_database_the_message_says_which_setting_to_look_at(terminal: Terminal) -> None:
    said = await terminal.run(
        "policy", "show", "--json", VOICETASKS_ROUTING_DATABASE_URL="postgresql://me:hidden@127.0.0.1:1/x"
    )
    assert (said.code, said.json["error"]["code"]) == (1, "database_away")
    assert "VOICETASKS_ROUTING_DATABASE_URL" in said.json["error"]["fix"]
    assert "hidden" not in said.out + said.err
