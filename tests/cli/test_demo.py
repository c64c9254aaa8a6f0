"""The demo as a whole: everything starts, everything that dies is named and comes back, everything ends."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

CHECKOUT = Path(__file__).resolve().parents[2]
SERVICES = ["redis", "livekit", "tasks", "sandbox", "worker", "web"]
WARM_SECONDS = 15.0
"""With warm caches on a machine that does nothing else. A busy one gets what its load explains."""


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=5, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def test_it_says_where_everything_is(demo: Any) -> None:
    assert demo.url == f"http://127.0.0.1:{demo.ports['web']}"
    assert sorted(demo.pids) == sorted(SERVICES)
    assert all(psutil.pid_exists(pid) for pid in demo.pids.values())
    assert {path.name for path in demo.log_dir.glob("*.log")} == {f"{name}.log" for name in SERVICES}
    assert len(demo.out.lines) == 1, "nothing but the object may be on stdout"


def test_ready_means_that_a_call_can_be_made(demo: Any) -> None:
    assert is_ready(demo.url)


def test_every_process_listens_on_the_loopback_alone(demo: Any) -> None:
    listening = [
        (process.name(), connection.laddr)
        for pid in demo.pids.values()
        for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    ports = {address.port for _, address in listening}
    assert ports >= {port for name, port in demo.ports.items() if name != "livekit_udp"}
    assert {address.ip for _, address in listening} <= {"127.0.0.1", "::1"}, listening


def test_each_process_leads_a_group_of_its_own(demo: Any) -> None:
    assert {os.getpgid(pid) for pid in demo.pids.values()} == set(demo.pids.values())


def test_secrets_and_logs_are_private(demo: Any) -> None:
    for path in [demo.data_dir / "secrets.env", demo.data_dir / "livekit.yaml", *demo.log_dir.glob("*.log")]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_a_second_demo_says_which_port_is_taken_and_how_to_move_it(demo: Any, tmp_path: Path) -> None:
    demo_there = ["--livekit-port", str(demo.ports["livekit"]), "--redis-port", str(demo.ports["redis"])]
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "demo", "--no-browser", "--port", "0", *demo_there],
        cwd=CHECKOUT,
        env=demo.environment | {"VOICETASKS_CLI_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert (
        f"port {demo.ports['livekit']}, wanted by livekit, is taken: change it by --livekit-port"
        in done.stderr
    )
    assert f"port {demo.ports['redis']}, wanted by redis, is taken: change it by --redis-port" in done.stderr


def test_a_second_demo_in_the_same_data_folder_is_told_so(demo: Any) -> None:
    done = demo.voicetasks("demo", "--no-browser", "--port", str(demo.ports["web"]))
    assert done.returncode == 1
    assert f"a demo runs already with the data folder {demo.data_dir} at {demo.url}" in done.stderr
    assert f"port {demo.ports['web']}, wanted by web, is taken" in done.stderr


def test_the_doctor_finds_a_running_demo_well(demo: Any) -> None:
    done = demo.voicetasks("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert [check for check in checks.values() if check["level"] == "fail"] == []
    assert done.returncode == 0
    for name in ("redis", "redis scripts", "redis clock", "livekit", "livekit clock", "task server"):
        assert checks[name]["level"] == "ok", checks[name]
    for name in ("sandbox", "worker", "worker registered", "web"):
        assert checks[name]["level"] == "ok", checks[name]


def test_a_token_opens_the_task_server_for_its_user(demo: Any) -> None:
    done = demo.voicetasks("tasks", "token", "--as", "economy@example.com")
    token = done.stdout.strip()
    assert (done.returncode, token.count(".")) == (0, 2)

    def ask(bearer: str) -> int:
        return httpx.post(
            f"http://127.0.0.1:{demo.ports['tasks']}/mcp",
            headers={"Authorization": f"Bearer {bearer}", "Accept": "application/json, text/event-stream"},
            json={
                "jsonrpc": "2.0",
                "id": 1,
                "method": "initialize",
                "params": {
                    "protocolVersion": "2025-06-18",
                    "capabilities": {},
                    "clientInfo": {"name": "test", "version": "1"},
                },
            },
            timeout=10,
            trust_env=False,
        ).status_code

    assert ask(token) == 200
    assert ask(token[:-4] + "AAAA") == 401


def test_a_token_for_nobody_is_refused(demo: Any) -> None:
    done = demo.voicetasks("tasks", "token", "--as", "nobody@example.com")
    assert (done.returncode, done.stdout) == (4, "")


def test_the_sandbox_answers_questions_as_one_object(demo: Any) -> None:
    for question in ("invoice", "connections"):
        done = demo.voicetasks("sandbox", question, "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["sandbox"] is True


def test_a_vendor_is_broken_and_healed_from_the_command_line(demo: Any) -> None:
    done = demo.voicetasks(
        "sandbox", "fault", "cartesia", "silent", "--after", "1000", "--for", "5", "--json"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["faults"][0]["seconds_left"] == 5
    shown = json.loads(demo.voicetasks("sandbox", "faults", "--kinds", "--json").stdout)
    assert shown["faults"][0]["service"] == "cartesia"
    assert "session-expired" in shown["kinds"]["openai-realtime"]
    unknown = demo.voicetasks("sandbox", "fault", "cartesia", "no-final")
    assert unknown.returncode == 2
    assert "error-after-audio" in unknown.stderr
    healed = demo.voicetasks("sandbox", "heal", "cartesia", "--json")
    assert json.loads(healed.stdout)["faults"] == []


@pytest.mark.dear
def test_each_killed_process_is_named_and_the_demo_recovers_and_killed_itself_leaves_nothing(
    start_demo: Any,
) -> None:
    mine = start_demo()
    began = time.monotonic()
    mine.wait_ready()
    # What a busy machine adds is its own affair: the bound holds for the processor time that the demo used.
    took, load = time.monotonic() - began, os.getloadavg()[0] / (os.cpu_count() or 1)
    assert took < WARM_SECONDS * max(1.0, 1.5 * load), f"ready after {took:.1f} s at load {load:.1f}"

    for name in SERVICES:
        running = json.loads((mine.data_dir / "demo.json").read_text())["pids"]
        heard = len(mine.err.lines)
        os.kill(running[name], signal.SIGKILL)
        mine.err.wait_for(f"{name} ended unasked", "SIGKILL", seconds=30, after=heard)
        mine.err.wait_for(str(mine.log_dir / f"{name}.log"), seconds=10, after=heard)
        mine.err.wait_for(f"{name}: ready", seconds=60, after=heard)
        deadline = time.monotonic() + 60
        while not is_ready(mine.url):
            assert time.monotonic() < deadline, f"not ready again after {name} was killed\n{mine.tail()}"
            time.sleep(0.2)
        others = json.loads((mine.data_dir / "demo.json").read_text())["pids"]
        assert {one for one in SERVICES if others[one] != running[one]} == {name}

    everything = [
        psutil.Process(mine.process.pid),
        *psutil.Process(mine.process.pid).children(recursive=True),
    ]
    assert len(everything) > len(SERVICES) + 1  # the processes, the guardian and what they started

    assert mine.end(signal.SIGKILL) == -signal.SIGKILL

    _, left = psutil.wait_procs(everything, timeout=10)
    assert not left, left


def test_a_signal_while_it_starts_ends_everything_too(start_demo: Any) -> None:
    mine = start_demo()
    mine.err.wait_for("livekit: ready", seconds=60)
    assert mine.end(signal.SIGTERM) == 0
    assert mine.out.all() == ""


@pytest.mark.dear
def test_a_process_that_cannot_live_ends_the_demo_with_its_story(start_demo: Any) -> None:
    mine = start_demo(VOICETASKS_SANDBOX_PROFILE="no-such-profile")
    assert mine.process.wait(120) == 1
    said = mine.err.all()
    assert "sandbox ended unasked with exit code" in said
    assert "giving up" in said
    assert str(mine.data_dir / "logs" / "sandbox.log") in said
    mine.end()


def test_a_phone_bridge_that_is_named_and_not_there_is_told_at_once(start_demo: Any) -> None:
    mine = start_demo("--phone", LIVEKIT_SIP_BIN="/nowhere/livekit-sip")
    assert mine.process.wait(30) == 1
    assert "/nowhere/livekit-sip" in mine.err.all()


def test_a_data_folder_that_cannot_be_written_is_named(start_demo: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    demo = start_demo("--data-dir", str(tmp_path / "file" / "data"))
    assert demo.process.wait(60) == 1
    assert "cannot be written" in demo.err.all()
    assert "Traceback" not in demo.err.all()
