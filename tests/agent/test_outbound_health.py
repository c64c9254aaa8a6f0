"""Whoever watches the process that calls people is told that it goes on, that it looks, and that it is stuck."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import aiohttp
import pytest

from agent.outbound import run
from agent.outbound_health import STUCK_SECONDS, CannotListenError, OutboundHealth
from agent.settings import AgentSettings, OutboundSettings
from cli.ports import FreePorts
from mcp_tasks.migrate import migrate as migrate_tasks
from people.migrate import migrate
from people.settings import PeopleSettings

SECRET = "a secret that only tests know, 32+ bytes"

pytestmark = pytest.mark.unit

METRIC = "voicetasks_reminders_time_seconds"


async def get(port: int, path: str) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{path}") as answer,
    ):
        return answer.status, await answer.text()


async def told_from(port: int, path: str, word: str) -> str:
    """What is said there once this word is in it."""
    async with asyncio.timeout(20):
        while True:
            try:
                _, said = await get(port, path)
            except aiohttp.ClientConnectorError:
                said = ""
            if word in said:
                return said
            await asyncio.sleep(0.02)


class Watch:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_without_a_step_for_long_it_is_stuck_until_the_next_whatever_came_of_it() -> None:
    watch = Watch()
    async with OutboundHealth("127.0.0.1", 0, clock=watch) as health:
        health.begins()
        watch.now += STUCK_SECONDS
        assert (await get(health.port, "/healthz"))[0] == 200
        watch.now += 1
        assert await get(health.port, "/healthz") == (503, '{"status": "stuck"}')
        health.goes_on()  # a database that is away
        assert (await get(health.port, "/healthz"))[0] == 200
        assert health.registry.get_sample_value(METRIC) == 0
        health.looked()
        assert f"{METRIC} 1." in (await get(health.port, "/metrics"))[1]


async def test_a_port_of_somebody_elses_is_told_by_its_settings() -> None:
    async with OutboundHealth("127.0.0.1", 0) as first:
        with pytest.raises(CannotListenError, match="VOICETASKS_OUTBOUND_PORT"):
            async with OutboundHealth("127.0.0.1", first.port):
                pass


async def test_without_a_trunk_the_process_is_well_and_nobody_waits_for_its_looks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    port, stop = FreePorts().take(), asyncio.Event()
    monkeypatch.setenv("VOICETASKS_OUTBOUND_PORT", str(port))
    monkeypatch.delenv("VOICETASKS_OUTBOUND_TRUNK_ID", raising=False)
    monkeypatch.setenv("VOICETASKS_TASKS_TOKEN_SECRET", SECRET)
    running = asyncio.create_task(run(stop, OutboundSettings(), AgentSettings(), PeopleSettings()))
    assert await told_from(port, "/healthz", "ok")
    assert METRIC not in (await get(port, "/metrics"))[1]
    stop.set()
    await running
    assert "VOICETASKS_OUTBOUND_TRUNK_ID is not set" in capsys.readouterr().out


@pytest.mark.parametrize("away", [False, True])
async def test_each_look_is_told_and_one_that_reached_no_database_is_none(
    away: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    people, tasks = (f"sqlite+aiosqlite:///{tmp_path / name}.db" for name in ("people", "tasks"))
    if not away:
        await migrate(people)
        await migrate_tasks(tasks)
    port, stop = FreePorts().take(), asyncio.Event()
    for name, value in {
        "VOICETASKS_OUTBOUND_PORT": str(port),
        "VOICETASKS_OUTBOUND_TRUNK_ID": "ST_1",
        "VOICETASKS_PEOPLE_DATABASE_URL": people,
        "VOICETASKS_TASKS_DATABASE_URL": tasks,
        "VOICETASKS_TASKS_TOKEN_SECRET": SECRET,
        "LIVEKIT_URL": "ws://127.0.0.1:9",
        "LIVEKIT_API_KEY": "key",
        "LIVEKIT_API_SECRET": SECRET,
    }.items():
        monkeypatch.setenv(name, value)
    steps, looks = 0, asyncio.Event()
    goes_on = OutboundHealth.goes_on

    def seen(health: OutboundHealth) -> None:
        nonlocal steps
        goes_on(health)
        steps += 1
        if steps == 2:  # behind the one with which it begins
            looks.set()

    monkeypatch.setattr(OutboundHealth, "goes_on", seen)
    before = time.time()
    running = asyncio.create_task(run(stop, OutboundSettings(), AgentSettings(), PeopleSettings()))
    async with asyncio.timeout(20):
        await looks.wait()
    told = (await get(port, "/metrics"))[1].splitlines()[-1].split()
    assert (await get(port, "/healthz"))[0] == 200
    stop.set()
    await running
    assert told[0] == METRIC
    assert (float(told[1]) == 0) if away else (before <= float(told[1]) <= time.time())
