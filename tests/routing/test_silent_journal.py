"""A database that answers nothing keeps no charge, and no end of a call, waiting for long."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, cast

import pytest

from routing import blind as module
from routing.blind import LAST_TRY_SECONDS, BlindBook
from routing.journal import Entry
from tests.agent.virtual_time import VirtualLoop

pytestmark = pytest.mark.unit


class Journal:
    """Answers when a test lets it."""

    def __init__(self) -> None:
        self.asked = 0
        self.kept: set[str] = set()
        self.answers = asyncio.Event()

    async def append(self, entries: Iterable[Entry]) -> int:
        self.asked += 1
        await self.answers.wait()
        self.kept |= {entry.operation for entry in entries}
        return len(self.kept)


class Spool:
    """The disk."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    async def append(self, entries: Iterable[Entry]) -> None:
        self.kept += [entry.operation for entry in entries]


def charge(number: int) -> Entry:
    return Entry(operation=f"o{number}", kind="charge", at_ms=number, call_id="c1", microdollars=7)


def test_charges_wait_once_for_a_journal_that_is_silent_and_are_put_into_it_later() -> None:
    loop = VirtualLoop()

    async def run() -> None:
        journal, spool = Journal(), Spool()
        book = BlindBook(cast("Any", journal), cast("Any", spool), cast("Any", None))
        async with asyncio.timeout(60):
            for number in range(5):
                await book.write(charge(number))
        assert loop.time() == pytest.approx(LAST_TRY_SECONDS)
        assert (journal.asked, len(spool.kept)) == (1, 5)
        journal.answers.set()
        await asyncio.sleep(module.JOURNAL_RESTS_SECONDS)
        await book.write(charge(5))
        assert len(journal.kept) == 6

    try:
        loop.run_until_complete(run())
    finally:
        loop.close()
