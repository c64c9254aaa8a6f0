"""What every bench prints."""

import io
import json
import math

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from cli.bench import main
from cli.bench.report import Report

pytestmark = pytest.mark.unit

app = typer.Typer()
app.add_typer(main.app, name="bench")


def test_a_floor_and_a_ceiling_hold_or_fall_short() -> None:
    report = Report("speech")
    report.at_least("right", 37, 37, "utterances", 40)
    report.at_most("harm", 0, 0, "utterances", 40)
    assert report.holds
    report.at_most("harm", 0, 1, "utterances", 40)
    assert not report.holds
    assert [line["holds"] for line in report.as_json()["lines"]] == [True, True, False]
    assert report.as_json()["lines"][0] == {
        **{"line": "right", "target": 37, "measured": 37, "unit": "utterances", "holds": True, "n": 40},
    }
    assert {"name", "machine", "lines"} <= report.as_json().keys()


def test_a_report_without_lines_proves_nothing() -> None:
    assert not Report("speech").holds


def test_a_number_that_nothing_is_promised_of_is_told_and_proves_nothing() -> None:
    report, out = Report("latency", sandbox=False), io.StringIO()
    report.tell("turns cut off", 13.3, "%", 15)
    assert not report.holds
    report.at_most("p95", 800, 752, "ms", 15)
    assert report.holds
    assert report.as_json()["lines"][0]["target"] is None
    report.print(Console(file=out, width=120))
    (row,) = (each for each in out.getvalue().splitlines() if "cut off" in each)
    assert [cell.strip() for cell in row.split("│")[1:-1]] == ["turns cut off", "", "13.3", "%", "15", ""]


def test_a_promise_of_which_nothing_was_measured_does_not_hold_and_says_so() -> None:
    report, out = Report("latency", sandbox=False), io.StringIO()
    report.at_most("p95", 800, math.nan, "ms", 0)
    report.at_least("taken", 95, math.nan, "%", 0)
    assert [line.holds for line in report.lines] == [False, False]
    report.print(Console(file=out, width=120))
    assert out.getvalue().count("nothing measured") == 2


def test_what_could_not_be_measured_is_null_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report("restarts", details=[{"p95": math.nan, "climbs": [(1.5, -math.inf)], "calls": 8}])
    report.at_most("back after", 30, math.inf, "s", 0)
    report.at_most("p95", 30, math.nan, "ms", 0)
    assert report.conclude(as_json=True) == 1
    told = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert [line["measured"] for line in told["lines"]] == [None, None]
    assert told["details"] == [{"p95": None, "climbs": [[1.5, None]], "calls": 8}]


def test_calls_of_a_sandbox_are_labelled_as_such_and_where_there_are_none_nothing_is() -> None:
    for report, label in ((Report("latency"), True), (Report("ledger", sandbox=False), False)):
        out = io.StringIO()
        report.print(Console(file=out, width=120))
        assert ("(sandbox)" in out.getvalue()) is label
        assert report.as_json()["sandbox"] is label


def test_people_get_a_table() -> None:
    report, out = Report("speech"), io.StringIO()
    report.at_least("right: piper", 37, 30, "utterances", 40)
    report.print(Console(file=out, width=120))
    assert "right: piper" in out.getvalue()
    assert "no" in out.getvalue()


@pytest.mark.parametrize(
    "arguments", [["--voices", "bob"], ["--qualities", "fm"], ["--n", "0"], ["--n", "41"]]
)
def test_what_cannot_be_measured_is_a_usage_error(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, ["bench", "speech", *arguments]).exit_code == 2
