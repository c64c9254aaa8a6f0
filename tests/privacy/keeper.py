"""Somebody of whom something is kept in every place, and a search for their words through all bytes."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from livekit.agents import llm
from pydantic import SecretStr
from redis import Redis as PlainRedis
from redis.asyncio import Redis
from redis.exceptions import RedisError

from agent.served import PREFIX as CALL_PREFIX
from agent.thread import PREFIX as THREAD_PREFIX
from agent.thread import Thread, Vault
from cli.binaries import redis_server
from cli.ports import FreePorts
from mcp_tasks.caller import Caller
from mcp_tasks.database import create_engine as create_tasks_engine
from mcp_tasks.edit import NewTask
from mcp_tasks.exactly_once import Operation
from mcp_tasks.store import TaskStore
from people.audit import Audit
from people.consent import Consents
from people.identities import Identities
from people.phones import Phones
from people.sessions import SessionRecords
from people.store import People
from people.user import User
from privacy.live_calls import CALLS
from privacy.places import Places
from routing.journal import Entry, Journal

WORDS = ("zanzibar", "pineapple", "quetzal", "marmalade")
EMAIL = "zanzibar.person@example.org"
NUMBER = "+493090182012"
KEY = SecretStr("a key that only workers of the tests have")


class RedisOnDisk:
    """A server with an append-only file and snapshots, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._port = FreePorts().take()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        settings = ("--appendonly", "yes", "--appendfsync", "always", "--save", "3600 1")
        # What is compressed would hide from a search for bytes.
        settings = (*settings, "--rdbcompression", "no")
        self._process = subprocess.Popen(
            [
                str(redis_server()),
                "--port",
                str(self._port),
                "--bind",
                "127.0.0.1",
                "--dir",
                str(self.folder),
                *settings,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 20
        while True:
            try:
                with PlainRedis.from_url(self.url) as client:
                    client.ping()
                return
            except RedisError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(20)


@dataclass(frozen=True)
class Kept:
    """Who it is, and what of them could be found."""

    user: User
    subject: str
    markers: tuple[bytes, ...]


async def keep_everywhere(places: Places, redis: Redis, *, email: str = EMAIL, call_id: str = "c1") -> Kept:
    """Make a person and put words of theirs wherever the product can."""
    async with People(places.people) as people:
        user = await people.create_user(
            email=email, password="correct horse", time_zone="Europe/Berlin", actor="terminal:root"
        )
        consents, at = Consents(people.engine), datetime.now(UTC) + timedelta(seconds=1)
        for door in ("browser", "phone"):
            await consents.set(user.id, door, given=True)  # type: ignore[arg-type]
        lines = [(at, "caller", f"Add {WORDS[1]} number {n}.") for n in range(60)]
        await consents.keep(user.id, "browser", call_id, lines)  # type: ignore[arg-type]
        await Phones(people.engine).set(user.id, NUMBER)
        await SessionRecords(people.engine).add(f"hash of {call_id}", user.id, at + timedelta(hours=1))
        await Audit(people.engine).note(user.id, "sign_in", details="password")
    store = TaskStore(create_tasks_engine(places.tasks))
    caller = Caller(user.id, ZoneInfo("Europe/Berlin"), datetime.now(UTC))
    for number in range(40):
        operation = Operation.of(f"op-{number}", "create_task", {"n": number})
        await add_task(store, caller, f"Buy {WORDS[2]} number {number}", operation)
    listed = await store.list_tasks(caller, "all", "", 50)
    await store.delete(caller, None, listed.tasks[0].id, None)
    await store.close()
    async with Journal(places.routing) as journal:
        subject = await journal.subject_of(user.id)
        await journal.append([charge(subject, call_id, 31_008), spoke(subject, call_id)])
    await serve_call(redis, user.id, call_id)
    markers = (
        *(word.encode() for word in WORDS),
        email.encode(),
        NUMBER.encode(),
        NUMBER[1:].encode(),
        user.id.encode(),
    )
    return Kept(user, subject, markers)


async def add_task(store: TaskStore, caller: Caller, title: str, operation: Operation | None = None) -> None:
    """Add one with words in its notes too."""
    await store.create(caller, operation, NewTask(title=title, notes=f"with {WORDS[3]}"))


def charge(subject: str, call_id: str, microdollars: int) -> Entry:
    """A charge as a lease books it."""
    day = datetime.now(UTC).date().isoformat()
    return Entry(
        operation=f"{call_id}-{microdollars}",
        kind="charge",
        at_ms=int(time.time() * 1000),
        call_id=call_id,
        tier="premium",
        microdollars=microdollars,
        scopes=(f"call:{call_id}", f"user-day:{subject}:{day}"),
    )


def spoke(subject: str, call_id: str) -> Entry:
    """What happened in a call, as its outcomes write it."""
    at_ms = int(time.time() * 1000)
    events = [{"what": "spoke", "at": at_ms, "who": "caller", "ms": 700}]
    details = {"subject": subject, "events": events}
    return Entry(f"{call_id}:event:1", "event", at_ms, call_id, details=details)


async def serve_call(redis: Redis, user_id: str, call_id: str, *, owner: str = "") -> None:
    """Have Redis know a call of theirs, by default one whose worker has died, with what was said in it."""
    metadata = json.dumps({"call_id": call_id, "subject": user_id, "channel": "browser", "identity": user_id})
    fields: dict[str, Any] = {"owner": owner, "room": f"call-{call_id}", "metadata": metadata}
    await redis.hset(CALL_PREFIX + call_id, mapping=fields)
    await redis.zadd(CALLS, {call_id: time.time() * 1000})
    said = llm.ChatContext([llm.ChatMessage(role="user", content=[f"Add {WORDS[0]}"])])
    await redis.set(THREAD_PREFIX + call_id, Vault(KEY).seal(Thread(1, said), call_id=call_id), ex=900)


def found_in(folder: Path, markers: tuple[bytes, ...]) -> list[str]:
    """Which markers are in which files below a folder, whatever their case."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes().lower()
            found += [f"{marker.decode()} in {path.name}" for marker in markers if marker.lower() in content]
    return found


async def found_in_redis(redis: Redis, markers: tuple[bytes, ...]) -> list[str]:
    """Which markers are in keys and values."""
    found = []
    async for key in redis.scan_iter(count=500):
        dumped = (key + (await redis.dump(key) or b"")).lower()
        found += [f"{marker.decode()} in {key.decode()}" for marker in markers if marker.lower() in dumped]
    return found


async def link_provider(places: Places, kept: Kept) -> None:
    """They can also sign in at a provider."""
    async with People(places.people) as people:
        await Identities(people.engine).sign_in(
            "https://id.example.org", "zanzibar-sub", email=kept.user.email, role=None, link=True
        )
