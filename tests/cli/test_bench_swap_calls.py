"""A short run of `bench swap`: a real call over WebRTC at a demo of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import bench
from tests.conftest import BENCH_SECONDS

pytestmark = [pytest.mark.system, pytest.mark.timeout(BENCH_SECONDS + 60)]


@pytest.mark.dear
def test_a_call_that_is_moved_up_and_down_leaves_nothing_behind(tmp_path: Path) -> None:
    report = bench(tmp_path, "swap", "--swaps", "20").report
    short = [line["line"] for line in report["lines"] if not line["holds"] and line["unit"] != "ms"]
    assert short == [], report["details"]
