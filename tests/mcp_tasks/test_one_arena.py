"""What the threads of a standing process take from the system."""

import subprocess
import sys

import pytest

from mcp_tasks.one_arena import use_one_arena

pytestmark = [pytest.mark.unit, pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")]

THREADS = """
import ctypes, os, sys, tempfile, threading
from mcp_tasks.one_arena import use_one_arena

if sys.argv[1] == "one":
    use_one_arena()
here = threading.Barrier(5)

def work():
    kept = [bytes(5000) for _ in range(10)]
    here.wait()  # none may take over what another has given back
    return kept

threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
here.wait()
for thread in threads:
    thread.join()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "areas.xml")
    stream = ctypes.c_void_p(libc.fopen(path.encode(), b"w"))
    libc.malloc_info(0, stream)
    libc.fclose(stream)
    print(open(path, encoding="utf-8").read().count("<heap nr="))
"""


def areas(how: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", THREADS, how], check=True, capture_output=True, text=True, timeout=60
    )
    return int(done.stdout)


def test_threads_take_their_memory_from_one_area() -> None:
    assert areas("one") == 1


def test_without_that_each_thread_keeps_an_area_of_its_own() -> None:
    assert areas("as it comes") > 2


def test_another_system_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("mcp_tasks.one_arena.ctypes.CDLL", None)

    use_one_arena()
