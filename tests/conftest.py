"""What tests of every room share: the running demo, and programs that only some machines have."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis
import psutil
import pytest
from argon2 import PasswordHasher

from cli.ports import HOST
from cli.secrets_file import load_or_make
from mcp_tasks.client import Patience, TaskClient
from people import password
from people.settings import PeopleSettings
from people.store import People
from people.tokens import mint_tasks_token

CHECKOUT = Path(__file__).resolve().parent.parent
READY_SECONDS = 240
END_SECONDS = 45
BENCH_SECONDS = 540
"""For a bench on a crowded machine. One that is killed leaves its servers, which take from all that is tried after it."""
MARK = "VOICETASKS_CLI_DATA_DIR"
"""Every process of a demo has its data folder in the environment: how a test finds what was left behind."""


def clean_environment(data_dir: Path, **more: str) -> dict[str, str]:
    """This environment without keys, addresses and settings of the product: a test costs nobody money."""
    vendors = (
        "VOICETASKS_",
        "LIVEKIT_",
        "OPENAI_",
        "DEEPGRAM_",
        "CARTESIA_",
        "ELEVEN_",
        "GOOGLE_",
        "OLLAMA_",
    )
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(vendors) and name not in ("REDIS_URL", "DATABASE_URL")
    }
    return kept | {MARK: str(data_dir), "VOICETASKS_CLI_ENV_FILE": os.devnull} | more


def processes_of(data_dir: Path) -> list[psutil.Process]:
    """Every living process that belongs to the demo with this data folder."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            if process.environ().get(MARK) == str(data_dir):
                found.append(process)
    return found


def wait_until(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Fail the test when the condition does not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"after {seconds:.0f} s still waiting until {what}")
        time.sleep(0.05)


class Messages:
    """Lines of a stream as they come, read by a thread."""

    def __init__(self, stream: Any) -> None:
        self.lines: list[str] = []
        self._more = threading.Condition()
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream: Any) -> None:
        for line in stream:
            with self._more:
                self.lines.append(line.rstrip("\n"))
                self._more.notify_all()
        stream.close()
        with self._more:
            self._more.notify_all()

    def wait_for(self, *words: str, seconds: float, after: int = 0) -> int:
        """Index of the first line, from `after` on, that holds all the words; fails when the stream ends first."""
        deadline = time.monotonic() + seconds
        with self._more:
            while True:
                for index in range(after, len(self.lines)):
                    if all(word in self.lines[index] for word in words):
                        return index
                if time.monotonic() > deadline or not self._thread.is_alive():
                    pytest.fail(f"no line with {words} within {seconds:.0f} s in:\n" + "\n".join(self.lines))
                self._more.wait(0.2)

    def all(self) -> str:
        """Everything so far; waits for the end when the stream has ended."""
        self._thread.join(1)
        return "\n".join(self.lines)


