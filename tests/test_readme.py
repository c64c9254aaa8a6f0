"""The README shows commands and code that exist."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.main import app

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def lines_of_shell() -> Iterator[list[str]]:
    """Each command of the shell blocks as its words, and each `voicetasks …` of the prose."""
    for block in blocks("sh"):
        for line in block.replace("\\\n", " ").splitlines():
            yield shlex.split(line.replace("$(", "").replace(")", ""), comments=True)
    prose = re.sub(r"^```.*?^```", "", README, flags=re.DOTALL | re.MULTILINE)
    for line in re.findall(r"`((?:\.venv/bin/)?voicetasks [^`]+)`", prose):
        yield shlex.split(line)


def voicetasks_commands() -> list[list[str]]:
    """What follows the word voicetasks."""
    found: list[list[str]] = []
    for words in lines_of_shell():
        for at, word in enumerate(words):
            if word.rpartition("/")[2].rpartition("=")[2] == "voicetasks" and words[at + 1 :]:
                found.append(words[at + 1 :])
    return found


@pytest.mark.parametrize("words", voicetasks_commands(), ids=" ".join)
def test_a_command_and_its_options_exist(words: list[str]) -> None:
    command: Any = typer.main.get_command(app)
    rest = list(words)
    while (inner := getattr(command, "commands", None)) and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        assert name in inner, f"there is no command {name}"
        command = inner[name]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    assert [word for word in rest if word.startswith("-") and word not in known] == []


def test_the_readme_shows_commands_at_all() -> None:
    assert {words[0] for words in voicetasks_commands()} >= {"call", "tasks", "doctor", "sandbox"}


def test_the_scripts_are_there_and_can_be_run() -> None:
    for name in set(re.findall(r"\bscripts/\w+", README)):
        assert (ROOT / name).stat().st_mode & 0o100, name


def test_the_python_shown_is_python() -> None:
    assert blocks("python")
    for block in blocks("python"):
        ast.parse(block)


def test_every_room_with_code_is_in_the_table_of_the_house() -> None:
    rooms = {package.parent.name for package in ROOT.glob("*/__init__.py")}
    assert rooms <= set(re.findall(r"^\| \d \| `(\w+)/`", README, re.MULTILINE))
