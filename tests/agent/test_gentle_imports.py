"""Imports that leave the processor to whoever talks on the same machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agent.gentle_imports import NICENESS, OF_A_CALL, OF_A_WORKER, import_gently
from tests.conftest import CHECKOUT

pytestmark = pytest.mark.unit


def run(program: str, *path: Path) -> Any:
    """What a program of its own prints as JSON."""
    said = subprocess.run(
        [sys.executable, "-c", program],
        cwd=CHECKOUT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (CHECKOUT, *path)))},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return json.loads(said.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own")
def test_what_is_imported_gives_way_and_what_comes_after_it_does_not(tmp_path: Path) -> None:
    """Nobody but root could take back the niceness of a process, and its children would have it."""
    module = "import os, threading; nice = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())"
    (tmp_path / "a_heavy_one.py").write_text(module)
    program = """
import json, os, sys
from agent.gentle_imports import import_gently
import_gently(["a_heavy_one"])
child = os.popen(f"{sys.executable} -c 'import os; print(os.nice(0))'").read()
print(json.dumps([sys.modules["a_heavy_one"].nice, os.nice(0), int(child)]))
"""
    mine = os.nice(0)
    assert run(program, tmp_path) == [max(NICENESS, mine), mine, mine]


def test_a_module_that_is_broken_says_so() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        import_gently(["json", "no_such_module"])


def test_no_vendors_plugin_is_among_them_since_those_want_the_main_thread() -> None:
    program = """
import json
from agent.gentle_imports import OF_A_CALL, import_gently
import_gently(OF_A_CALL)
from livekit.agents import Plugin
print(json.dumps([plugin.title for plugin in Plugin.registered_plugins]))
"""
    assert run(program) == []
    assert set(OF_A_WORKER) < set(OF_A_CALL)


def test_most_of_what_a_worker_imports_is_imported_gently() -> None:
    program = """
import json, sys
from agent.gentle_imports import OF_A_WORKER, import_gently
import_gently(OF_A_WORKER)
gently = set(sys.modules)
import agent.worker
ours = ("agent", "tiers", "routing", "people", "mcp_tasks", "sip")
others = {name for name in sys.modules if name.partition(".")[0] not in ours}
print(json.dumps([len(others & gently), len(others)]))
"""
    gently, all_of_them = run(program)
    assert gently > 0.8 * all_of_them
