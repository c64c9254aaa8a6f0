"""`voicetasks demo`: everything on this machine, from nothing to a page where a call can be made."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import sys
import time
import webbrowser
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from cli.binaries import BinaryNotFoundError
from cli.environment import owns_livekit, owns_redis, process_environment
from cli.errors import print_error
from cli.health import http_probe, worker_registered_probe
from cli.phone_bridge import DemoPhoneError, find_bridge, how_to_call, provision_demo
from cli.ports import HOST, Ports, conflicts, plan
from cli.processes import ProcessFailedError, Supervisor
from cli.running import Running, read_running, remove_running, write_running
from cli.secrets_file import load_or_make
from cli.services import OUTBOUND_TRUNK, Service, services
from cli.settings import CHECKOUT, CliSettings, SettingError
from cli.stand_ins import STAND_INS

ENDED_WELL = 0
FAILED = 1


FOUNDATIONS = ("redis", "livekit")
"""The others need these from their first second."""
SLOWEST = "worker"
"""Its imports take longest, so it starts first of the others."""


class DemoCannotStartError(RuntimeError):
    """What stands in the way, and how to move it."""


class Demo:
    """One run of the demo, from the check of the ports to the end of the last process."""

    def __init__(
        self,
        settings: CliSettings,
        *,
        environment: dict[str, str],
        base_is_a_flag: bool = False,
        browser: bool = True,
        phone: bool = False,
        as_json: bool = False,
    ) -> None:
        self._settings = settings
        self._user_environment = environment
        self._base_is_a_flag = base_is_a_flag
        self._browser = browser
        self._phone = phone
        self._as_json = as_json
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._began = time.monotonic()
        self._stop = asyncio.Event()
        self._supervisor: Supervisor | None = None
        self._announced = False

    async def run(self) -> int:
        """Until a signal or a process that cannot be kept alive. Returns the exit code of the command."""
        self._listen_to_signals()
        try:
            with self._only_one():
                return await self._run()
        except (
            DemoCannotStartError,
            ProcessFailedError,
            BinaryNotFoundError,
            DemoPhoneError,
            SettingError,
        ) as error:
            self._console.print(f"[bold red]voicetasks demo:[/] {escape(str(error))}")
            if self._as_json and not self._announced:  # one object, the demo's own once it is ready
                print_error("cannot_start", str(error))
            return FAILED

    async def _run(self) -> int:
        data_dir = self._settings.data_dir
        log_dir = data_dir / "logs"
        log_dir.mkdir(parents=True, exist_ok=True)
        ports = self._free_ports()
        environment = process_environment(self._user_environment, ports, load_or_make(data_dir), data_dir)
        bridge = find_bridge(self._settings.livekit_sip_bin) if self._phone else None
        wanted = services(self._user_environment, environment, ports, data_dir, bridge)
        self._say_vendors()
        if bridge is not None:
            self._tell(bridge.sentence)
        if not environment.get(OUTBOUND_TRUNK):
            self._tell(f"reminders by phone: {OUTBOUND_TRUNK} is not set, so nobody is called")

        def note() -> Running:
            running = Running(
                url=f"http://{HOST}:{ports.web}",
                ports=ports,
                pids=supervisor.pids,
                log_dir=str(log_dir.resolve()),
                supervisor=os.getpid(),
            )
            write_running(data_dir, running)
            return running

        supervisor = Supervisor(
            environment=environment,
            folder=CHECKOUT,
            log_dir=log_dir.resolve(),
            tell=self._tell,
            restarted=note,
        )
        self._supervisor = supervisor
        try:
            await supervisor.open(wanted)
            if await self._unless_stopped(self._start(supervisor, wanted, environment, ports)):
                self._announce(note())
                await self._unless_stopped(supervisor.failed())
        finally:
            self._tell("ending all processes")
            remove_running(data_dir)
            await supervisor.stop()
            self._tell("all processes have ended")
        return ENDED_WELL

    async def _start(
        self, supervisor: Supervisor, wanted: list[Service], environment: dict[str, str], ports: Ports
    ) -> None:
        try:
            async with asyncio.timeout(self._settings.ready_seconds):
                for service in wanted:
                    if service.name in FOUNDATIONS:
                        await supervisor.start(service)
                        await supervisor.healthy(service)
                await start_together(
                    supervisor, [service for service in wanted if service.name not in FOUNDATIONS]
                )
                registered = worker_registered_probe(environment["REDIS_URL"])
                await supervisor.wait_for("a worker for calls", registered)
                if self._phone:
                    await provision_demo(environment)
                    self._tell(how_to_call(ports.sip))
                await supervisor.wait_for("the page", http_probe(f"http://{HOST}:{ports.web}/readyz"))
        except TimeoutError as error:
            raise DemoCannotStartError(
                f"not ready after {self._settings.ready_seconds:.0f} s; the last line above says what was "
                f"waited for, and the logs are in {self._settings.data_dir / 'logs'}"
            ) from error

    async def _unless_stopped(self, work: Coroutine[None, None, None]) -> bool:
        """Whether the work came to its end before a signal; a process that fails for good raises."""
        if self._supervisor is None:
            raise RuntimeError("there is no supervisor yet")
        main = asyncio.ensure_future(work)
        stop = asyncio.ensure_future(self._stop.wait())
        failed = asyncio.ensure_future(self._supervisor.failed())
        try:
            done, _ = await asyncio.wait([main, stop, failed], return_when=asyncio.FIRST_COMPLETED)
            if failed in done:
                await failed
            if main in done:
                await main
                return True
            return False
        finally:
            for task in (main, stop, failed):
                task.cancel()
            await asyncio.gather(main, stop, failed, return_exceptions=True)

    def _free_ports(self) -> Ports:
        settings, user = self._settings, self._user_environment
        ports = plan(settings, user, base_is_a_flag=self._base_is_a_flag)
        taken = conflicts(
            ports, own_livekit=owns_livekit(user), own_redis=owns_redis(user), phone=self._phone
        )
        if taken:
            raise DemoCannotStartError("\n".join([*taken, "(--port 0 takes free ports)"]))
        return ports

    @contextmanager
    def _only_one(self) -> Iterator[None]:
        """Hold the data folder: two demos in one would mix their databases and logs."""
        folder = self._settings.data_dir
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            held = (folder / "demo.lock").open("a")
        except OSError as error:
            raise DemoCannotStartError(
                f"the data folder {folder} cannot be written ({error.strerror or type(error).__name__}): "
                "name another with --data-dir FOLDER"
            ) from error
        with held as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise DemoCannotStartError(self._who_holds(folder)) from error
            yield

    def _who_holds(self, folder: Path) -> str:
        running = read_running(folder)
        who = f" at {running.url} (process {running.supervisor})" if running else ""
        advice = "end it, or give this one a folder and ports of its own: --data-dir FOLDER --port 0"
        taken: list[str] = []
        if running:
            user = self._user_environment
            ports = plan(self._settings, user, base_is_a_flag=self._base_is_a_flag)
            taken = conflicts(ports, own_livekit=owns_livekit(user), own_redis=owns_redis(user))
        return "\n".join([f"a demo runs already with the data folder {folder}{who}: {advice}", *taken])

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._on_signal)

    def _on_signal(self) -> None:
        if not self._stop.is_set():
            self._stop.set()
        elif self._supervisor is not None:
            self._tell("asked a second time: ending without grace")
            self._supervisor.hurry()

    def _say_vendors(self) -> None:
        for vendor in STAND_INS:
            real = vendor.is_real(self._user_environment)
            self._tell(f"{vendor.vendor}: {'the real vendor, by ' + vendor.key if real else 'sandbox'}")

    def _announce(self, running: Running) -> None:
        self._announced = True
        if self._as_json:
            print(json.dumps(running.public()), flush=True)
        else:
            print(f"ready {running.url}", flush=True)
        self._tell(f"a call can be made after {time.monotonic() - self._began:.1f} s; Ctrl-C ends the demo")
        if self._browser and _has_a_screen():
            webbrowser.open(running.url)

    def _tell(self, sentence: str) -> None:
        clock = f"{time.monotonic() - self._began:6.1f} s"
        indented = escape(sentence).replace("\n", "\n" + " " * (len(clock) + 2))
        self._console.print(f"[dim]{clock}[/]  {indented}")


def _has_a_screen() -> bool:
    # Without one the module would start a text browser in this very terminal.
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


async def start_together(supervisor: Supervisor, wanted: list[Service]) -> None:
    """Start them, no more at once than there are processors, and wait until all can serve.

    A start is nothing but work for the processor: more at once would only delay the slowest, which all wait for.
    """
    lanes = asyncio.Semaphore(max(2, os.cpu_count() or 2))

    async def start(service: Service) -> None:
        async with lanes:
            await supervisor.start(service)
            await supervisor.healthy(service)

    async with asyncio.TaskGroup() as group:
        for service in sorted(wanted, key=lambda service: service.name != SLOWEST):
            group.create_task(start(service))
