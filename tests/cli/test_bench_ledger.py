"""What `bench ledger` holds of a run, and what it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cli.bench.ledger import Measured, judge
from cli.bench.report import Report

pytestmark = pytest.mark.unit

GOOD = Measured([2.0] * 990 + [9.0] * 10, 2_100.0, 5_000, 44.0, 30.0, 3_000)


def judged(measured: Measured) -> Report:
    report = Report("ledger", sandbox=False)
    judge(report, measured)
    return report


def test_a_run_within_its_targets_holds_in_every_line() -> None:
    report = judged(GOOD)
    assert report.holds
    assert [(line.target, line.unit, line.n) for line in report.lines] == [
        (10.0, "ms", 1_000),
        (2_000, "1/s", 5_000),
        (1.5, "x", 3_000),
    ]


@pytest.mark.parametrize(
    ("measured", "line"),
    [
        (replace(GOOD, times_ms=[2.0] * 980 + [11.0] * 20), 0),
        (replace(GOOD, speed=1_999.0), 1),
        (replace(GOOD, script_us=77.1), 2),
    ],
)
def test_slow_money_falls_short_in_its_own_line_alone(measured: Measured, line: int) -> None:
    report = judged(measured)
    assert [each.holds for each in report.lines] == [number != line for number in range(3)]
