"""`voicetasks admin calls story`: a call told at the terminal, as JSON and as a file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from people.audit import Audit
from people.consent import Consents
from routing.policy_store import PolicyStore
from tests.cli.admin_terminal import Terminal
from tests.routing.story.told import BEGAN, moved_call

pytestmark = pytest.mark.system


async def test_a_call_is_told_with_the_admins_word_that_moved_it(terminal: Terminal, tmp_path: Path) -> None:
    store = PolicyStore(terminal.bank.journal.engine, terminal.bank.link)
    await store.write(
        {"tiers_off": ["premium"]}, expected="default-1", author="terminal:root", note="too dear"
    )
    await terminal.bank.journal.append(moved_call())
    told = await terminal.ask("calls", "story", "c1")
    assert (told["call_id"], told["sandbox"], told["ended"]) == ("c1", True, "goodbye")
    assert told["decisions"][1]["policy"]["note"] == "too dear"
    assert told["decisions"][1]["policy"]["changes"] == ['tiers_off: [] → ["premium"]']
    file = tmp_path / "story.html"
    said = await terminal.run("calls", "story", "c1", "--to", str(file))
    assert "An admin changed the policy: economy is to serve" in said.err
    assert "too dear" in file.read_text()
    assert file.stat().st_mode & 0o77 == 0
    assert (await terminal.run("calls", "story", "c1", "--to", str(tmp_path))).code == 2


async def test_words_are_told_while_the_caller_agrees_and_no_longer(terminal: Terminal) -> None:
    await terminal.bank.journal.append(moved_call())
    user = await terminal.people.create_user(email="ann@example.com", password="a long password")
    consents = Consents(terminal.people.engine)
    agreed = datetime.fromtimestamp(BEGAN / 1000, UTC)
    await consents.set(user.id, "browser", given=True, now=agreed)
    said = datetime.fromtimestamp((BEGAN + 3_000) / 1000, UTC)
    await consents.keep(user.id, "browser", "c1", [(said, "caller", "Buy milk")])
    told = await terminal.ask("calls", "story", "c1")
    assert told["words"] == [{"at_ms": 3_000, "speaker": "caller", "text": "Buy milk"}]
    assert "caller: Buy milk" in (await terminal.run("calls", "story", "c1")).err
    assert await readings(terminal) == [(user.id, "c1")] * 2
    await consents.set(user.id, "browser", given=False)
    told = await terminal.ask("calls", "story", "c1")
    assert (told["words"], told["words_why_not"][:8]) == ([], "No words")
    assert len(await readings(terminal)) == 2, "without words nobody read any"


async def readings(terminal: Terminal) -> list[tuple[str | None, str]]:
    """Whose words were read at this terminal, and in which call, as the trail has it."""
    trail = await Audit(terminal.people.engine).entries()
    read = [each for each in trail if each.event == "words.read"]
    assert all(each.actor.startswith("terminal") for each in read)
    return [(each.user_id, each.details) for each in read]


async def test_a_call_that_nobody_knows_has_no_story(terminal: Terminal) -> None:
    said = await terminal.run("calls", "story", "c404", "--json")
    assert (said.code, said.json["error"]["code"]) == (1, "no_such_call")
