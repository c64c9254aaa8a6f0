"""Each call counts in a process of its own, and its worker tells all of it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from agent.metric_files import VARIABLE, exposition, fold, metric_files

pytestmark = pytest.mark.unit

COUNTS = """
import sys
from prometheus_client import Gauge, Histogram
from agent.swap_counter import swapped
for _ in range(int(sys.argv[1])):
    swapped("premium", "economy", "vendor")
seconds = Histogram("voicetasks_test_seconds", "For a test.", ("stack",), buckets=(1, 2))
seconds.labels("premium").observe(0.5)
seconds.labels("premium").observe(1.5)
Gauge("voicetasks_test_live", "For a test.", ("stack",), multiprocess_mode="livesum").labels("premium").inc()
"""


@pytest.fixture
def directory() -> Iterator[Path]:
    with metric_files() as made:
        yield made


def call(directory: Path, times: int = 1) -> None:
    """A process that counts, and ends."""
    environment = os.environ | {VARIABLE: str(directory)}
    subprocess.run([sys.executable, "-c", COUNTS, str(times)], env=environment, check=True, timeout=60)


def told() -> dict[str, float]:
    """What Prometheus reads: samples by name and labels."""
    families = text_string_to_metric_families(exposition().decode())
    return {
        f"{sample.name}{sorted(sample.labels.values())}": sample.value
        for family in families
        for sample in family.samples
    }


SWAPS = "voicetasks_swaps_total['economy', 'premium', 'vendor']"


def test_what_ended_processes_counted_is_told_and_does_not_go_back(directory: Path) -> None:
    call(directory, 2)
    assert told()[SWAPS] == 2
    call(directory, 3)
    assert told()[SWAPS] == 5


def test_files_of_ended_processes_become_few_and_nothing_of_them_is_lost(directory: Path) -> None:
    for _ in range(3):
        call(directory)
    before = told()
    fold(directory, few=2)
    assert {file.name for file in directory.iterdir()} == {"counter_ended.db", "histogram_ended.db"}
    call(directory)
    for _ in range(2):
        call(directory)
    fold(directory, few=2)
    after = told()
    assert len(list(directory.iterdir())) == 2
    assert (before[SWAPS], after[SWAPS]) == (3, 6)
    assert after["voicetasks_test_seconds_bucket['1.0', 'premium']"] == 6
    assert after["voicetasks_test_seconds_bucket['+Inf', 'premium']"] == 12
    assert after["voicetasks_test_seconds_sum['premium']"] == 12.0


def test_what_only_the_living_have_is_not_told_of_the_dead(directory: Path) -> None:
    call(directory)
    assert not any("voicetasks_test_live" in name for name in told())


def test_without_the_files_a_process_tells_of_itself() -> None:
    assert b"# HELP" in exposition()


def test_what_a_killed_worker_left_is_cleared_away_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    killed = subprocess.Popen(["true"])
    killed.wait()
    (tmp_path / f"voicetasks-metrics-{killed.pid}-x").mkdir()
    with metric_files() as mine, metric_files() as other:
        assert set(tmp_path.iterdir()) == {mine, other}
    assert not list(tmp_path.iterdir())


def test_a_call_goes_on_where_its_swap_cannot_be_counted(tmp_path: Path) -> None:
    gone = os.environ | {VARIABLE: str(tmp_path / "gone")}
    swap = 'from agent.swap_counter import swapped; swapped("premium", "economy", "vendor")'
    subprocess.run([sys.executable, "-c", swap], env=gone, check=True, timeout=60)
