"""Workers die, lines are lost, servers restart: the call goes on, with one agent in the room at any time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from redis.asyncio import Redis

from routing.workers import LiveWorkers
from tests.calls.room_caller import Caller, calling, events, ghost, until
from tests.conftest import CHECKOUT, FREE_PORTS, LIVE, RunningDemo, _destroy, _start

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

ECONOMY = "economy@example.com"


class Workers:
    """The demo's worker, and another one beside it."""

    def __init__(self, demo: RunningDemo) -> None:
        self.demo = demo
        self._folder = demo.data_dir
        self._more: list[tuple[subprocess.Popen[bytes], Path]] = []

    def add(self) -> None:
        """Start another worker and wait until it can take calls."""
        environment = psutil.Process(self.demo.pids["worker"]).environ() | {"VOICETASKS_AGENT_PORT": "0"}
        log = self._folder / f"worker-{len(self._more)}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "agent"],
                cwd=CHECKOUT,
                env=environment,
                stderr=file,
                start_new_session=True,
            )
        self._more.append((process, log))

    async def both(self) -> None:
        """Wait until two workers can take calls; one that a test killed is replaced."""
        if not any(process.poll() is None for process, _ in self._more):
            self.add()
        async with Redis(port=self.demo.ports["redis"]) as redis, asyncio.timeout(90):
            while len(await LiveWorkers(redis).alive()) < 2:
                await asyncio.sleep(0.2)

    def log(self) -> str:
        """What all of them wrote."""
        logs = [self.demo.log_dir / "worker.log", *(path for _, path in self._more)]
        return "\n".join(path.read_text() for path in logs)

    def of(self, caller: Caller) -> psutil.Process:
        """The worker that has the call now: the last that was offered it."""
        found = [(self.demo.log_dir / "worker.log", self.running("worker"))]
        found += [(path, process.pid) for process, path in self._more]
        offered = [
            (line["ts"], pid)
            for path, pid in found
            for line in events(path.read_text(), "call.offered")
            if line["room"] == caller.room_name
        ]
        return psutil.Process(max(offered)[1])

    def running(self, name: str) -> int:
        """The present process of a part of the demo."""
        return int(json.loads((self._folder / "demo.json").read_text())["pids"][name])

    def job_of(self, caller: Caller) -> psutil.Process:
        """The process that serves the call."""
        worker = self.of(caller)
        port = self.demo.ports["tasks"]
        for child in worker.children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if any(each.raddr and each.raddr.port == port for each in child.net_connections("tcp")):
                    return child
        raise AssertionError("no process serves the call")

    def end(self) -> None:
        for process, _ in self._more:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    """A demo with two workers. A lost line is parked after a second, and a worker that stops waits for a second."""
    demo = _start(
        tmp_path_factory.mktemp("survives"),
        *FREE_PORTS,
        VOICETASKS_SANDBOX_PROFILE="instant",
        VOICETASKS_SANDBOX_EAR="told",
        VOICETASKS_SANDBOX_VOICE="tone",
        VOICETASKS_AGENT_WATCH_PATIENCE="3",
        VOICETASKS_AGENT_LOST_GRACE_SECONDS="1",
        VOICETASKS_AGENT_DRAIN_SECONDS="1",
    )
    LIVE.append(demo)
    made = Workers(demo)
    try:
        demo.wait_ready()
        yield made
    finally:
        made.end()
        _destroy(demo)


def kill_with_children(process: psutil.Process) -> None:
    """As a machine dies: at once, and all of it."""
    for one in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            one.kill()


