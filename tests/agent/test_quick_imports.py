"""The collector is away while the product is imported, and back before anybody is served."""

from __future__ import annotations

import gc
import subprocess
import sys
from typing import Any, cast

import pytest

from agent.job_process import prepare
from agent.worker import PRELOAD

pytestmark = pytest.mark.unit


def test_it_is_the_first_that_is_imported_for_job_processes_and_turns_the_collector_off() -> None:
    said = f"import gc, {PRELOAD[0]}; print(gc.isenabled())"
    done = subprocess.run(
        [sys.executable, "-c", said], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "False"


def test_a_job_process_collects_before_its_first_call() -> None:
    gc.disable()
    try:
        prepare(cast("Any", None))
        assert gc.isenabled()
    finally:
        gc.enable()
