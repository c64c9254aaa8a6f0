"""Records what a demo tells Prometheus while calls are made, fail over and are rated, as OpenMetrics with times.

    python -m tests.deploy.record DATA_DIR    (of a running demo whose vendors are the sandbox's)

writes tests/deploy/recorded.om.gz, which the dashboards' queries are run on. Takes about four minutes.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import httpx
from prometheus_client.parser import text_string_to_metric_families

from cli.ports import FreePorts
from tests.conftest import CHECKOUT

FILE: Final = Path(__file__).with_name("recorded.om.gz")
EVERY_SECONDS: Final = 5.0


class Recorder:
    """Scrapes as Prometheus would, from a thread."""

    def __init__(self, targets: Mapping[str, str]) -> None:
        self._targets = targets
        self.lines: dict[str, list[str]] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def finish(self) -> str:
        self._over.set()
        self._thread.join()
        return "\n".join([line for lines in self.lines.values() for line in lines] + ["# EOF", ""])

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
        series = name + "{" + ",".join(f'{key}="{each}"' for key, each in sorted(all_labels.items())) + "}"
        self.lines.setdefault(series, []).append(f"{series} {value} {at}")


class Terminal:
    """Commands against the demo."""

    def __init__(self, data_dir: Path) -> None:
        self._environment = os.environ | {
            "VOICETASKS_CLI_DATA_DIR": str(data_dir),
            "VOICETASKS_CLI_ENV_FILE": os.devnull,
        }

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "cli.main", *arguments],
            cwd=CHECKOUT,
            env=self._environment | environment,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> dict[str, Any]:
        said, _ = self.start(*arguments, "--json").communicate(timeout=200)
        return dict(json.loads(said))


def rate(url: str, email: str, call_id: str, stars: int) -> None:
    """As the page does."""
    with httpx.Client(base_url=url, trust_env=False) as browser:
        csrf = browser.post("/api/login", json={"email": email, "password": "demo"}).json()["csrf"]
        browser.put(
            f"/api/calls/{call_id}/rating", json={"stars": stars}, headers={"X-CSRF-Token": csrf}
        ).raise_for_status()


def events(terminal: Terminal, url: str) -> None:
    """What the dashboards are to show."""
    economy, premium = "economy@example.com", "premium@example.com"
    terminal.run(
        *("admin", "experiments", "create", "cheap-voice", "--hypothesis", "a cheaper voice is as good"),
        *("--arm", "control=economy", "--arm", "cheap=budget", "--plan", "economy", "--start"),
    )
    called = terminal.run(
        *("call", "--as", economy, "--say", "Remind me to call the dentist tomorrow at nine"),
        *("--say", "What is on my list?", "--interrupt-at", "1", "--say", "Stop. What is due today?"),
        *("--type", "Undo that"),
    )
    rate(url, economy, called["call_id"], 4)
    talking = terminal.start(
        *("call", "--as", premium, "--say", "Remind me to buy milk tomorrow", "--pause", "6"),
        *("--say", "What is on my list?", "--json"),
    )
    time.sleep(14)
    terminal.run("admin", "policy", "set", "--stack-off", "premium")
    called = json.loads(talking.communicate(timeout=200)[0])
    rate(url, premium, called["call_id"], 5)
    terminal.run("admin", "policy", "set", "--stack-on", "premium")
    terminal.run("sandbox", "fault", "openai-realtime", "cut", "--after", "1", "--times", "2")
    for _ in range(2):
        terminal.run("call", "--as", premium, "--say", "What is due this week?", "--say", "Add buy stamps")


def main(data_dir: Path) -> None:
    running = json.loads((data_dir / "demo.json").read_text())
    terminal, ports = Terminal(data_dir), running["ports"]
    terminal.run("probe", "set-up")
    port = FreePorts().take()
    probing = terminal.start("probe", "--every", "60", VOICETASKS_PROBE_PORT=str(port))
    recorder = Recorder(
        {
            "voicetasks-worker": f"127.0.0.1:{ports['worker']}",
            "voicetasks-web": f"127.0.0.1:{ports['web']}",
            "voicetasks-probe": f"127.0.0.1:{port}",
        }
    )
    try:
        events(terminal, running["url"])
        probing.terminate()
        probing.wait(30)
        time.sleep(3 * EVERY_SECONDS)
    finally:
        probing.kill()
    FILE.write_bytes(gzip.compress(recorder.finish().encode(), mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