@pytest.mark.dear
async def test_a_caller_whose_line_was_lost_costs_nothing_and_comes_back_into_the_same_call(
    workers: Workers,
) -> None:
    async with (
        httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{workers.demo.ports['sandbox_control']}", trust_env=False
        ) as sandbox,
        calling(workers.demo.url, ECONOMY, consent=False) as (door, caller),
    ):
        await caller.type("Add a task to feed the cat")
        await caller.hears("feed the cat", 20)
        again = await door.post(f"/api/calls/{caller.call_id}/token")
        async with ghost(again) as vanish:  # the other tab takes the call, and its machine dies
            await until(lambda: not caller.room.isconnected(), 20, "the first tab is put aside")
            vanish()
            await until(
                lambda: events(workers.log(), "call.parked", caller.call_id), 60, "the call is parked"
            )
            async with asyncio.timeout(10):
                while (await sandbox.get("/connections")).json()["open"]:
                    await asyncio.sleep(0.2)
        back = Caller(await door.post(f"/api/calls/{caller.call_id}/token"))
        await back.enter()
        try:
            heard = await back.hears("I'm still here", 30)
            await back.type("No, I meant feed the dog")
            await back.hears("dog", 20, since=heard)
        finally:
            await back.leave()


async def test_the_livekit_server_restarts_and_the_same_agent_goes_on_alone(workers: Workers) -> None:
    async with calling(workers.demo.url, ECONOMY, consent=False) as (_, caller):
        agents = caller.agents
        os.kill(workers.running("livekit"), signal.SIGKILL)
        await until(lambda: not caller.agents, 20, "the server is gone")
        await until(lambda: caller.agents, 40, "the agent is back")
        await until(
            lambda: events(workers.log(), "call.served_already"), 40, "another one came and was sent away"
        )
        heard = len(caller.heard)
        await caller.type("What is on my list?")
        await caller.hears("task", 20, since=heard)
        assert caller.agents == agents
        assert caller.most_agents == 1


@pytest.mark.dear
async def test_without_consent_nothing_was_kept_and_the_next_worker_says_so(workers: Workers) -> None:
    await workers.both()
    async with calling(workers.demo.url, ECONOMY, consent=False) as (_, caller):
        await caller.type("Add a task to water the plants")
        heard = await caller.hears("water the plants", 20)
        workers.job_of(caller).kill()
        heard = await caller.hears("I lost the thread", 40, since=heard)
        await caller.type("Undo that")
        heard = await caller.hears('Shall I undo adding "water the plants"', 20, since=heard)
        await caller.quiet()
        await caller.type("Yes")
        await caller.hears("no longer on your list", 20, since=heard)
        assert len(caller.agents) == 1


async def test_a_worker_that_is_told_to_stop_hands_its_calls_over(workers: Workers) -> None:
    await workers.both()
    async with calling(workers.demo.url, ECONOMY, consent=True) as (_, caller):
        await caller.type("Add a task to paint the fence")
        heard = await caller.hears("paint the fence", 20)
        worker = workers.of(caller)
        worker.send_signal(signal.SIGTERM)
        heard = await caller.hears("lost you for a moment", 40, since=heard)
        await caller.type("What is on my list?")  # at once: nothing of the next worker serves yet
        await caller.hears("paint the fence", 20, since=heard)
        assert events(workers.log(), "call.ended", caller.call_id)[-1]["reason"] == "leaving"
        assert workers.of(caller).pid != worker.pid


@pytest.mark.dear
async def test_a_caller_who_consented_goes_on_with_another_worker_when_theirs_is_killed(
    workers: Workers,
) -> None:
    await workers.both()
    async with calling(workers.demo.url, ECONOMY, consent=True) as (door, caller):
        await caller.type("Add a task to buy oat milk")
        heard = await caller.hears("oat milk", 20)
        kill_with_children(workers.of(caller))
        heard = await caller.hears("lost you for a moment", 40, since=heard)
        await caller.quiet()
        # Only who knows what was said knows what «no» is about.
        await caller.type("No, I meant soy milk")
        await caller.hears("soy milk", 20, since=heard)
        assert [title for title in await door.titles() if "milk" in title] == ["soy milk"]
        assert "your task assistant" not in " ".join(caller.heard[1:])
        assert caller.most_agents == 1
