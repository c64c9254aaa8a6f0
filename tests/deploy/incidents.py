"""What happens at a demo while it is recorded: good calls, and each thing that a panel is there to show going wrong."""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from redis import Redis

from cli.ports import HOST
from routing.standing import BACKUP_AT
from tests.conftest import CHECKOUT

ECONOMY, PREMIUM = "economy@example.com", "premium@example.com"
SLOTS: Final = 2
"""Of the demo's worker: one more call at once hears that all lines are busy."""
FROZEN_SECONDS, LOCKED_SECONDS, REFUSED_SECONDS = 12.0, 20.0, 60


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
        said, _ = self.start(*arguments, "--json").communicate(timeout=300)
        return dict(json.loads(said))


@dataclass(frozen=True)
class Recorded:
    """A demo that is being recorded. `told` gives the latest sum of a metric's samples that have these labels."""

    data_dir: Path
    url: str
    ports: dict[str, int]
    pids: dict[str, int]
    told: Callable[..., float]

    def wait(self, least: float, name: str, *, most: float = math.inf, **labels: str) -> None:
        """Wait until so much is told of a metric, and no more than `most`."""
        deadline = time.monotonic() + 180
        while not least <= self.told(name, **labels) <= most:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name} {labels} did not come to {least}")
            time.sleep(0.5)

    @contextlib.contextmanager
    def live_call(self, terminal: Terminal, user: str, *steps: str) -> Iterator[dict[str, Any]]:
        """A call that is up, seen by its slot once the one before is over; at the end what came of it is filled in."""
        came: dict[str, Any] = {}
        self.wait(0, "voicetasks_slots", most=0, state="used")
        talking = terminal.start("call", "--as", user, *steps, "--json")
        self.wait(1, "voicetasks_slots", state="used")
        yield came
        came |= json.loads(talking.communicate(timeout=300)[0])


def all_of_them(terminal: Terminal, demo: Recorded) -> None:
    """What the dashboards are to show."""
    redis = Redis(host=HOST, port=demo.ports["redis"])
    redis.set(BACKUP_AT, int(time.time()))  # as deploy/backup does at its end
    redis.close()
    terminal.run(
        *("admin", "experiments", "create", "cheap-voice", "--hypothesis", "a cheaper voice is as good"),
        *("--arm", "control=economy", "--arm", "cheap=budget", "--plan", "economy", "--start"),
    )
    called = terminal.run(
        *("call", "--as", ECONOMY, "--say", "Remind me to call the dentist tomorrow at nine"),
        *("--say", "What is on my list?", "--interrupt-at", "1", "--say", "Stop. What is due today?"),
        *("--type", "Undo that"),
    )
    rate(demo.url, ECONOMY, called["call_id"], 4)
    a_stack_is_turned_off(terminal, demo)
    a_vendor_fails(terminal, demo)
    money_cannot_be_seen(terminal, demo)
    the_journal_is_away(terminal, demo)
    all_lines_are_busy(terminal, demo)


def rate(url: str, email: str, call_id: str, stars: int) -> None:
    """As the page does."""
    with httpx.Client(base_url=url, trust_env=False) as browser:
        csrf = browser.post("/api/login", json={"email": email, "password": "demo"}).json()["csrf"]
        browser.put(
            f"/api/calls/{call_id}/rating", json={"stars": stars}, headers={"X-CSRF-Token": csrf}
        ).raise_for_status()


def a_stack_is_turned_off(terminal: Terminal, demo: Recorded) -> None:
    """An admin takes premium away under a live call."""
    steps = ("--say", "Remind me to buy milk tomorrow", "--pause", "15", "--say", "What is on my list?")
    answers = demo.told("voicetasks_response_seconds_count", stack="premium")
    with demo.live_call(terminal, PREMIUM, *steps) as called:
        demo.wait(answers + 1, "voicetasks_response_seconds_count", stack="premium")
        terminal.run("admin", "policy", "set", "--stack-off", "premium")
    rate(demo.url, PREMIUM, called["call_id"], 5)
    terminal.run("admin", "policy", "set", "--stack-on", "premium")


def a_vendor_fails(terminal: Terminal, demo: Recorded) -> None:
    """Its connection breaks in two calls; then it lets nobody in, and is given up."""
    terminal.run("sandbox", "fault", "openai-realtime", "cut", "--after", "1", "--times", "2")
    for _ in range(2):
        terminal.run("call", "--as", PREMIUM, "--say", "What is due this week?", "--say", "Add buy stamps")
    terminal.run("sandbox", "fault", "openai-realtime", "refuse", "--for", str(REFUSED_SECONDS))
    with demo.live_call(terminal, PREMIUM, "--say", "What is on my list?", "--pause", "10"):
        demo.wait(2, "voicetasks_breaker_state", vendor="openai-realtime")


def money_cannot_be_seen(terminal: Terminal, demo: Recorded) -> None:
    """Redis stands still under a live call."""
    with demo.live_call(terminal, ECONOMY, "--say", "What is on my list?", "--pause", "20"):
        os.kill(demo.pids["redis"], signal.SIGSTOP)
        try:
            time.sleep(FROZEN_SECONDS)
        finally:
            os.kill(demo.pids["redis"], signal.SIGCONT)


def the_journal_is_away(terminal: Terminal, demo: Recorded) -> None:
    """Its database takes nothing while a call is charged."""
    steps = ("--say", "What is on my list?", "--say", "What is due today?", "--say", "Add buy stamps")
    database = sqlite3.connect(demo.data_dir / "routing.db", isolation_level=None)
    with demo.live_call(terminal, ECONOMY, *steps), contextlib.closing(database):
        database.execute("BEGIN IMMEDIATE")
        time.sleep(LOCKED_SECONDS)
        database.execute("ROLLBACK")


def all_lines_are_busy(terminal: Terminal, demo: Recorded) -> None:
    """One more call at once than there are slots."""
    steps = ("--say", "What is on my list?", "--pause", "15")
    calls = [terminal.start("call", "--as", ECONOMY, *steps, "--json") for _ in range(SLOTS + 1)]
    for call in calls:
        call.communicate(timeout=300)
