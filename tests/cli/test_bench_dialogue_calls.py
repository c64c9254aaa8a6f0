"""`bench dialogues` in part: the product's own calls on vendors' protocols, a sandbox and a task server."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.bench import bench
from tests.conftest import BENCH_SECONDS

TODAYS_THIRD = str(1 + date.today().toordinal() % 3)
"""Another one each day. Both tries of a run have the same."""

pytestmark = [pytest.mark.system, pytest.mark.timeout(BENCH_SECONDS + 60)]


@pytest.mark.dear
def test_of_a_third_of_the_dialogues_95_percent_end_right_and_none_with_a_wrong_deletion_or_completion(
    tmp_path: Path,
) -> None:
    done = bench(tmp_path, "dialogues", "--one-in", "3", "--first", TODAYS_THIRD)
    lines = {line["line"]: line["measured"] for line in done.report["lines"]}
    assert lines["with a wrong deletion or completion"] == 0, done.told
    assert lines["dialogues"] >= 20
    assert lines["right in the end"] >= 95, done.told
    assert done.status == 0


@pytest.mark.dear
def test_a_speech_to_speech_model_moves_a_correction_too(tmp_path: Path) -> None:
    done = bench(tmp_path, "dialogues", "--tier", "premium", "--only", "budget proposal")
    lines = {line["line"]: line["measured"] for line in done.report["lines"]}
    assert lines["right in the end"] == 100, done.told
    assert done.report["details"][0]["by_kind"] == {"correction": {"right": 1, "of": 1}}
