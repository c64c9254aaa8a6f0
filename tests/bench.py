"""Run a bench of the program to its end. One that takes too long is ended with all that it has started."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.conftest import BENCH_SECONDS, CHECKOUT, END_SECONDS, clean_environment

A_KEY = "a key that must not be used"


@dataclass(frozen=True)
class Bench:
    """What it left: its exit status, its `--json`, and what people see."""

    status: int
    report: dict[str, Any]
    told: str


def bench(folder: Path, *arguments: str, seconds: float = BENCH_SECONDS) -> Bench:
    """Run `voicetasks bench` with these arguments and `--json`; its data is kept in the folder.

    The status is 0 where every line holds and 1 where one does not; any other fails the test.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "bench", *arguments, "--json"],
        cwd=CHECKOUT,
        env=clean_environment(folder, OPENAI_API_KEY=A_KEY, GOOGLE_API_KEY=A_KEY),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        out, told = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired as late:
        told = _end(process)
        raise AssertionError(
            f"bench {' '.join(arguments)} took more than {seconds:.0f} s:\n{told[-3000:]}"
        ) from late
    except BaseException:  # the test's own time is over
        _end(process)
        raise
    assert process.returncode in (0, 1), told
    assert out.strip(), told
    return Bench(process.returncode, json.loads(out), told)


def _end(process: subprocess.Popen[str]) -> str:
    """As somebody would who presses Ctrl-C. Whatever is left then would take from all tests that follow: it is killed.

    What people have seen.
    """
    started: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        started = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(END_SECONDS)
    process.kill()
    _, left = psutil.wait_procs(started, 1)
    for each in left:
        with contextlib.suppress(psutil.Error):
            each.kill()
    told = ""
    with contextlib.suppress(subprocess.TimeoutExpired):
        told = process.communicate(timeout=10)[1]
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
    return told
