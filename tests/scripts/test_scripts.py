"""The scripts as somebody meets them who has just cloned the project."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
SCRIPTS = [
    *(
        path
        for path in (CHECKOUT / "scripts").rglob("*")
        if path.is_file() and path.name != "audit-allowed" and path.suffix != ".py"
    ),
    *(
        CHECKOUT / name
        for name in (
            ".ci/run",
            "deploy/make-secrets",
            "deploy/backup",
            "deploy/erased",
            "deploy/restore",
            "deploy/addresses.sh",
        )
    ),
]
GIT = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The last commit, as `git clone` gives it."""
    folder = tmp_path_factory.mktemp("fresh") / "a clone"
    subprocess.run(
        ["git", "clone", "--quiet", CHECKOUT, folder], check=True, timeout=60, env=os.environ | GIT
    )
    return folder


def run(*command: object, seconds: float = 60, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command],
        cwd="/",
        env=os.environ | more,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


@pytest.mark.unit
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_every_script_is_valid_bash(script: Path) -> None:
    assert run("bash", "-n", script).stderr == ""


@pytest.mark.unit
@pytest.mark.parametrize("name", ["scripts/setup", "scripts/demo", "scripts/test", ".ci/run"])
def test_what_people_start_can_be_started(name: str) -> None:
    assert os.access(CHECKOUT / name, os.X_OK)


@pytest.mark.unit
def test_an_unknown_category_is_refused_with_the_usage() -> None:
    done = run(CHECKOUT / "scripts/test", "unti")
    assert done.returncode == 2
    assert "unit|system|browser|phone" in done.stderr


@pytest.mark.unit
@pytest.mark.parametrize(
    ("have", "want", "answer"),
    [
        ("1.26.8", "1.26", True),
        ("1.26", "1.26", True),
        ("1.27rc1", "1.26", True),
        ("2.0", "1.26", True),
        ("1.9.7", "1.26", False),
        ("1.25.9", "1.26", False),
        ("", "1.26", False),
        ("devel", "1.26", False),
    ],
)
def test_versions_of_go_are_compared_as_numbers(have: str, want: str, answer: bool) -> None:
    part = CHECKOUT / "scripts/parts/livekit.sh"
    done = run("bash", "-c", f'. "{part}"; at_least "$1" "$2"', "bash", have, want)
    assert (done.returncode == 0) is answer, done.stderr


@pytest.mark.unit
def test_a_lock_whose_owner_died_is_taken_over(tmp_path: Path) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    (tmp_path / "lock").symlink_to(str(dead.pid))
    parts = CHECKOUT / "scripts/parts"
    done = run(
        "bash",
        "-euc",
        f'. "{parts}/progress.sh"; . "{parts}/lock.sh"; hold "{tmp_path}/lock"; readlink "{tmp_path}/lock"',
    )
    assert done.returncode == 0
    assert done.stdout.strip().isdigit()
    assert not (tmp_path / "lock").is_symlink(), "it is let go at the end"


@pytest.mark.unit
def test_two_who_want_the_same_lock_go_one_after_the_other(tmp_path: Path) -> None:
    parts = CHECKOUT / "scripts/parts"
    work = (
        f'. "{parts}/progress.sh"; . "{parts}/lock.sh"; hold "{tmp_path}/lock"; '
        f'echo in >>"{tmp_path}/log"; sleep 0.3; echo out >>"{tmp_path}/log"'
    )
    both = [subprocess.Popen(["bash", "-euc", work], stderr=subprocess.DEVNULL) for _ in range(3)]
    assert [process.wait(30) for process in both] == [0, 0, 0]
    assert (tmp_path / "log").read_text().split() == ["in", "out"] * 3


@pytest.mark.unit
def test_a_command_that_fails_shows_the_end_of_its_output(tmp_path: Path) -> None:
    progress = CHECKOUT / "scripts/parts/progress.sh"
    done = run(
        "bash", "-euc", f'. "{progress}"; during "trying" bash -c "echo why; exit 7"', TMPDIR=str(tmp_path)
    )
    assert done.returncode == 7
    assert "why" in done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.unit
def test_without_any_python_the_message_says_what_to_install(tmp_path: Path, clone: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "cat", "cksum", "dirname", "mkdir", "env", "uname"):
        (tools / name).symlink_to(str(shutil.which(name)))
    done = run(
        tools / "bash", clone / "scripts/setup", PATH=str(tools), XDG_CACHE_HOME=str(tmp_path / "cache")
    )
    assert done.returncode == 1
    assert "install Python 3.11, 3.12 or 3.13" in done.stderr


@pytest.mark.dear
@pytest.mark.system
def test_a_fresh_clone_with_warm_caches_reaches_ready_and_ends(clone: Path, start_demo: Any) -> None:
    mine = start_demo(
        "--port", "0", "--livekit-port", "0", "--redis-port", "0", command=[str(clone / "scripts/demo")]
    )
    mine.wait_ready(300)
    assert (
        str(clone)
        in subprocess.run(
            ["ps", "-o", "args=", "-p", str(mine.pids["web"])], capture_output=True, text=True, check=True
        ).stdout
    )
    assert mine.end(signal.SIGINT) == 0

    changed = run("git", "-C", clone, "status", "--porcelain").stdout
    assert changed == "", "the demo leaves nothing in the checkout that git would see"

    assert stat.S_IMODE((clone / ".voicetasks").stat().st_mode) == 0o700

    began = time.monotonic()
    done = run(clone / "scripts/setup")
    assert (done.returncode, done.stderr) == (0, ""), "the second set-up has nothing to do and says nothing"
    assert time.monotonic() - began < 3


@pytest.mark.dear
@pytest.mark.system
def test_a_search_that_finds_no_test_is_a_failure_and_the_closing_line_comes_last() -> None:
    # One process and one room: what is shown is the same, and collecting every test takes a minute.
    select = ("unit", "--", "--numprocesses", "1", "-k", "no_test_has_this_name", "tests/scripts")
    done = run(CHECKOUT / "scripts/test", *select, seconds=500)
    assert "no test was selected" in done.stderr
    assert "no tests ran in" in done.stdout.rstrip().splitlines()[-1]
    assert done.returncode == 5, done.stderr[-2000:]
    assert "lint-imports" in done.stderr, "the checks run all the same"


@pytest.mark.unit
@pytest.mark.parametrize(("looked_for", "code"), [((), 0), (("--", "-k", "a_typo"), 5)])
def test_no_test_is_a_failure_only_where_some_were_looked_for(
    tmp_path: Path, looked_for: tuple[str, ...], code: int
) -> None:
    shutil.copytree(CHECKOUT / "scripts", tmp_path / "scripts")
    programs = tmp_path / ".venv/bin"
    programs.mkdir(parents=True)
    # Everything is well, but pytest selects nothing.
    python = 'case "$*" in "-m pytest"*) echo "no tests ran in 0.1s"; exit 5 ;; *pace*) echo 2 5 ;; esac'
    scripts = {programs / "python": python, tmp_path / "scripts/setup": "exit 0"}
    scripts |= {programs / name: "exit 0" for name in ("ruff", "mypy", "lint-imports")}
    for path, text in scripts.items():
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    done = run(tmp_path / "scripts/test", "unit", *looked_for)
    assert "no test was selected" in done.stderr
    assert done.returncode == code, done.stderr


def test_tests_that_share_servers_are_kept_in_one_process(request: pytest.FixtureRequest) -> None:
    """Scattered over all processes, each starts a demo and a browser of its own: twice the time, and what is late fails."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        pytest.skip("there is one process")
    assert request.node.nodeid.endswith("@test_scripts")
