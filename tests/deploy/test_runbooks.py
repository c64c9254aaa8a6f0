"""What a run book tells somebody to do can be done: its commands, settings, metrics and links exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from cli.main import app
from tests.conftest import CHECKOUT
from tests.deploy.test_kubernetes import manifests, named

pytestmark = pytest.mark.unit

FOLDER = CHECKOUT / "docs" / "runbooks"
PAGES = sorted(FOLDER.glob("*.md"))


def commands(text: str) -> list[list[str]]:
    quoted = re.findall(r"`(voicetasks [^`]+)`", text)
    return [re.findall(r"\S+", each)[1:] for each in quoted if not each.startswith("voicetasks_")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_a_page_exists(page: Path) -> None:
    for words in commands(page.read_text()):
        command: Any = typer.main.get_command(app)
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        assert command.name not in ("voicetasks", "main"), words
        assert not getattr(command, "commands", None) or command.name == "probe", f"{command.name} {words}"
        options = {
            option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
        }
        for word in words:
            if word.startswith("--"):
                assert word.partition("=")[0] in options, f"{command.name} has no {word}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_setting_and_link_of_a_page_exists(page: Path) -> None:
    text = page.read_text()
    known = (CHECKOUT / ".env.example").read_text()
    for setting in re.findall(r"\b(VOICETASKS_[A-Z_]+)\b", text):
        assert re.search(rf"^(# )?{setting}=", known, re.MULTILINE), setting
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (page.parent / link).exists(), link


def quoted(page: Path, program: str) -> list[list[str]]:
    """The words behind a program's name in each of its commands that a page shows."""
    return [
        re.findall(r"\S+", each)[len(program.split()) :]
        for each in re.findall(rf"`({program} [^`]+)`", page.read_text())
    ]


def options_gone(words: list[str], with_value: set[str]) -> list[str]:
    """A command's words without its options and their values."""
    left, following = [], iter(words)
    for word in following:
        if word in with_value:
            next(following)
        elif not word.startswith("-"):
            left.append(word)
    return left


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_to_compose_names_its_file_and_services_of_it(page: Path) -> None:
    services = yaml.safe_load((CHECKOUT / "deploy/compose.yaml").read_text())["services"]
    for words in quoted(page, "docker compose"):
        assert words[:2] == ["-f", "deploy/compose.yaml"], words
        verb, *named_services = options_gone(words[2:], {"--scale"})
        assert verb in {"exec", "logs", "ps", "restart", "run", "up"}
        assert named_services or words[2:] == ["ps", "-a"], words
        if named_services:
            assert named_services[0] in services, words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_to_kubernetes_names_the_namespace_and_what_is_in_it(page: Path) -> None:
    there = {(one["kind"].lower(), one["metadata"]["name"]) for one in manifests()}
    for words in quoted(page, "kubectl"):
        assert words[:2] == ["-n", "voicetasks"], words
        plain = " ".join(words[2:]).partition(" -- ")[0]
        for kind, name in re.findall(
            r"\b(deploy|deployment|cronjob|scaledobject|statefulset)[/ ](\w+)", plain
        ):
            assert ("deployment" if kind == "deploy" else kind, name) in there, words
        if "exec" in words and words[-1] == "…" and "deploy/web" in words:
            assert "-it" in words  # some of them ask something


def test_logs_are_asked_of_every_worker_that_scaling_may_make() -> None:
    (command,) = re.findall(r"kubectl -n voicetasks logs (-[^`]+)`", (FOLDER / "README.md").read_text())
    scaled = named(manifests(), "ScaledObject", "worker")["spec"]
    worker = named(manifests(), "Deployment", "worker")["spec"]["template"]["metadata"]["labels"]
    label, _, value = re.findall(r"-l (\S+)", command)[0].partition("=")
    assert worker[label] == value
    # Without it kubectl refuses more than five.
    assert int(re.findall(r"--max-log-requests=(\d+)", command)[0]) >= scaled["maxReplicaCount"]
    assert "--tail=-1" in command  # with a label it would be ten lines each


def test_the_index_names_every_page() -> None:
    index = (FOLDER / "README.md").read_text()
    assert {page.name for page in PAGES} - {"README.md"} == set(re.findall(r"\]\(([\w-]+\.md)\)", index))
