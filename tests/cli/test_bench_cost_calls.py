"""Short calls of `bench cost`: the product's own session, faster than real time, on a sandbox of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import bench
from tests.conftest import BENCH_SECONDS

pytestmark = [pytest.mark.system, pytest.mark.timeout(BENCH_SECONDS + 60)]

MINUTES = 2


@pytest.mark.dear
def test_two_minutes_are_talked_in_each_tier_and_cost_what_the_sandbox_bills(tmp_path: Path) -> None:
    picture = tmp_path / "cost.png"
    done = bench(tmp_path, "cost", "--minutes", str(MINUTES), "--plot", str(picture))
    economy, premium = done.report["details"]
    assert (economy["tier"], premium["tier"]) == ("economy", "premium")
    for call in (economy, premium):
        assert call["sandbox"] is True
        assert len(call["microdollars_by_minute"]) == MINUTES
        assert (call["turns"], call["unanswered"]) == (pytest.approx(7, abs=1), 0)
        assert call["tools"] >= 3
        assert 0.2 < call["caller_talks_share"] < 0.6
        assert 0.2 < call["agent_talks_share"] < 0.6
        assert abs(call["microdollars"] - call["invoice_microdollars"]) <= 1000
    assert 10_000 < economy["microdollars"] / MINUTES < 70_000
    assert 40_000 < premium["microdollars"] / MINUTES < 300_000
    assert all(parts["hearing"] and parts["speaking"] for parts in economy["parts_by_minute"])
    assert premium["parts_by_minute"][1]["cached"] > 0
    assert picture.read_bytes().startswith(b"\x89PNG")
