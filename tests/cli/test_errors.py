"""With `--json` a command prints one JSON object on stdout, also where it cannot do what it was asked for."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import pytest
from typer.testing import CliRunner

import cli.bench.dialogues.command
import cli.bench.latency.command
import cli.bench.ledger
import cli.bench.swaps.failover
import cli.bench.swaps.up_and_down
from cli.caller.errors import RefusedError
from cli.main import app
from cli.ports import FreePorts
from tests.conftest import clean_environment

pytestmark = pytest.mark.unit

Run = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a command with `--json`: its exit code, and the error of the one object on stdout."""

    def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        environment = clean_environment(tmp_path, VOICETASKS_CLI_PORT=str(FreePorts().take() - 3))
        with mock.patch.dict(os.environ, environment, clear=True):
            result = CliRunner().invoke(app, [*arguments, "--json"])
        error = json.loads(result.stdout)["error"]
        assert {"code", "message", "fix"} <= error.keys()
        assert result.stderr, "people are told too"
        return result.exit_code, error

    return run


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["call", "--as", "a@b.c", "--pause", "soon"], "soon"),
        (["call", "--as", "a@b.c", "--pin", "1"], "--channel phone"),
        (["call"], "--as"),
        (["bench", "speech", "--n", "0"], "--n"),
        (["bench", "capacity", "--systems", "bob"], "economy"),
        (["admin", "journal", "--kind", "bob"], "--kind"),
        (["nothing"], "nothing"),
    ],
)
def test_what_is_wrong_with_the_command_line_is_an_object(run: Run, arguments: list[str], words: str) -> None:
    code, error = run(*arguments)
    assert (code, error["code"]) == (2, "usage")
    assert words in error["message"]


def test_a_sandbox_that_is_away_is_an_object(run: Run) -> None:
    code, error = run("sandbox", "faults")
    assert (code, error["code"]) == (1, "sandbox_away")
    assert "scripts/demo" in error["fix"]


def test_a_refusal_of_the_sandbox_is_passed_on_as_it_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = {"code": "no_such_fault", "message": "there is no service nobody", "fix": "look"}
    answer = httpx.Response(422, json={"error": refusal})
    monkeypatch.setattr(httpx, "request", lambda *_, **__: answer)
    assert run("sandbox", "fault", "nobody", "refuse") == (2, refusal)


def test_a_demo_that_cannot_start_is_an_object(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, error = run("demo", "--no-browser", "--data-dir", str(tmp_path / "file" / "folder"))
    assert (code, error["code"]) == (1, "cannot_start")
    assert "--data-dir" in error["message"]


@pytest.mark.parametrize(
    ("bench", "module", "name"),
    [
        ("ledger", cli.bench.ledger, "run"),
        ("latency", cli.bench.latency.command, "run"),
        ("failover", cli.bench.swaps.failover, "run"),
        ("swap", cli.bench.swaps.up_and_down, "run"),
    ],
)
def test_a_bench_that_could_not_measure_is_an_object(
    run: Run, monkeypatch: pytest.MonkeyPatch, bench: str, module: Any, name: str
) -> None:
    monkeypatch.setattr(module, name, _raising(OSError("no room left")))
    code, error = run("bench", bench)
    assert (code, error["code"], error["message"]) == (1, "not_measured", "no room left")


def test_a_bench_that_was_refused_says_so_and_keeps_its_exit_code(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli.bench.latency.command, "run", _raising(RefusedError("wrong password")))
    code, error = run("bench", "latency")
    assert (code, error["code"]) == (4, "refused")


def _raising(error: Exception) -> Callable[..., Coroutine[Any, Any, None]]:
    async def run(*_: object) -> None:
        raise error

    return run
