"""`bench screen`: the product's own sight, faster than real time, on a sandbox of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import bench
from tests.conftest import BENCH_SECONDS

pytestmark = [pytest.mark.system, pytest.mark.timeout(BENCH_SECONDS + 60)]


@pytest.mark.dear
def test_a_minute_of_sharing_holds_in_every_line(tmp_path: Path) -> None:
    done = bench(tmp_path, "screen", "--minutes", "1")
    assert done.status == 0, done.told
    assert done.report["name"] == "screen"
    assert len(done.report["lines"]) == 6
    assert all(line["holds"] for line in done.report["lines"])
    assert done.report["details"][0]["sandbox"] is True
