"""Records what a demo tells Prometheus while calls are made and things go wrong, as OpenMetrics with times.

    python -m tests.deploy.record

starts a demo of its own (with the sandbox's vendors), lets tests/deploy/incidents.py happen to it, and writes
tests/deploy/recorded.om.gz, which the dashboards' queries are run on. Takes about ten minutes.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx
from prometheus_client.parser import text_string_to_metric_families

from cli.ports import FreePorts
from tests.conftest import CHECKOUT
from tests.deploy.incidents import SLOTS, Recorded, Terminal, all_of_them

FILE: Final = Path(__file__).with_name("recorded.om.gz")
EVERY_SECONDS: Final = 5.0


class Recorder:
    """Scrapes as Prometheus would, from a thread."""

    def __init__(self, targets: Mapping[str, str]) -> None:
        self._targets = targets
        self.lines: dict[str, list[str]] = {}
        self._latest: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def finish(self) -> str:
        self._over.set()
        self._thread.join()
        return "\n".join([line for lines in self.lines.values() for line in lines] + ["# EOF", ""])

    def told(self, name: str, **labels: str) -> float:
        """The latest sum of a metric's samples that have these labels."""
        return sum(
            value
            for (each, its), value in list(self._latest.items())
            if each == name and labels.items() <= set(its)
        )

    def _run(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            for job, address in self._targets.items():
                self._scrape(job, address)

    def _scrape(self, job: str, address: str) -> None:
        at = round(time.time(), 3)
        try:
            text = httpx.get(f"http://{address}/metrics", trust_env=False).raise_for_status().text
        except httpx.HTTPError:
            self._note("up", {}, 0, job, at)
            return
        self._note("up", {}, 1, job, at)
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name.startswith(("voicetasks_", "lk_agents_")) and not sample.name.endswith(
                    "_created"
                ):
                    self._note(sample.name, sample.labels, sample.value, job, at)

    def _note(self, name: str, labels: Mapping[str, str], value: float, job: str, at: float) -> None:
        all_labels = {**labels, "job": job, "instance": f"{job}-1"}
        self._latest[name, frozenset(all_labels.items())] = value
        series = name + "{" + ",".join(f'{key}="{each}"' for key, each in sorted(all_labels.items())) + "}"
        self.lines.setdefault(series, []).append(f"{series} {value} {at}")


@contextlib.contextmanager
def demo(data_dir: Path, reminders: int) -> Iterator[dict[str, Any]]:
    """A demo with few lines, whose reminders look for tasks and tell of it at a port; what its file says."""
    environment = os.environ | {
        "VOICETASKS_CLI_ENV_FILE": os.devnull,
        "VOICETASKS_AGENT_SLOTS": str(SLOTS),
        "VOICETASKS_OUTBOUND_TRUNK_ID": "ST_recorded",
        "VOICETASKS_OUTBOUND_PORT": str(reminders),
        "VOICETASKS_CLI_READY_SECONDS": "300",
    }
    ports = ("--port", "0", "--livekit-port", "0", "--redis-port", "0")
    command = ("demo", *ports, "--no-browser", "--json", "--data-dir", str(data_dir))
    running = subprocess.Popen(
        [sys.executable, "-m", "cli.main", *command],
        cwd=CHECKOUT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        if running.stdout is None or not running.stdout.readline():
            raise RuntimeError("the demo did not start")
        yield dict(json.loads((data_dir / "demo.json").read_text()))
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(60)


def main() -> None:
    ports = FreePorts()
    probe, reminders = ports.take(), ports.take()
    with tempfile.TemporaryDirectory() as folder, demo(Path(folder), reminders) as running:
        terminal = Terminal(Path(folder))
        terminal.run("probe", "set-up")
        probing = terminal.start("probe", "--every", "3600", VOICETASKS_PROBE_PORT=str(probe))
        recorder = Recorder(
            {
                "voicetasks-worker": f"127.0.0.1:{running['ports']['worker']}",
                "voicetasks-web": f"127.0.0.1:{running['ports']['web']}",
                "voicetasks-probe": f"127.0.0.1:{probe}",
                "voicetasks-reminders": f"127.0.0.1:{reminders}",
            }
        )
        try:
            told = Recorded(Path(folder), running["url"], running["ports"], running["pids"], recorder.told)
            the_probe_makes_a_round(told)
            all_of_them(terminal, told)
            time.sleep(3 * EVERY_SECONDS)
        finally:
            probing.terminate()
            probing.wait(180)
            text = recorder.finish()
    FILE.write_bytes(gzip.compress(text.encode(), mtime=0))


def the_probe_makes_a_round(told: Recorded) -> None:
    """Let the probe call to each tier by each channel first, and no more: slots are ours then, and stacks are on."""
    for tier in ("economy", "premium"):
        for channel in ("browser", "phone"):
            told.wait(1, "voicetasks_probe_calls_total", tier=tier, channel=channel)


if __name__ == "__main__":
    main()
