"""`voicetasks call` on the command line: order of steps, exit codes, what is printed."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from cli import call
from cli.caller.errors import CannotSpeakError, NobodyAnsweredError, RefusedError
from cli.caller.record import CallRecord, Turn
from cli.caller.script import Order
from cli.caller.steps import Click, InterruptAt, Pause, Say, Type
from cli.caller.voices import FliteVoice, Quality, VoiceName
from cli.ports import FreePorts

pytestmark = pytest.mark.unit

app = typer.Typer()
call.register(app)


@app.command()
def another() -> None:
    """Typer makes a program of one command into that command itself."""


@pytest.fixture
def placed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Order]:
    """Orders that would have become calls."""
    orders: list[Order] = []

    def take(order: Order, *, as_json: bool) -> int:
        orders.append(order)
        return 0

    monkeypatch.setenv("VOICETASKS_CLI_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(call, "run", take)
    return orders


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["call", *arguments])


def test_steps_keep_their_order_across_different_options(placed: list[Order]) -> None:
    result = run(
        *("--say", "one", "--type=two", "--as", "a@b.c", "--pause", "0", "--say", "three"),
        *("--interrupt-at", "2", "--say", "--four", "--click", "yes", "--json"),
    )
    assert result.exit_code == 0, result.output
    assert placed[0].steps == [
        *(Say("one"), Type("two"), Pause(0.0), Say("three"), InterruptAt(2.0), Say("--four"), Click("yes")),
    ]
    assert placed[0].email == "a@b.c"


def test_where_to_call_comes_from_the_flag_then_the_environment_then_the_demos_port(
    placed: list[Order], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in os.environ if name.startswith("VOICETASKS_")]:
        monkeypatch.delenv(name)  # commands that ran in this process before leave their settings behind
    monkeypatch.setenv("VOICETASKS_CLI_DATA_DIR", str(tmp_path))  # a demo of this checkout may be running
    monkeypatch.setenv("VOICETASKS_CLI_PORT", "20000")
    run("--as", "a")
    monkeypatch.setenv("VOICETASKS_WEB_URL", "http://env.test")
    run("--as", "a")
    run("--as", "a", "--url", "http://flag.test")
    assert [order.url for order in placed] == [
        "http://127.0.0.1:20000",
        "http://env.test",
        "http://flag.test",
    ]
    assert placed[0].control_url == "http://127.0.0.1:20003"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--share", "a.png"], "--share"),
        (["--channel", "phone"], "--from"),
        (["--channel", "phone", "--sip", "--from", "+1555", "--type", "x"], "keyboard"),
        (["--from", "+1555"], "add --channel"),
        (["--sip"], "add --channel"),
        (["--channel", "fax"], "browser"),
        (["--click", "maybe"], "yes or no"),
        (["--hang-up", "--say", "x"], "last step"),
        (["--voice", "nobody"], "piper"),
        (["surplus"], "surplus"),
    ],
)
def test_what_cannot_be_done_is_a_usage_error_that_says_why(
    placed: list[Order], arguments: list[str], complaint: str
) -> None:
    result = run("--as", "a", *arguments)
    assert result.exit_code == 2
    assert complaint in result.output
    assert not placed


def test_a_recording_into_no_folder_is_found_before_the_call(placed: list[Order], tmp_path: Path) -> None:
    said = run("--as", "a@b.org", "--say", "x", "--record", str(tmp_path / "no" / "x.wav"))
    assert (said.exit_code, placed) == (2, [])
    assert run("--as", "a@b.org", "--say", "x", "--record", str(tmp_path / "x.wav")).exit_code == 0


def test_a_caller_needs_a_name(placed: list[Order]) -> None:
    assert run("--say", "x").exit_code == 2


def order(voice: VoiceName = VoiceName.TOLD) -> Order:
    url = f"http://127.0.0.1:{FreePorts().take()}"
    return Order(url=url, email="a", password="demo", voice=voice, quality=Quality.BROWSER)


def making(happening: Callable[[CallRecord], None]) -> Any:
    async def make_call(_order: Order, record: CallRecord, _show: object) -> None:
        happening(record)

    return make_call


def fail(error: BaseException) -> Callable[[CallRecord], None]:
    def happen(record: CallRecord) -> None:
        record.turns.append(Turn(said="x", by="voice"))
        record.error = str(error)
        raise error

    return happen


@pytest.mark.parametrize(
    ("happening", "code"),
    [
        (lambda record: setattr(record, "joined", True), 0),
        (lambda record: None, 3),
        (fail(NobodyAnsweredError("nobody")), 3),
        (fail(RefusedError("busy")), 4),
        (fail(CannotSpeakError("no flite")), 2),
        (fail(KeyboardInterrupt()), 130),
    ],
)
def test_the_exit_code_tells_how_it_ended_and_what_there_is_is_printed(
    happening: Callable[[CallRecord], None],
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(call, "make_call", making(happening))
    assert call.run(order(), as_json=True) == code
    printed = json.loads(capsys.readouterr().out)
    assert printed["answered"] is (code == 0)
    expected = {"answered", "channel", "plan", "tier", "stack", "sandbox", "reasons", "turns", "swaps"}
    expected |= {"tasks_before", "tasks_after", "confirmations", "cost_microdollars", "call_id"}
    assert expected <= printed.keys()
    assert len(printed["turns"]) == (0 if code == 0 or printed["error"] is None else 1)


def test_a_turn_without_an_answer_is_nobody_answering(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def silent(record: CallRecord) -> None:
        record.joined = True
        record.turns += [
            Turn(said="x", by="voice", answered=True),
            Turn(said="y", by="voice", problem="no answer"),
        ]

    monkeypatch.setattr(call, "make_call", making(silent))
    assert call.run(order(), as_json=False) == 3
    assert "no answer" in capsys.readouterr().err


def test_without_a_server_the_command_says_so_and_prints_its_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert call.run(order(), as_json=True) == 3
    captured = capsys.readouterr()
    assert "scripts/demo" in json.loads(captured.out)["error"]


def test_a_missing_flite_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CannotSpeakError, match="apt install flite"):
        FliteVoice()
