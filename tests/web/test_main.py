import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.ports import FreePorts

pytestmark = pytest.mark.system

Start = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "web.log"


@pytest.fixture
def start(environment: pytest.MonkeyPatch, log: Path) -> Iterator[Start]:
    """Start the process with the environment as it is then, on a free port."""
    environment.setenv("VOICETASKS_WEB_PORT", str(FreePorts().take()))
    started: list[subprocess.Popen[bytes]] = []

    def run() -> subprocess.Popen[bytes]:
        with log.open("wb") as output:
            started.append(
                subprocess.Popen([sys.executable, "-m", "web"], env=dict(os.environ), stderr=output)
            )
        return started[-1]

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def wait_until_it_lives(process: subprocess.Popen[bytes], log: Path) -> str:
    address = f"http://127.0.0.1:{os.environ['VOICETASKS_WEB_PORT']}"
    deadline = time.monotonic() + 20
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        try:
            if httpx.get(f"{address}/healthz", trust_env=False).status_code == 200:
                return address
        except httpx.TransportError:
            time.sleep(0.05)


def test_a_demo_signs_its_accounts_in_logs_json_and_ends_cleanly(
    environment: pytest.MonkeyPatch, start: Start, log: Path
) -> None:
    environment.setenv("VOICETASKS_WEB_DEMO", "true")
    process = start()
    address = wait_until_it_lives(process, log)
    with httpx.Client(base_url=address, trust_env=False) as client:
        for name, plan in (("premium", "premium"), ("economy", "economy"), ("admin", "premium")):
            answer = client.post("/api/login", json={"email": f"{name}@example.com", "password": "demo"})
            assert answer.json()["user"]["plan"] == plan
        # Only a proxy that we were told of may say where a request comes from.
        guesses = [
            client.post(
                "/api/login",
                json={"email": "admin@example.com", "password": "wrong"},
                headers={"X-Forwarded-For": f"203.0.113.{number}"},
            ).status_code
            for number in range(20)
        ]
        assert 429 in guesses
        assert "server" not in answer.headers
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    written = lines(log)
    assert any(line["event"] == "request" and line["route"] == "/api/login" for line in written)
    assert all({"ts", "level", "event"} <= set(line) for line in written)
    assert "example.com" not in log.read_text()


@pytest.mark.dear
def test_production_starts_without_demo_accounts_and_refuses_a_database_that_has_them(
    environment: pytest.MonkeyPatch, start: Start, log: Path
) -> None:
    process = start()
    address = wait_until_it_lives(process, log)
    answer = httpx.post(
        f"{address}/api/login", json={"email": "admin@example.com", "password": "demo"}, trust_env=False
    )
    assert answer.status_code == 401
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    environment.setenv("VOICETASKS_WEB_DEMO", "true")
    demo = start()
    wait_until_it_lives(demo, log)
    demo.send_signal(signal.SIGINT)
    assert demo.wait(10) == 0
    environment.delenv("VOICETASKS_WEB_DEMO")
    assert start().wait(20) == 2
    assert "demo accounts" in lines(log)[-1]["what"]


def test_a_start_that_is_refused_says_why_and_repeats_no_secret(
    environment: pytest.MonkeyPatch, start: Start, log: Path
) -> None:
    environment.setenv("LIVEKIT_API_KEY", "devkey")
    assert start().wait(20) == 2
    assert lines(log)[-1]["what"].startswith("LIVEKIT_API_KEY")
    environment.setenv("VOICETASKS_WEB_SECRET", "tooshort")
    assert start().wait(20) == 2
    assert "32 bytes" in lines(log)[-1]["what"]
    assert "tooshort" not in log.read_text()
    environment.setenv("VOICETASKS_WEB_SECRET", "a web secret that only tests know, 32+")
    environment.setenv("REDIS_URL", "localhost:6379")
    assert start().wait(20) == 2
    assert lines(log)[-1]["what"].startswith("REDIS_URL: ")
    environment.setenv("VOICETASKS_OUTBOUND_COUNTRIES", "Germany")
    assert start().wait(20) == 2
    assert "called_countries" in lines(log)[-1]["what"]
    assert "Germany" not in log.read_text()
