"""After an erasure a search through databases, Redis, files and logs finds nothing that the caller said or was called."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from redis import Redis

from agent.thread import PREFIX
from tests.calls.room_caller import calling, until
from tests.conftest import FREE_PORTS, LIVE, RunningDemo, _destroy, _start
from tests.privacy.keeper import found_in

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

PASSWORD = "demo"
WORDS = ("zanzibar", "pineapple", "quetzal", "marmalade")


@pytest.fixture(scope="module")
def own_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """A demo whose every file may be searched: nobody else calls it."""
    started = _start(tmp_path_factory.mktemp("erased"), *FREE_PORTS, VOICETASKS_SANDBOX_PROFILE="instant")
    LIVE.append(started)
    try:
        yield started.wait_ready()
    finally:
        _destroy(started)


def person(demo: RunningDemo, email: str) -> str:
    """Make somebody; gives their id."""
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "admin", "users", "create", email, "--password-stdin", "--json"],
        env=demo.environment,
        input=f"{PASSWORD}\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout)["user"]["id"])


def everything_found(demo: RunningDemo, markers: tuple[str, ...]) -> list[str]:
    """Which markers are where: files of the demo, a dump of each database, each value in Redis."""
    wanted = tuple(marker.lower() for marker in markers)
    found = found_in(demo.data_dir, tuple(marker.encode() for marker in wanted))
    for path in demo.data_dir.glob("*.db"):
        with closing(sqlite3.connect(path)) as database:
            dump = "\n".join(database.iterdump()).lower()
        found += [f"{marker} in a dump of {path.name}" for marker in wanted if marker in dump]
    with Redis(port=demo.ports["redis"], decode_responses=True, encoding_errors="replace") as redis:
        for key in redis.scan_iter():
            value = f"{key} {_value(redis, key)}".lower()
            found += [f"{marker} in {key}" for marker in wanted if marker in value]
    said = (demo.out.all() + demo.err.all()).lower()
    return [*found, *(f"{marker} in the terminal" for marker in wanted if marker in said)]


def _value(redis: Any, key: str) -> object:
    read: dict[str, Callable[[], object]] = {
        "string": lambda: redis.get(key),
        "hash": lambda: redis.hgetall(key),
        "list": lambda: redis.lrange(key, 0, -1),
        "set": lambda: redis.smembers(key),
        "zset": lambda: redis.zrange(key, 0, -1),
        "stream": lambda: redis.xrange(key),
    }
    return read[redis.type(key)]()


def call(demo: RunningDemo, email: str, *steps: str) -> dict[str, Any]:
    done = demo.voicetasks("call", "--as", email, *steps, "--json", seconds=150)
    assert done.stdout.strip(), f"exit {done.returncode}: {done.stderr}"
    return json.loads(done.stdout)  # type: ignore[no-any-return]


SAID = (
    *("--type", "Keep a transcript, please"),
    *("--type", "Add a task to ring the Zanzibar Pineapple"),
    *("--type", "Add a task to feed the quetzal"),
)


@pytest.mark.dear
def test_whoever_asks_for_it_in_a_call_and_says_yes_leaves_no_byte_behind(own_demo: RunningDemo) -> None:
    email = "marmalade.caller@example.org"
    user_id = person(own_demo, email)
    said = call(own_demo, email, *SAID, "--hang-up")
    assert len(said["tasks_after"]) == 2, said
    before = everything_found(own_demo, (*WORDS, user_id))
    assert {"zanzibar in a dump of people.db", "zanzibar in a dump of tasks.db"} <= set(before)
    assert "marmalade in a dump of people.db" in before
    assert f"{user_id} in a dump of routing.db" in before

    last = call(own_demo, email, "--type", "Erase my account", "--type", "Yes")
    heard = " ".join(str(turn["heard"]) for turn in last["turns"])
    assert "cannot be undone" in heard
    assert [(each["by"], each["outcome"]) for each in last["confirmations"]] == [("text", "confirmed")], last
    deadline = time.monotonic() + 40
    while found := everything_found(own_demo, (*WORDS, email)):
        assert time.monotonic() < deadline, found
        time.sleep(0.5)
    # Logs of the room server name a participant by the random id, which says nothing of anybody any more.
    left = [line for line in everything_found(own_demo, (user_id,)) if not line.endswith("livekit.log")]
    assert left == []
    entries = json.loads(own_demo.voicetasks("admin", "journal", "--call", said["call_id"], "--json").stdout)
    assert entries["entries"], "what it cost stays"
    again = own_demo.voicetasks("call", "--as", email, "--type", "Hello", "--json")
    assert again.returncode == 4


@pytest.mark.dear
async def test_an_erasure_from_outside_ends_a_live_call_and_takes_its_thread_at_once(
    own_demo: RunningDemo,
) -> None:
    email = "quetzal.caller@example.org"
    user_id = await asyncio.to_thread(person, own_demo, email)
    async with calling(own_demo.url, email, consent=True) as (door, caller):
        since = await caller.hears("AI", 40)
        await caller.type("Add a task to ring the Zanzibar Pineapple")
        await caller.hears("Zanzibar", 40, since=since)
        with Redis(port=own_demo.ports["redis"]) as redis:
            await until(lambda: redis.keys(f"{PREFIX}*"), 20, "the thread is kept")
            erasing = asyncio.create_task(
                asyncio.to_thread(own_demo.voicetasks, "admin", "erase", email, "--yes", "--json")
            )
            await caller.hears("Your account was erased", 40)
            assert redis.keys(f"{PREFIX}*") == []
            done = await erasing
        assert done.returncode == 0, done.stdout + done.stderr
        proof = json.loads(done.stdout)
        assert {step["place"]: step["left"] for step in proof["steps"]} == dict.fromkeys(
            ("people", "live calls", "tasks", "journal", "redis"), 0
        )
        assert proof["steps"][1]["removed"] == {"calls ended": 1}
        answer = await door.client.get("/api/me")
        assert answer.status_code == 401
    assert everything_found(own_demo, ("zanzibar", "pineapple", email)) == []
    left = [line for line in everything_found(own_demo, (user_id,)) if not line.endswith("livekit.log")]
    assert left == []
