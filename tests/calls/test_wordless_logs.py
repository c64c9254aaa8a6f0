"""No word, number, digit or token of a caller is in a log or a metric, also while each part fails once."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cli.secrets_file import load_or_make
from tests.conftest import wait_until

pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]

WORDS = ("zanzibar", "pineapple", "quetzal")
NUMBER = "4915112345678"
FAILING = ("tasks", "redis", "sandbox")
"""The sandbox is the ear, the model and the voice at once."""


SAID = ("--type", f"Add a task to ring the Zanzibar Pineapple at +{NUMBER}")
WELL = (*SAID, "--type", "Delete ring the Zanzibar Pineapple", "--key", "1", "--hang-up")
BADLY = (*SAID, "--type", "What is on my list?", "--type", "Remember the quetzal", "--hang-up")


def call(demo: Any, *steps: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "cli.main", "call", "--as", "economy@example.com", *steps, "--json"],
        env=demo.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_nothing_a_caller_said_is_found_in_what_the_product_writes(
    start_demo: Callable[..., Any],
) -> None:
    demo = start_demo(VOICETASKS_SANDBOX_PROFILE="instant").wait_ready()
    worker_log = demo.log_dir / "worker.log"
    said = call(demo, *WELL).communicate(timeout=100)[0]
    before = worker_log.read_text().count("turn.began")
    talking = call(demo, *BADLY)
    for turn, part in enumerate(FAILING, 1):
        wait_until(
            lambda turn=turn: (
                worker_log.read_text().count("turn.began") >= before + turn or talking.poll() is not None
            ),
            60,
            "the next turn begins",
        )
        heard = len(demo.err.lines)
        os.kill(json.loads((demo.data_dir / "demo.json").read_text())["pids"][part], signal.SIGKILL)
        demo.err.wait_for(f"{part}: ready", seconds=60, after=heard)
    # An answer that the vendor's death took along is not waited for.
    talking.send_signal(signal.SIGINT)
    talking.communicate(timeout=60)
    assert "Zanzibar" in said
    metrics = [httpx.get(f"{demo.url}/metrics").text]
    secrets = [value for name, value in load_or_make(demo.data_dir).items() if name != "LIVEKIT_API_KEY"]
    assert len(secrets) > 2
    assert demo.end() == 0

    logs = {file.name: file.read_text(errors="replace") for file in demo.log_dir.iterdir() if file.is_file()}
    logs |= {"out": demo.out.all(), "err": demo.err.all(), "metrics": "\n".join(metrics)}
    assert len(logs["worker.log"].splitlines()) > 50
    for name, text in logs.items():
        found = [word for word in (*WORDS, NUMBER, NUMBER[2:]) if word in text.lower()]
        assert not found, f"{found} in {name}"
        assert not re.search(r"eyJ[\w-]{8,}\.[\w-]{8,}\.", text), f"a token in {name}"
        assert not [secret for secret in secrets if secret in text], f"a secret in {name}"
