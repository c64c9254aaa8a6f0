"""The image: what is locked, what is ours, a user who is not root, and nothing else."""

from __future__ import annotations

import re
import shlex
import tomllib

import pytest

from tests.conftest import CHECKOUT
from tests.test_settings_documented import ROOMS, documented

pytestmark = pytest.mark.unit

DOCKERFILE = CHECKOUT / "deploy/Dockerfile"


def instructions() -> list[tuple[str, str]]:
    """(instruction, rest), comments out and continued lines put together."""
    text = re.sub(r"(?m)^\s*#.*\n", "", DOCKERFILE.read_text(encoding="utf-8")).replace("\\\n", " ")
    lines = (line.split(maxsplit=1) for line in text.splitlines() if line.strip())
    return [(line[0].upper(), " ".join(line[1].split())) for line in lines]


def stages() -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    name = ""
    for one, rest in instructions():
        if one == "FROM":
            name = rest.split(" AS ")[-1] if " AS " in rest else "last"
            found[name] = [(one, rest)]
        elif name:
            found[name].append((one, rest))
    return found


def test_what_runs_is_no_root_in_every_image() -> None:
    for name in ("runtime", "keeper"):
        users = [rest for one, rest in stages()[name] if one == "USER"]
        assert users[-1] == "10001:10001"
    assert stages()["last"] == [("FROM", "runtime")]  # what is built when no target is named


def test_every_room_is_in_it_and_nothing_is_that_the_context_leaves_out() -> None:
    copied = {
        word.rstrip("/")
        for rest in (rest for one, rest in instructions() if one == "COPY" and "--from" not in rest)
        for word in rest.split()[:-1]
    }
    assert {room for room in ROOMS} <= copied
    kept = {
        line.removeprefix("!")
        for line in (CHECKOUT / "deploy/Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    }
    for path in copied:
        assert (CHECKOUT / path).exists(), path
        assert any(path == one or path.startswith(f"{one}/") for one in kept), path


def test_packages_are_those_of_the_locks() -> None:
    runs = [rest for one, rest in instructions() if one == "RUN"]
    syncs = [run for run in runs if "uv sync" in run]
    assert syncs
    assert all("--frozen" in run and "--no-dev" in run for run in syncs)
    assert any(run.startswith("npm ci ") and "--ignore-scripts" in run for run in runs)
    assert not any("npm install" in run for run in runs)


def test_the_extras_in_it_are_named_and_what_a_sandbox_needs_alone_is_left_out() -> None:
    named = next(rest for one, rest in instructions() if one == "ARG" and rest.startswith("EXTRAS="))
    extras = {word for word in shlex.split(named)[0].partition("=")[2].split() if word != "--extra"}
    known = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"][
        "optional-dependencies"
    ]
    assert extras == set(known) - {"eyes"}
    syncs = [rest for one, rest in instructions() if one == "RUN" and "uv sync" in rest]
    assert all(" ${EXTRAS} " in run and "--all-extras" not in run for run in syncs)


def test_it_sets_nothing_that_nobody_reads_and_no_secret() -> None:
    environment = {
        name
        for one, rest in instructions()
        if one in ("ENV", "ARG")
        for name in (word.partition("=")[0] for word in shlex.split(rest))
    }
    assert {name for name in environment if name.startswith("VOICETASKS_")} <= set(documented())
    assert not {name for name in environment if re.search("SECRET|PASSWORD|TOKEN|API_KEY", name)}
    assert (
        "VOICETASKS_WEB_DEMO=false"
        in dict((rest, one) for one, rest in stages()["runtime"] if one == "ENV").popitem()[0]
    )
