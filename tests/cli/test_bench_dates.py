"""`bench dates`: what it reads, how it judges, and what it prints."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import typer
from typer.testing import CliRunner

from cli.bench import main
from cli.bench.dates.readers import libraries
from cli.bench.dates.scoring import Answer, verdict
from cli.bench.dates.table import Phrase, phrases

pytestmark = pytest.mark.unit

app = typer.Typer()
app.add_typer(main.app, name="bench")
TABLE = phrases()


def phrase(words: str, kind: str) -> Phrase:
    return next(each for each in TABLE if (each.words, each.kind) == (words, kind))


def test_the_table_has_at_least_400_phrases_and_120_held_out() -> None:
    assert len(
        {(each.words, each.title, each.zone.key, each.now.isoformat(), each.before) for each in TABLE}
    ) == len(TABLE)
    assert len(TABLE) >= 400
    assert sum(each.held_out for each in TABLE) >= 120
    assert len({each.zone.key for each in TABLE}) >= 20


def test_a_wrong_date_where_one_was_right_is_wrong_in_silence_and_a_question_is_not() -> None:
    friday = phrase("by Friday", "right")
    assert verdict(friday, Answer(date(2026, 11, 27))) == "right"
    assert verdict(friday, Answer(date(2026, 12, 4))) == "silently wrong"
    assert verdict(friday, Answer(None)) == "silently wrong"
    assert verdict(friday, Answer(datetime(2026, 11, 27, 9, tzinfo=UTC))) == "silently wrong"
    assert verdict(friday, Answer(asked=True)) == "asked"


def test_any_date_where_a_question_was_right_is_wrong_in_silence() -> None:
    unclear = phrase("next Friday", "ask")
    both = (date(2026, 11, 27), date(2026, 12, 4))
    assert verdict(unclear, Answer(both[0])) == "silently wrong"
    assert verdict(unclear, Answer(asked=True, candidates=both)) == "right"
    assert verdict(unclear, Answer(asked=True)) == "asked"


def test_a_lost_repetition_and_a_due_from_a_title_are_wrong_in_silence() -> None:
    friday = date(2026, 11, 27)
    assert verdict(phrase("every Friday", "repeats"), Answer(friday)) == "silently wrong"
    assert verdict(phrase("every Friday", "repeats"), Answer(friday, "FREQ=WEEKLY;BYDAY=FR")) == "right"
    assert verdict(phrase("Friday the 13th", "titles"), Answer(date(2026, 11, 13))) == "silently wrong"
    assert verdict(phrase("Friday the 13th", "titles"), Answer()) == "right"


def test_of_two_equal_wall_clock_times_only_the_one_that_was_meant_is_right() -> None:
    twice = next(each for each in TABLE if each.due == "2026-11-01T01:30:00-04:00")
    first = datetime(2026, 11, 1, 1, 30, tzinfo=twice.zone)
    assert verdict(twice, Answer(first)) == "right"
    assert verdict(twice, Answer(first.replace(fold=1))) == "silently wrong"


def test_a_library_reads_the_same_table() -> None:
    read = libraries()["dateparser"]
    assert verdict(phrase("27 November", "right"), read(phrase("27 November", "right"))) == "right"
    assert read(replace(phrase("27 November", "right"), words="the 31st")).asked


def test_the_bench_holds_and_prints_one_json_object() -> None:
    shown = CliRunner().invoke(app, ["bench", "dates", "--json"])
    told = json.loads(shown.stdout)
    assert shown.exit_code == 0, told["details"]
    assert {line["line"]: line["holds"] for line in told["lines"]} == {
        "phrases in the table": True,
        "right": True,
        "wrong in silence": True,
        "wrong in silence, held out": True,
    }
    assert all(miss["verdict"] == "asked" for miss in told["details"] if "verdict" in miss)
