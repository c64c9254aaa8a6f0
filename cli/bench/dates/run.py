"""`bench dates`: hold the reading of dates against the table, and the libraries beside it."""

from __future__ import annotations

import time
from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.bench.dates.readers import Reader, libraries, product
from cli.bench.dates.scoring import Answer, verdict
from cli.bench.dates.table import Phrase, phrases
from cli.bench.report import Report

LEAST_PHRASES = 400
LEAST_RIGHT_PERCENT = 98.0


def run() -> Report:
    """Read every phrase. No server, no network."""
    report = Report("dates", sandbox=False)
    table = phrases()
    began = time.perf_counter()
    answers = [(phrase, product(phrase)) for phrase in table]
    each_ms = (time.perf_counter() - began) * 1000 / len(table)
    right, wrong = _score(answers)
    held = [(phrase, answer) for phrase, answer in answers if phrase.held_out]
    held_right, held_wrong = _score(held)
    report.at_least("phrases in the table", LEAST_PHRASES, len(table), "phrases", len(table))
    report.at_least("right", LEAST_RIGHT_PERCENT, right, "percent", len(table))
    report.at_most("wrong in silence", 0, wrong, "phrases", len(table))
    report.at_most("wrong in silence, held out", 0, held_wrong, "phrases", len(held))
    report.details = [
        {
            "phrase": phrase.name,
            "table": phrase.table,
            "verdict": verdict(phrase, answer),
            "wanted": _wanted(phrase),
            "answered": str(answer),
        }
        for phrase, answer in answers
        if verdict(phrase, answer) != "right"
    ]
    report.details.append(
        {"held_out_right_percent": held_right, "held_out": len(held), "ms_a_phrase": round(each_ms, 2)}
    )
    return report


def show_misses(report: Report, console: Console) -> None:
    """What was not right, and what was answered instead."""
    for miss in report.details:
        if "phrase" in miss:
            line = f"{miss['verdict']}: {miss['phrase']}: wanted {miss['wanted']}, got {miss['answered']}"
            console.print(escape(line))
        else:
            console.print(
                f"held out: {miss['held_out_right_percent']:g} % of {miss['held_out']} right; "
                f"{miss['ms_a_phrase']:g} ms a phrase"
            )


def compare(console: Console) -> list[dict[str, object]]:
    """Score the installed libraries on the same table. What they answer «repeats» and «ask» with counts as given."""
    table = phrases()
    shown = Table(title="the same table by libraries")
    for column in ("reader", "right", "asked or nothing", "wrong in silence", "right of the single dates"):
        shown.add_column(column)
    rows: list[dict[str, object]] = []
    for name, reader in {"product": product, **libraries()}.items():
        row = _row(name, reader, table)
        shown.add_row(*(str(value) for value in row.values()))
        rows.append(row)
    console.print(shown)
    return rows


def _row(name: str, reader: Reader, table: list[Phrase]) -> dict[str, object]:
    # A correction and a title need more than a library is given: they are left out.
    fair = [phrase for phrase in table if phrase.before is None and phrase.kind != "titles"]
    given = [(phrase, verdict(phrase, reader(phrase))) for phrase in fair]
    counts = {each: sum(got == each for _, got in given) for each in ("right", "asked", "silently wrong")}
    single = [got for phrase, got in given if phrase.kind == "right"]
    return {
        "reader": name,
        **counts,
        "single_right": f"{sum(got == 'right' for got in single)}/{len(single)}",
    }


def _score(answers: Iterable[tuple[Phrase, Answer]]) -> tuple[float, int]:
    verdicts = [verdict(phrase, answer) for phrase, answer in answers]
    right = 100 * verdicts.count("right") / len(verdicts) if verdicts else 0.0
    return round(right, 2), verdicts.count("silently wrong")


def _wanted(phrase: Phrase) -> str:
    if phrase.asks:
        return "a question" if phrase.candidates is None else f"asks {list(phrase.candidates)}"
    return f"{phrase.due}{f'; {phrase.rule}' if phrase.rule else ''}"
