from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from cli.processes import ProcessFailedError, Supervisor
from cli.services import Service

pytestmark = pytest.mark.unit

CHECKOUT = Path(__file__).resolve().parents[2]
SERVE = "import time, pathlib, sys; pathlib.Path(sys.argv[1]).touch(); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SERVE
FAILS = "import sys; print('the shelf is empty'); sys.exit(7)"
WITH_CHILD = (
    "import subprocess, sys, time, pathlib; "
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
    "pathlib.Path(sys.argv[1]).write_text(str(child.pid)); time.sleep(600)"
)


class Bench:
    """A supervisor on a table of little programs, and what it said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        self._more = asyncio.Event()
        self.supervisor = Supervisor(
            environment=dict(os.environ), folder=folder, log_dir=folder, tell=self._tell
        )

    def _tell(self, sentence: str) -> None:
        self.said.append(sentence)
        self._more.set()

    def service(self, name: str, code: str, grace_seconds: float = 5.0) -> Service:
        mark = self.folder / f"{name}.up"

        async def probe() -> str | None:
            return None if mark.exists() and (code is not WITH_CHILD or mark.read_text()) else "not up"

        return Service(name, (sys.executable, "-c", code, str(mark)), probe, grace_seconds)

    async def up(self, *wanted: Service) -> None:
        await self.supervisor.open(wanted)
        for service in wanted:
            await self.supervisor.start(service)
            if FAILS not in service.command:
                await self.supervisor.healthy(service)

    async def hears(self, *words: str) -> str:
        async with asyncio.timeout(20):
            while True:
                for sentence in self.said:
                    if all(word in sentence for word in words):
                        return sentence
                self._more.clear()
                await self._more.wait()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    yield made
    await made.supervisor.stop()
    assert not made.supervisor.pids


async def test_a_process_that_dies_is_named_with_its_exit_code_last_line_and_log(bench: Bench) -> None:
    await bench.up(bench.service("shop", FAILS))

    story = await bench.hears("shop ended unasked")

    assert "exit code 7" in story
    assert "last line: the shelf is empty" in story
    assert str(bench.folder / "shop.log") in story


async def test_a_killed_process_comes_back_and_the_others_go_on(bench: Bench) -> None:
    await bench.up(bench.service("one", SERVE), bench.service("two", SERVE))
    before = bench.supervisor.pids

    os.kill(before["two"], signal.SIGKILL)
    assert "SIGKILL" in await bench.hears("two ended unasked")
    bench.said.clear()
    await bench.hears("two: ready")

    after = bench.supervisor.pids
    assert after["one"] == before["one"]
    assert after["two"] != before["two"]
    assert psutil.pid_exists(after["two"])


async def test_a_process_that_keeps_dying_is_given_up_with_an_error(bench: Bench) -> None:
    await bench.up(bench.service("steady", SERVE), bench.service("shop", FAILS))

    with pytest.raises(ProcessFailedError, match=r"shop ended(?s:.*)giving up"):
        async with asyncio.timeout(20):
            await bench.supervisor.failed()

    assert sum("starting it again" in sentence for sentence in bench.said) == 3
    assert "steady" in bench.supervisor.pids


async def test_a_process_that_ignores_sigterm_is_killed_after_its_grace(bench: Bench) -> None:
    await bench.up(bench.service("stubborn", STUBBORN, grace_seconds=0.3))
    pid = bench.supervisor.pids["stubborn"]

    async with asyncio.timeout(5):
        await bench.supervisor.stop()

    assert not psutil.pid_exists(pid)


async def test_a_second_request_to_end_does_not_wait_for_the_grace(bench: Bench) -> None:
    await bench.up(bench.service("stubborn", STUBBORN, grace_seconds=300))

    stopping = asyncio.create_task(bench.supervisor.stop())
    await bench.hears("still ending")
    bench.supervisor.hurry()

    async with asyncio.timeout(5):
        await stopping


async def test_processes_end_in_reverse_order(bench: Bench) -> None:
    farewell = (
        "import pathlib, signal, sys; mark = pathlib.Path(sys.argv[1]); "
        "said = lambda *_: (open(mark.parent / 'order', 'a').write(mark.stem + '\\n'), sys.exit()); "
        "signal.signal(signal.SIGTERM, said); mark.touch(); signal.pause()"
    )
    await bench.up(*(bench.service(name, farewell) for name in ("first", "second", "third")))

    await bench.supervisor.stop()

    assert (bench.folder / "order").read_text().split() == ["third", "second", "first"]


async def test_what_a_process_started_ends_with_it(bench: Bench) -> None:
    service = bench.service("parent", WITH_CHILD)
    await bench.up(service)
    child = psutil.Process(int((bench.folder / "parent.up").read_text()))

    await bench.supervisor.stop()

    await asyncio.to_thread(psutil.wait_procs, [child], 5)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


async def test_what_a_killed_process_left_behind_is_gone_before_it_starts_again(bench: Bench) -> None:
    await bench.up(bench.service("parent", WITH_CHILD))
    child = psutil.Process(int((bench.folder / "parent.up").read_text()))

    os.kill(bench.supervisor.pids["parent"], signal.SIGKILL)
    await bench.hears("parent ended unasked")

    await asyncio.to_thread(psutil.wait_procs, [child], 5)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


SUPERVISOR = """
import asyncio, os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from tests_bench import Bench, SERVE, WITH_CHILD

async def main():
    bench = Bench(Path(sys.argv[1]))
    await bench.up(bench.service("one", SERVE), bench.service("parent", WITH_CHILD))
    pids = [*bench.supervisor.pids.values(), int((bench.folder / "parent.up").read_text())]
    print(*pids, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.mark.parametrize("guarded", [True, False], ids=["guardian alive", "guardian killed first"])
def test_nothing_is_left_when_the_supervisor_itself_is_killed(tmp_path: Path, guarded: bool) -> None:
    if not guarded and sys.platform != "linux":
        pytest.skip("only Linux ties a process to its parent")
    (tmp_path / "tests_bench.py").write_text(Path(__file__).read_text(encoding="utf-8"), encoding="utf-8")
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(tmp_path), "", str(tmp_path)],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
    )
    with supervisor:
        try:
            assert supervisor.stdout
            pids = [int(pid) for pid in supervisor.stdout.readline().split()]
            assert len(pids) == 3
            started = [psutil.Process(pid) for pid in pids if guarded or pid != pids[2]]
            guardian = next(
                child for child in psutil.Process(supervisor.pid).children() if child.pid not in pids
            )
            if not guarded:
                guardian.kill()
        finally:
            supervisor.kill()
    try:
        _, left = psutil.wait_procs(started, timeout=10)
        assert not [process for process in left if process.status() != psutil.STATUS_ZOMBIE]
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
