"""`voicetasks admin erase` and `voicetasks admin export`."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cli.ports import FreePorts
from people.phones import Phones
from tests.cli.admin_terminal import Terminal

pytestmark = pytest.mark.system


async def test_a_user_is_exported_and_erased_with_a_proof(terminal: Terminal, tmp_path: Path) -> None:
    user = await terminal.people.create_user(email="ann@example.org", password="x")
    await Phones(terminal.people.engine).set(user.id, "+4930901820")
    subject = await terminal.bank.journal.subject_of(user.id)
    given = await terminal.ask("export", "ann@example.org")
    assert given["account"]["email"] == "ann@example.org"
    file = tmp_path / "ann.json"
    said = await terminal.run("export", "ann@example.org", "--to", str(file))
    assert (said.code, said.out) == (0, "")
    assert await terminal.ask("export", "ann@example.org", "--to", str(file)) == {
        "user": "ann@example.org",
        "file": str(file),
    }
    assert json.loads(file.read_text())["phones"][0]["number"] == "+4930901820"
    assert file.stat().st_mode & 0o077 == 0
    file.chmod(0o644)
    assert (await terminal.run("export", "ann@example.org", "--to", str(file))).code == 0
    assert file.stat().st_mode & 0o077 == 0
    nowhere = await terminal.run("export", "ann@example.org", "--to", str(tmp_path / "no" / "ann.json"))
    assert (nowhere.code, "ann.json: No such file" in nowhere.err) == (2, True)

    asked = await terminal.run("erase", "ann@example.org", stdin="n\n")
    assert asked.code == 1
    assert await terminal.people.user_by_id(user.id) is not None

    said = await terminal.run("erase", "ann@example.org", "--yes")
    assert said.code == 0, said
    assert "Nothing is left that names them." in said.err
    for word in ("ann@example.org", user.id, subject):
        assert word not in said.err
    assert await terminal.people.user_by_id(user.id) is None
    trail = (await terminal.ask("users", "audit"))["audit"]
    assert trail[-1]["event"] == "account.erased"
    assert trail[-1]["actor"].startswith("terminal")
    assert {each["user_id"] for each in trail} == {None}


async def test_the_proof_is_one_object(terminal: Terminal) -> None:
    user = await terminal.people.create_user(email="ann@example.org", password="x")
    unsure = await terminal.run("erase", "ann@example.org", "--json")
    assert (unsure.code, unsure.json["error"]["code"]) == (2, "not_confirmed")
    assert "--yes" in unsure.json["error"]["fix"]
    assert await terminal.people.user_by_id(user.id) is not None
    proof = await terminal.ask("erase", "ann@example.org", "--yes")
    assert proof["complete"] is True
    assert {step["place"]: step["left"] for step in proof["steps"]} == {
        "people": 0,
        "live calls": 0,
        "tasks": 0,
        "journal": 0,
        "redis": 0,
    }
    assert (await terminal.ask("erase", user.id, "--yes"))["complete"] is True, (
        "the id is enough, and once more no harm"
    )


async def test_what_is_away_makes_it_a_failure_that_says_how_to_go_on(terminal: Terminal) -> None:
    user = await terminal.people.create_user(email="ann@example.org", password="x")
    away = f"redis://127.0.0.1:{FreePorts().take()}/0"
    said = await terminal.run("erase", "ann@example.org", "--yes", REDIS_URL=away)
    assert said.code == 1
    assert f"voicetasks admin erase {user.id}" in said.err
    assert (await terminal.run("erase", user.id, "--yes")).code == 0


async def test_an_export_whose_database_dies_half_way_is_one_object_and_leaves_the_file_as_it_was(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dying(*_: object) -> AsyncIterator[str]:
        yield '{"format": "voicetasks-export-1", "tasks": ['
        raise OSError("the database has gone")

    await terminal.people.create_user(email="ann@example.org", password="x")
    file = tmp_path / "ann.json"
    file.write_text("{}")
    monkeypatch.setattr("cli.admin.data.exported", dying)
    for where in ([], ["--to", str(file)]):
        said = await terminal.run("export", "ann@example.org", *where, "--json")
        assert (said.code, said.json["error"]["code"]) == (1, "database_away")
    assert file.read_text() == "{}"


async def test_nobody_can_neither_be_erased_nor_exported(terminal: Terminal) -> None:
    for command in (["erase", "--yes"], ["export"]):
        said = await terminal.run(*command, "bob@example.org", "--json")
        assert (said.code, said.json["error"]["code"]) == (1, "no_such_user")
        for no_id in ("bob", "usr_bob", "usr_" + "0" * 32):
            assert (await terminal.run(*command, no_id, "--json")).json["error"]["code"] == "no_such_user"
