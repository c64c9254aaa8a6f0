"""A bench that is ended from outside, as an operator's job or a closed terminal does it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.bench.terminal import STOPPED
from tests.conftest import BENCH_SECONDS, CHECKOUT, END_SECONDS, clean_environment, processes_of

BENCH = ("bench", "restarts", "--calls", "1", "--events", "redis", "--json")
pytestmark = [pytest.mark.system, pytest.mark.timeout(BENCH_SECONDS)]


def test_a_bench_that_is_told_to_end_says_what_it_has_and_leaves_no_server_behind(tmp_path: Path) -> None:
    with subprocess.Popen(
        # A shell has its jobs in the background ignore Ctrl-C.
        ["sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, "-m", "cli.main", *BENCH],
        cwd=CHECKOUT,
        env=clean_environment(tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            told = next((line for line in process.stderr if "redis: now" in line), "")
            process.send_signal(signal.SIGTERM)
            report = json.loads(process.stdout.read())
            status = process.wait(END_SECONDS)
        finally:
            process.kill()
    assert told
    assert status == STOPPED
    assert report["details"][0]["name"] == "redis"
    assert processes_of(tmp_path) == []
