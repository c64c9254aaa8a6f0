"""What every bench prints."""

import io

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
