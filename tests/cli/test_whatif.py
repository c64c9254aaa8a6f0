"""`voicetasks whatif`: policies and prices from files, and what is said of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.admin_terminal import Terminal
from tests.routing.experiments.past import plain_call
from tiers.prices import BUNDLED

pytestmark = pytest.mark.system

T = 1_800_000_000_000
SINCE = "2027-01-15"
UNTIL = "2027-01-20"


async def ask(terminal: Terminal, *arguments: str) -> dict[str, Any]:
    said = await terminal.command("whatif", "--since", SINCE, "--until", UNTIL, *arguments, "--json")
    assert said.code == 0, said
    return said.json


async def test_the_policy_in_force_as_it_is_shown_gives_back_what_was(
    terminal: Terminal, tmp_path: Path
) -> None:
    shown = await terminal.run("policy", "show", "--json")
    file = tmp_path / "policy.json"
    file.write_text(shown.out)
    for number in range(3):
        await terminal.bank.journal.append(plain_call(f"c{number}", T + number, subject=f"s_{number}"))
    found = await ask(terminal, "--policy", str(file))
    assert (found["calls"], found["same_decisions"], found["decisions"]) == (3, 3, 3)
    assert found["microdollars"] == found["recorded_microdollars"] == 120_000
    assert (found["others"], found["sandbox"]) == ([], True)
    said = await terminal.command("whatif", "--since", SINCE, "--until", UNTIL)
    assert "3 of 3 decisions come out the same" in said.err


async def test_a_part_of_a_policy_is_a_change_of_the_one_in_force(terminal: Terminal, tmp_path: Path) -> None:
    await terminal.bank.journal.append(plain_call("c1", T, subject="s_1"))
    file = tmp_path / "change.json"
    file.write_text(json.dumps({"stacks_off": ["economy"]}))
    found = await ask(terminal, "--policy", str(file))
    assert [each["otherwise"] for each in found["others"]] == [["budget"]]
    said = await terminal.command(
        "whatif", "--since", SINCE, "--until", UNTIL, "--policy", str(file), "--prices", str(BUNDLED)
    )
    assert said.code == 0
    assert "served otherwise" in said.err
    assert "A month of this:" in said.err


async def test_a_file_that_is_none_is_named(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "file"
    for text in ("no json", "[]", '{"version": "1"}', '{"nonsense": 1}', '{"premium": ["nothing"]}'):
        file.write_text(text)
        said = await terminal.command(
            "whatif", "--since", SINCE, "--until", UNTIL, "--policy", str(file), "--json"
        )
        assert said.code == 2
        assert said.json["error"]["code"] in ("bad_file", "invalid_policy")
    said = await terminal.command(
        "whatif", "--since", SINCE, "--until", UNTIL, "--prices", str(file), "--json"
    )
    assert (said.code, said.json["error"]["code"]) == (2, "bad_file")
    assert (await terminal.command("whatif", "--since", "yesterday")).code == 2
    assert (await terminal.command("whatif", "--since", UNTIL, "--until", SINCE)).code == 2
