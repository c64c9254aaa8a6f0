"""A short run of `bench speech` against a running demo: real voice, real room, real ear."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import BENCH_SECONDS

pytestmark = [pytest.mark.system, pytest.mark.timeout(BENCH_SECONDS + 60)]

SHORT = 6


@pytest.mark.dear
def test_a_short_run_is_mostly_right_and_never_harmful(demo: Any) -> None:
    done = demo.voicetasks(
        *("bench", "speech", "--voices", "piper", "--qualities", "browser", "--n", str(SHORT), "--json"),
        seconds=BENCH_SECONDS,
    )
    report = json.loads(done.stdout)
    right, harm = report["lines"]
    assert right["n"] == harm["n"] == SHORT
    assert harm["measured"] == 0, report["details"]
    assert right["holds"], report["details"]
    assert done.returncode == 0
    [details] = report["details"]
    assert details["first_sound_ms_median"] > 0
