"""A short run of `bench speech` against a running demo: real voice, real room, real ear."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.system

SHORT = 6


def test_a_short_run_is_mostly_right_and_never_harmful(demo: Any) -> None:
    done = demo.voicetasks(
        *("bench", "speech", "--voices", "piper", "--qualities", "browser", "--n", str(SHORT), "--json"),
        seconds=250,
    )
    report = json.loads(done.stdout)
    right, harm = report["lines"]
    assert right["n"] == harm["n"] == SHORT
    assert harm["measured"] == 0, report["details"]
    assert right["holds"], report["details"]
    assert done.returncode == 0
    [details] = report["details"]
    assert details["first_sound_ms_median"] > 0