@dataclass
class RunningDemo:
    """A demo started for tests, and what its `--json` said."""

    process: subprocess.Popen[str]
    data_dir: Path
    environment: dict[str, str]
    out: Messages
    err: Messages
    url: str = ""
    ports: dict[str, int] = field(default_factory=dict)
    pids: dict[str, int] = field(default_factory=dict)
    log_dir: Path = Path()
    room: str = ""
    """The only folder of tests that calls at it, where that is so."""

    def wait_ready(self, seconds: float = READY_SECONDS) -> RunningDemo:
        """Until the object of `--json` is there."""
        said = json.loads(self.out.lines[self.out.wait_for("{", seconds=seconds)])
        self.url, self.ports, self.pids = said["url"], said["ports"], said["pids"]
        self.log_dir = Path(said["log_dir"])
        return self

    def voicetasks(self, *arguments: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """Run another command of the program against this demo."""
        return subprocess.run(
            [sys.executable, "-m", "cli.main", *arguments],
            cwd=CHECKOUT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def people(self) -> People:
        """The demo's accounts. To be entered."""
        return People(f"sqlite+aiosqlite:///{self.data_dir / 'people.db'}")

    async def task_client(self, email: str) -> TaskClient:
        """Speak with the task server as this person. A patient client, to be entered.

        Its token is what `voicetasks tasks token` prints: a process of its own costs a second, ten on a crowded machine.
        """
        async with self.people() as people:
            user = await people.user_by_email(email)
        assert user is not None, email
        secret = load_or_make(self.data_dir)["VOICETASKS_TASKS_TOKEN_SECRET"]
        token = mint_tasks_token(
            user, PeopleSettings.model_validate({"VOICETASKS_TASKS_TOKEN_SECRET": secret})
        )

        async def provide() -> str:
            return token

        url = f"http://{HOST}:{self.ports['tasks']}/mcp"
        return TaskClient(url, provide, patience=Patience(reconnect=15.0, answer=15.0))

    def tail(self, lines: int = 15) -> str:
        """The end of every log, for a test that failed."""
        parts = [f"--- demo\n{self.err.all()[-3000:]}"]
        for log in sorted((self.data_dir / "logs").glob("*.log")):
            text = log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
            parts.append("\n".join([f"--- {log.name}", *text]))
        return "\n".join(parts)

    def end(self, number: int = signal.SIGINT) -> int:
        """Send the signal, wait for the end, and fail when a process is left."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(END_SECONDS)
        wait_until(lambda: not processes_of(self.data_dir), 10, "no process of the demo is left")
        return code


def pytest_configure(config: pytest.Config) -> None:
    """Warnings are errors, except in a package that nobody here can mend."""
    # bpe-openai 0.1 opens its vocabulary by a function that Python 3.11 and 3.12 call deprecated.
    config.addinivalue_line(
        "filterwarnings", "ignore:open_binary is deprecated:DeprecationWarning:bpe_openai.registry"
    )
    # How long an example takes says more of what else the machine does than of the code.
    slow = [hypothesis.HealthCheck.too_slow]
    hypothesis.settings.register_profile("shared machine", deadline=None, suppress_health_check=slow)
    hypothesis.settings.load_profile("shared machine")


def _why(report: pytest.TestReport) -> str:
    if crash := getattr(report.longrepr, "reprcrash", None):
        return str(crash.message)
    errors = [
        line for line in report.longreprtext.splitlines() if line.lstrip(" |").startswith(("E ", "assert"))
    ]
    return "\n".join(errors)[:2000] or report.longreprtext[-2000:]


def by_itself(node_id: str) -> str:
    """The name by which pytest finds a test: without the group that it was run in, which pytest-xdist appends."""
    name, _, group = node_id.rpartition("@")
    return name if group in (*TOGETHER.values(), Path(name.partition("::")[0]).stem) else node_id


def _write_down(node_id: str) -> None:
    """What is to be tried once more by itself: see scripts/test."""
    if names := os.environ.get("VOICETASKS_TEST_FAILED"):
        with Path(names).open("a", encoding="utf-8") as file:
            file.write(f"{node_id}\n")


def why_skipped(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The reason that a skip gives, in one line. Empty where nothing was skipped; what fails as it is to is no skip."""
    if report.outcome != "skipped" or hasattr(report, "wasxfail"):
        return ""
    told = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return " ".join(told.removeprefix("Skipped:").split()) or "no reason"


def _write_down_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """What is held to its reasons and counted by scripts/parts/skips.py."""
    if (names := os.environ.get("VOICETASKS_TEST_SKIPPED")) and (why := why_skipped(report)):
        with Path(names).open("a", encoding="utf-8") as file:
            file.write(f"{why}\n")


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """A file that cannot be read fails by itself too."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    if report.failed:
        _write_down(report.nodeid)
    _write_down_skip(report)


@pytest.hookimpl(trylast=True)  # behind the reporter's own letter
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """What went wrong, at once: a run that is broken off prints no summary. scripts/test wants the names in a file too."""
    outcome: str = report.outcome  # «rerun» is a plugin's
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    _write_down_skip(report)
    if outcome not in ("failed", "rerun"):
        return
    lines = _why(report).splitlines() or [""]
    print(f"\n{outcome}: {report.nodeid} ({report.when}, {report.duration:.0f} s): {lines[0][:300]}")
    if outcome == "failed":
        _write_down(by_itself(report.nodeid))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Of each test that needed a second try: why. Otherwise only its name is known."""
    tried_again = terminalreporter.getreports("rerun")
    if tried_again:
        terminalreporter.section("why tests were tried again")
    for report in tried_again:
        terminalreporter.write_line(f"{report.nodeid}: {_why(report)}")


CROWDED = ("calls", "sip", "cli", "scripts", "web", "routing")
"""Rooms whose tests bring a whole demo, callers, a browser, or a race for the whole machine."""
TOGETHER = {"sip": "phone", "routing": "money"}
"""Of these all tests stay in one process: they share a demo with a telephone, or a server. Of others those of a file."""
ALONE = (
    "test_wordless_logs.py",
    "test_bench_cost_calls.py",
    "test_bench_soak.py",
    "test_bench_swap_calls.py",
    "test_calls_survive_us.py",
    "test_chaos.py",
    "test_erased_callers.py",
    "test_every_slot.py",
    "test_postgres_connections.py",
    "test_swap_told.py",
)
"""They start a demo of their own, so that they come first: nobody's shared demo stands beside them yet."""


def _room(item: pytest.Item) -> str:
    return item.path.relative_to(CHECKOUT / "tests").parts[0]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Of rooms without a crowded test nothing is read when scripts/test asks for those alone."""
    asked = config.getoption("markexpr")
    alone = asked == "crowded" or asked.endswith(" and crowded")
    if alone and collection_path.is_dir() and collection_path.parent == CHECKOUT / "tests":
        return collection_path.name not in CROWDED or None
    return None


@pytest.hookimpl(
    tryfirst=True
)  # xdist reads the groups in a hook of the same name, and comes first otherwise
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests that share servers in one process.

    «Crowded» are those that bring a whole demo with them: scripts/test runs few of them at once, and more of the others,
    which mostly wait.
    """
    for item in items:
        room = _room(item)
        if room in CROWDED and item.get_closest_marker("unit") is None:
            item.add_marker(pytest.mark.crowded)
            item.add_marker(pytest.mark.xdist_group(TOGETHER.get(room, item.path.stem)))
    items.sort(key=lambda item: item.path.name not in ALONE)  # stable: all else stays as it was
    take_turns(items, os.environ.get("VOICETASKS_TEST_TURN", "1/1"))


def take_turns(items: Sequence[pytest.Item], turn: str) -> None:
    """Hold a part of the dear tests: «2/4» the second, the sixth, the tenth, … All turns together hold each one once."""
    mine, turns = (int(number) for number in turn.split("/"))
    for place, item in enumerate(item for item in items if item.get_closest_marker("dear")):
        if place % turns != mine - 1:
            item.add_marker(pytest.mark.skip(reason=f"held in turn {1 + place % turns} of {turns}"))


def is_late(until: str, now: float) -> bool:
    """Whether the time is over until which dear tests may begin, seconds since 1970; without one it never is."""
    return bool(until) and now > float(until)


StartDemo = Callable[..., RunningDemo]


def _start(
    data_dir: Path, *arguments: str, command: list[str] | None = None, **environment: str
) -> RunningDemo:
    # With test processes, ears and voices on the same cores, what is late is not dead.
    full = clean_environment(data_dir, **{"VOICETASKS_AGENT_WATCH_PATIENCE": "3"} | environment)
    process = subprocess.Popen(
        [*(command or [sys.executable, "-m", "cli.main", "demo"]), "--json", "--no-browser", *arguments],
        cwd=CHECKOUT,
        env=full,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    return RunningDemo(process, data_dir, full, Messages(process.stdout), Messages(process.stderr))


FREE_PORTS = ("--port", "0", "--livekit-port", "0", "--redis-port", "0")
LIVE: list[RunningDemo] = []


def _destroy(demo: RunningDemo) -> None:
    """Whatever a failed test left, so that the next one is not disturbed."""
    for process in processes_of(demo.data_dir):
        with contextlib.suppress(psutil.Error):
            process.kill()
    demo.process.wait(10)
    LIVE.remove(demo)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A demo at which one room's tests call ends behind them: idle, it takes from the calls beside it.

    No dear test begins where it would make a run too long: it is held when its turn comes again.
    """
    if item.get_closest_marker("dear") and is_late(os.environ.get("VOICETASKS_TEST_UNTIL", ""), time.time()):
        pytest.skip("there was no time left for it")
    for demo in [each for each in LIVE if each.room not in ("", _room(item))]:
        try:
            assert demo.end() == 0, demo.tail()
        finally:
            _destroy(demo)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """The whole product on free ports, started once for all tests that need it; vendors answer at once.

    Callers whose page was closed without a word keep their slots for two minutes: there are enough for those too.
    """
    started = _start(
        tmp_path_factory.mktemp("demo"),
        *FREE_PORTS,
        VOICETASKS_SANDBOX_PROFILE="instant",
        VOICETASKS_AGENT_SLOTS="24",
    )
    LIVE.append(started)
    try:
        yield started.wait_ready()
        assert started.end() == 0, started.tail()
    finally:
        _destroy(started)


@pytest.fixture
def start_demo(tmp_path: Path) -> Iterator[StartDemo]:
    """Starts a demo of the test's own, not yet ready; what is left of it is destroyed afterwards."""
    mine: list[RunningDemo] = []

    def start(*arguments: str, **more: Any) -> RunningDemo:
        folder = tmp_path / f"data{len(mine)}"
        folder.mkdir()
        mine.append(_start(folder, *(arguments or FREE_PORTS), **more))
        LIVE.append(mine[-1])
        return mine[-1]

    yield start
    for one in mine:
        _destroy(one)


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Passwords and PINs are hashed at the least cost here: the real one took minutes of all runs.

    tests/people/test_password.py holds what it costs in truth; demos and servers that are started hash in earnest.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(password, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session")
def program() -> Callable[[str], str]:
    """The path of a program that Debian's packages bring; without it the test is skipped, in CI it fails."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None and os.environ.get("CI"):
            pytest.fail(f"{name} is not installed; scripts/test installs it")
        if path is None:
            pytest.skip(f"{name} is not installed")
        return path

    return find


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """A test that failed beside a demo shows the end of the demo's logs."""
    report = yield
    if report.failed and {"demo", "start_demo"} & set(getattr(item, "fixturenames", ())):
        report.sections += [(f"demo in {one.data_dir}", one.tail()) for one in LIVE]
    return report
