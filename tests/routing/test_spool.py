"""Files of journal entries: whatever happens to one, what can be read of it counts once, and no other one waits for it."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import threading
from dataclasses import asdict
from io import FileIO
from pathlib import Path

import pytest
from typing_extensions import Buffer

from routing import spool as spool_module
from routing.journal import Entry
from routing.spool import Spool, drain_abandoned, spool_files
from tests.routing.conftest import Bank

pytestmark = pytest.mark.system

MARKER = "zanzibar pineapple"


def charge(name: str) -> Entry:
    return Entry(
        operation=f"c1:{name}",
        kind="charge",
        at_ms=1_700_000_000_000,
        call_id="c1",
        tier="economy",
        microdollars=300,
        blind=True,
        scopes=("call:c1", "user-day:s_anna:2026-01-01"),
        details={"units": {"é": [1, 2.5]}, "quoted": '"}\n'},
    )


def line(entry: Entry, **other: object) -> bytes:
    return json.dumps(asdict(entry) | other, separators=(",", ":")).encode()


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.glob("left*"))


async def operations(bank: Bank) -> list[str]:
    return [entry.operation for entry in await bank.journal.entries(kind="charge")]


async def take_all(bank: Bank, folder: Path) -> int:
    return sum(
        [await drain_abandoned(path, bank.journal, bank.budget.missed) for path in spool_files(folder)]
    )


@pytest.mark.parametrize(
    "bad",
    [
        line(charge("bad"), words=MARKER),
        b"{}",
        b'{"operation":"\xff\xfe zanzibar pineapple',
        b"zanzibar pineapple",
        b"\0\0\0\0",
        b"[" * 100_000,
        b'"zanzibar pineapple"',
        line(charge("bad"), microdollars="zanzibar pineapple"),
        line(charge("bad"), microdollars=2**63),
        line(charge("bad"), kind=MARKER),
        line(charge("bad"), scopes=["user-day"]),
        line(charge("bad"), scopes=7),
        line(charge("bad")) + b" zanzibar pineapple",
        line(charge("bad"))[:40] + line(charge("worse")),
    ],
)
async def test_a_file_with_an_unreadable_line_gives_the_others_to_the_journal_and_is_set_aside(
    bank: Bank, tmp_path: Path, caplog: pytest.LogCaptureFixture, bad: bytes
) -> None:
    path = tmp_path / "left.jsonl"
    path.write_bytes(b"\n".join([line(charge("e1")), bad, line(charge("e2")), b""]))
    content = path.read_bytes()
    with caplog.at_level(logging.ERROR):
        assert await take_all(bank, tmp_path) == 2
    assert await operations(bank) == ["c1:e1", "c1:e2"]
    assert names(tmp_path) == ["left.bad"]
    assert (tmp_path / "left.bad").read_bytes() == content
    (record,) = caplog.records
    assert (record.message, record.__dict__["count"]) == ("journal.spool_unreadable", 1)
    assert MARKER not in str(record.__dict__)


async def test_a_line_that_breaks_off_was_never_acknowledged_and_is_passed_over(
    bank: Bank, tmp_path: Path
) -> None:
    whole = line(charge("torn"))
    torn = [whole[:length] for length in range(1, len(whole))]
    (tmp_path / "left.jsonl").write_bytes(b"\n".join([*torn, b"", line(charge("e1")), whole[:-1]]))
    assert await take_all(bank, tmp_path) == 1
    assert await operations(bank) == ["c1:e1"]
    assert names(tmp_path) == []


class FullDisk(FileIO):
    """Takes so many bytes, then says that it is full. Set `room` to None for one that takes everything."""

    room: int | None = 0

    def write(self, data: Buffer, /) -> int:
        if FullDisk.room is None:
            return super().write(data)
        if not FullDisk.room:
            raise OSError(errno.ENOSPC, "full")
        taken = super().write(memoryview(data)[: FullDisk.room])
        FullDisk.room -= taken
        return taken


@pytest.mark.parametrize("room", [0, 1, 40, len(line(charge("e1"))) - 1, len(line(charge("e1")))])
async def test_what_the_disk_took_a_part_of_was_not_written_and_spoils_nothing_after_it(
    bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    monkeypatch.setattr(spool_module, "FileIO", FullDisk)
    spool = Spool(tmp_path / "spool")
    monkeypatch.setattr(FullDisk, "room", room)
    with pytest.raises(OSError, match="full"):
        await spool.append([charge("e1")])
    monkeypatch.setattr(FullDisk, "room", None)
    await spool.append([charge("e2"), charge("e3")])
    spool.close()
    await take_all(bank, tmp_path / "spool")
    complete = {"c1:e1"} if room == len(line(charge("e1"))) else set()
    assert set(await operations(bank)) == {"c1:e2", "c1:e3"} | complete
    assert not list((tmp_path / "spool").iterdir())


async def test_a_disk_that_takes_everything_in_small_pieces_has_it_all(
    bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(FileIO):
        def write(self, data: Buffer, /) -> int:
            return super().write(memoryview(data)[:7])

    monkeypatch.setattr(spool_module, "FileIO", Slow)
    spool = Spool(tmp_path / "spool")
    await spool.append([charge("e1"), charge("e2")])
    assert await spool.drain(bank.journal, bank.budget.missed) == 2


async def test_a_call_takes_only_its_own_file_and_the_keeper_only_those_of_nobody(
    bank: Bank, tmp_path: Path
) -> None:
    own, other, ended = (Spool(tmp_path) for _ in range(3))
    for name, spool in (("own", own), ("other", other), ("ended", ended)):
        await spool.append([charge(name)])
    ended.close()
    assert await own.drain(bank.journal, bank.budget.missed) == 1
    assert await operations(bank) == ["c1:own"]
    assert await take_all(bank, tmp_path) == 1
    assert await operations(bank) == ["c1:ended", "c1:own"]
    assert len(spool_files(tmp_path)) == 1
    other.close()


async def test_a_file_that_was_taken_for_abandoned_before_it_was_locked_is_not_written_into(
    bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []

    class Removed(FileIO):
        def __init__(self, path: Path, mode: str) -> None:
            super().__init__(path, mode)
            opened.append(path)
            if len(opened) == 1:
                path.unlink()

    monkeypatch.setattr(spool_module, "FileIO", Removed)
    spool = Spool(tmp_path)
    await spool.append([charge("e1")])
    spool.close()
    assert await take_all(bank, tmp_path) == 1


def held_up(monkeypatch: pytest.MonkeyPatch) -> tuple[asyncio.Event, threading.Event]:
    """Have the disk take nothing until it is told to go on: gives what says that it is being written to, and that."""
    loop, writing, go_on = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    class Held(FileIO):
        def write(self, data: Buffer, /) -> int:
            loop.call_soon_threadsafe(writing.set)
            assert go_on.wait(20)
            return super().write(data)

    monkeypatch.setattr(spool_module, "FileIO", Held)
    return writing, go_on


async def test_a_file_that_is_closed_while_it_is_written_is_let_go_of_afterwards(
    bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, go_on = held_up(monkeypatch)
    spool = Spool(tmp_path)
    appending = asyncio.create_task(spool.append([charge("e1")]))
    async with asyncio.timeout(20):
        await writing.wait()
        spool.close()
        assert await take_all(bank, tmp_path) == 0
        go_on.set()
        await appending
    assert await take_all(bank, tmp_path) == 1


async def test_whoever_stops_waiting_for_the_disk_does_not_stop_the_writing(
    bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, go_on = held_up(monkeypatch)
    spool = Spool(tmp_path)
    appending = asyncio.create_task(spool.append([charge("e1")]))
    async with asyncio.timeout(20):
        await writing.wait()
        appending.cancel()
        await asyncio.gather(appending, return_exceptions=True)
        go_on.set()
        assert await spool.drain(bank.journal, bank.budget.missed) == 1
    assert await operations(bank) == ["c1:e1"]
