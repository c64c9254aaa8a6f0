"""Keeping goes on: no file, no part and no failure of one of them ends it for the others, and none ends unheard."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from unittest import mock

import pytest
from pydantic import SecretStr

from agent.settings import AgentSettings
from agent.worker import Worker
from routing.journal import Entry
from routing.keeping import keep_journal
from routing.settings import RoutingSettings
from tests.routing.conftest import Bank

pytestmark = pytest.mark.system

MARKER = "zanzibar pineapple"


class Heard(logging.Handler):
    """Events of the log, to be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self._more = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
        self._more.set()

    async def event(self, name: str) -> logging.LogRecord:
        async with asyncio.timeout(20):
            while True:
                for record in self.records:
                    if record.msg == name:
                        return record
                self._more.clear()
                await self._more.wait()


@pytest.fixture
async def heard() -> AsyncIterator[Heard]:
    handler = Heard()
    root = logging.getLogger()
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)


@pytest.fixture
async def keep(bank: Bank, tmp_path: Path) -> AsyncIterator[Callable[[], asyncio.Task[None]]]:
    """Starts to keep a bank's journal and the files of a folder; ends it."""
    running: list[asyncio.Task[None]] = []

    def start() -> asyncio.Task[None]:
        settings = RoutingSettings(
            REDIS_URL=bank.url,  # type: ignore[call-arg]  # named as in the environment
            DATABASE_URL=bank.database_url,
            spool_dir=tmp_path / "spool",
        )
        running.append(asyncio.create_task(keep_journal(settings, name="keeper")))
        return running[-1]

    (tmp_path / "spool").mkdir()
    yield start
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


def leave(path: Path, name: str, more: bytes = b"") -> None:
    """Leave a file behind as an ended call does, in one step."""
    entry = Entry(operation=f"c1:{name}", kind="charge", at_ms=1, call_id="c1", scopes=("call:c1",))
    written = path.with_suffix(".new")
    written.write_bytes(json.dumps(asdict(entry)).encode() + b"\n" + more)
    written.rename(path)


async def journal_has(bank: Bank, names: Iterable[str]) -> None:
    wanted = {f"c1:{name}" for name in names}
    async with asyncio.timeout(20):
        while {entry.operation for entry in await bank.journal.entries(kind="charge")} != wanted:
            await asyncio.sleep(0.02)


async def test_files_that_cannot_be_read_or_opened_hold_up_no_other(
    bank: Bank, keep: Callable[[], asyncio.Task[None]], heard: Heard, tmp_path: Path
) -> None:
    spool = tmp_path / "spool"
    leave(spool / "1.jsonl", "e1", b'{}\n\xff\xfe\n{"operation":"x","words":"zanzibar pineapple"}\n')
    (spool / "2.jsonl").mkdir()
    leave(spool / "3.jsonl", "e3")
    keeping = keep()
    await journal_has(bank, ["e1", "e3"])
    assert (await heard.event("journal.spool_unreadable")).__dict__["count"] == 3
    assert (await heard.event("journal.spool_waits")).__dict__["error"] == "IsADirectoryError"
    leave(spool / "4.jsonl", "e4")
    await journal_has(bank, ["e1", "e3", "e4"])
    assert not keeping.done()
    assert MARKER not in str([record.__dict__ for record in heard.records])


@pytest.mark.parametrize("part", ["drain", "sweep", "forget"])
async def test_a_part_that_fails_is_told_and_started_again_while_the_others_go_on(
    keep: Callable[[], asyncio.Task[None]],
    heard: Heard,
    monkeypatch: pytest.MonkeyPatch,
    part: str,
) -> None:
    begun = {"drain": 0, "sweep": 0, "forget": 0}
    again = asyncio.Event()

    def counted(name: str) -> Callable[..., object]:
        async def work(*_: object) -> None:
            begun[name] += 1
            if name == part:
                if begun[name] == 1:
                    raise RecursionError(MARKER)
                again.set()
            await asyncio.Event().wait()

        return work

    monkeypatch.setattr("routing.again.RESTART_SECONDS", 0.01)
    monkeypatch.setattr("routing.keeping.Drainer.run", counted("drain"))
    monkeypatch.setattr("routing.keeping._sweep", counted("sweep"))
    monkeypatch.setattr("routing.keeping.forget_idle", counted("forget"))
    keeping = keep()
    async with asyncio.timeout(20):
        await again.wait()
    assert begun == {"drain": 1, "sweep": 1, "forget": 1} | {part: 2}
    assert (await heard.event("work.ended")).__dict__["part"] == f"journal.{part}"
    assert not keeping.done()


async def test_a_worker_tells_that_its_keeping_ended_although_nobody_asked_and_serves_on(
    heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise ValueError(MARKER)

    async def goes_on(*_: object) -> None:
        await asyncio.Event().wait()

    async def until_it_was_told(*_: object) -> None:
        await heard.event("worker.keeping_ended")

    monkeypatch.setattr("agent.worker.keep_journal", fails)
    monkeypatch.setattr("agent.worker.PeopleSettings", lambda: None)
    monkeypatch.setattr("agent.worker.forget_old", goes_on)
    monkeypatch.setattr("agent.worker.Places", mock.Mock())
    monkeypatch.setattr("agent.worker.finish_erasures", goes_on)
    monkeypatch.setattr(Worker, "_serve", until_it_was_told)
    await Worker(AgentSettings(livekit_api_key="key", livekit_api_secret=SecretStr("secret"))).run()
    told = [record.__dict__["task"] for record in heard.records if record.msg == "worker.keeping_ended"]
    assert told == ["worker.journal"]  # the other one was asked to end
